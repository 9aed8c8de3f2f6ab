import type { Clock } from '../../base/clock';
import type { ServerConnections } from '../serverConnections';
import type { WorkspaceServers } from '../servers/workspaceServers';
import type { Tasks } from '../tasks/tasks';

/** What the places of the chat use of the house. */
export interface ChatNeeds {
  readonly connections: ServerConnections;
  readonly tasks: Tasks;
  readonly servers: WorkspaceServers;
  readonly clock: Clock;
}
