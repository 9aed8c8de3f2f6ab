/** Asks every server again and again: often while somebody looks or a task runs, seldom otherwise, never in an unseen window. */
import * as vscode from 'vscode';
import type { Clock } from '../../base/clock';
import { type Attention, CatalogPolling } from '../../llm/lmstudio/polling';
import type { ServedConnection, ServerConnections } from '../serverConnections';
import { readRefreshInterval } from '../settings/settings';
import type { Tasks } from '../tasks/tasks';
import type { TokenStore } from '../tokens';
import { onDidChangeSetting } from '../typed';
import { modelSetting } from './modelActions';

export interface PollingNeeds {
  readonly connections: ServerConnections;
  readonly tasks: Pick<Tasks, 'running' | 'onDidChange'>;
  readonly view: Pick<vscode.TreeView<unknown>, 'visible' | 'onDidChangeVisibility'>;
  readonly tokens: Pick<TokenStore, 'onDidChange'>;
  readonly window: Pick<typeof vscode.window, 'state' | 'onDidChangeWindowState'>;
  readonly clock: Clock;
}

/** VS Code's own. An item that is hidden by its own menu is told to no extension. */
const STATUS_BAR_SHOWN = 'workbench.statusBar.visible';

export function keepAsking(needs: PollingNeeds): vscode.Disposable {
  const { connections, tasks, view, tokens, window, clock } = needs;
  const pollings = new Map<ServedConnection, CatalogPolling>();
  const wake = (): void => {
    for (const polling of pollings.values()) polling.wake();
  };
  const follow = (): void => {
    for (const [server, polling] of pollings) {
      if (connections.all.includes(server)) continue;
      polling.dispose();
      pollings.delete(server);
    }
    for (const server of connections.all) {
      if (pollings.has(server)) continue;
      const polling = new CatalogPolling(server.connection, () => attentionTo(server, needs), clock);
      pollings.set(server, polling);
      polling.wake();
    }
  };
  let before = paceOf(needs);
  const keepPace = (): void => {
    const now = paceOf(needs);
    if (now > before) wake();
    else if (now < before) pollings.forEach((polling) => polling.replan());
    before = now;
  };
  const reconnect = (): void => {
    const { connection } = connections.main;
    connections.reload();
    void connection.reconnect();
  };
  follow();
  return vscode.Disposable.from(
    { dispose: () => pollings.forEach((polling) => polling.dispose()) },
    connections.onDidChangeServers(follow),
    view.onDidChangeVisibility(keepPace),
    window.onDidChangeWindowState(keepPace),
    tasks.onDidChange(keepPace),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration(STATUS_BAR_SHOWN)) keepPace();
    }),
    onDidChangeSetting('server.url', reconnect),
    onDidChangeSetting('refreshInterval', wake),
    vscode.workspace.onDidGrantWorkspaceTrust(reconnect),
    tokens.onDidChange(() => void connections.reconnect()),
  );
}

/** 0: nothing of ours can be seen. 1: only at the edge of the eye. 2: somebody looks, or a task runs. */
type Pace = 0 | 1 | 2;

function paceOf({ tasks, view, window }: Pick<PollingNeeds, 'tasks' | 'view' | 'window'>): Pace {
  const { focused } = window.state;
  if (tasks.running.length > 0 || (view.visible && focused)) return 2;
  return view.visible || (focused && isStatusBarShown()) ? 1 : 0;
}

function isStatusBarShown(): boolean {
  return vscode.workspace.getConfiguration().get(STATUS_BAR_SHOWN) !== false;
}

function attentionTo({ name }: ServedConnection, needs: PollingNeeds): Attention {
  const pace = paceOf(needs);
  // With the view hidden there is only the status bar, which tells of the server of the tasks' model.
  const isShown = needs.view.visible || needs.tasks.running.length > 0;
  const isOfTasks = needs.connections.findOrMain(modelSetting()).server.name === name;
  const isUnseen = pace === 0 || (!isShown && !isOfTasks);
  return { baseMs: readRefreshInterval(), isWatched: pace === 2, isUnseen };
}
