import type { ServerConnection } from './connection';
import type { FirstRun } from './firstRun/firstRun';
import type { StatusFollower } from './status/statusFollower';
import type { Tasks } from './tasks/tasks';
import { readRows, type TestHooks } from './testHooks';

/** What is given on as it is, and what the other hooks are made from. */
export interface HookNeeds extends Pick<
  TestHooks,
  | 'presence'
  | 'transcriptLines'
  | 'connections'
  | 'modelsView'
  | 'serversView'
  | 'tasksView'
  | 'journalFolder'
  | 'logFolder'
  | 'offerTasks'
  | 'chat'
> {
  readonly connection: ServerConnection;
  readonly tasks: Tasks;
  readonly status: StatusFollower;
  readonly firstRun: FirstRun;
}

/** For tests in the extension host; those of the MCP servers come from there. */
export function hooksOf(needs: HookNeeds) {
  const { connection, modelsView, tasks, status, firstRun } = needs;
  const { presence, transcriptLines, connections, serversView, tasksView, journalFolder, logFolder, offerTasks, chat } =
    needs;
  return {
    ...{ presence, transcriptLines, connections, modelsView, serversView, tasksView, journalFolder, logFolder },
    ...{ offerTasks, chat, firstRun: firstRun.hooks },
    snapshot: () => connection.snapshot,
    refresh: () => connection.refreshAnew(),
    treeRows: () => readRows(modelsView.tree),
    treeMessage: () => modelsView.message,
    status: () => status.bar.view,
    statusTooltip: () => status.bar.tooltip,
    isTicking: () => status.isTicking,
    running: () => tasks.running,
  };
}
