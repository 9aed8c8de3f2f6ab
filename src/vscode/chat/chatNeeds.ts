import type { ServerConnection } from '../connection';
import type { WorkspaceServers } from '../servers/workspaceServers';
import type { Tasks } from '../tasks/tasks';

/** What the places of the chat use of the house. */
export interface ChatNeeds {
  readonly connection: ServerConnection;
  readonly tasks: Tasks;
  readonly servers: WorkspaceServers;
}
