import type { Event } from '../base/emitter';
import type { ServerConnection } from './connection';
import { modelSetting } from './models/modelActions';
import type { ServedConnection, ServerConnections } from './serverConnections';
import type { TaskSurroundings } from './tasks/taskText';

/** The server that tasks use now, and the model that is chosen on it. */
export interface TaskServer {
  readonly server: ServedConnection;
  readonly connection: ServerConnection;
  /** Its name on this server; undefined: automatic. */
  readonly model: string | undefined;
}

/** Where whoever shows the task server looks, and what tells that it is worth a new look. */
export interface TaskServerSource {
  current(): TaskServer;
  /** What is known of the server with this name; undefined: the main one. */
  readonly newsOf: TaskSurroundings['newsOf'];
  /** Its models, its health or its breaker are others now, it has answered, or it is another server. */
  readonly changes: readonly Event<unknown>[];
}

export function taskServerOf(connections: ServerConnections): TaskServerSource {
  const { onDidChange, onDidChangeBreaker, onDidChangeServers, onDidAnswer } = connections;
  return {
    current: () => {
      const { server, key } = connections.findOrMain(modelSetting());
      return { server, connection: server.connection, model: key };
    },
    newsOf: connections.newsOf,
    changes: [onDidChange, onDidChangeBreaker, onDidChangeServers, onDidAnswer],
  };
}
