import type { Event } from '../base/emitter';
import type { ServerConnection } from './connection';
import { modelSetting } from './models/modelActions';

/** The server that tasks use now, and the model that is chosen on it. */
export interface TaskServer {
  readonly connection: ServerConnection;
  /** Its name on this server; undefined: automatic. */
  readonly model: string | undefined;
}

/** Where whoever shows the task server looks, and what tells that it is worth a new look. */
export interface TaskServerSource {
  current(): TaskServer;
  /** Its models, its health or its breaker are others now, or it has answered. */
  readonly changes: readonly Event<unknown>[];
}

export function onlyServer(connection: ServerConnection): TaskServerSource {
  return {
    current: () => ({ connection, model: modelSetting() }),
    changes: [connection.onDidChange, connection.onDidChangeBreaker, connection.onDidAnswer],
  };
}
