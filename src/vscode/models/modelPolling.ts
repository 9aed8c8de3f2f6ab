/** Asks every server again and again: often while somebody looks or a task works with it, seldom otherwise, never unseen. */
import * as vscode from 'vscode';
import type { Clock } from '../../base/clock';
import { type Attention, CatalogPolling } from '../../llm/lmstudio/polling';
import type { ServedConnection, ServerConnections } from '../serverConnections';
import { readRefreshInterval } from '../settings/settings';
import type { Tasks } from '../tasks/tasks';
import type { TokenStore } from '../tokens';
import { onDidChangeSetting } from '../typed';
import { modelSetting } from './modelActions';
import { type Pace, paceFor, type Scene } from './pollingPace';

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

interface Asked {
  readonly polling: CatalogPolling;
  pace: Pace;
}

export function keepAsking(needs: PollingNeeds): vscode.Disposable {
  const { connections, tasks, view, tokens, window, clock } = needs;
  const asked = new Map<ServedConnection, Asked>();
  const follow = (): void => {
    for (const [server, { polling }] of asked) {
      if (connections.all.includes(server)) continue;
      polling.dispose();
      asked.delete(server);
    }
    const scene = sceneOf(needs);
    for (const server of connections.all) {
      if (asked.has(server)) continue;
      const polling = new CatalogPolling(server.connection, () => attentionTo(server, needs), clock);
      asked.set(server, { polling, pace: paceFor(server.name, scene) });
      // Once even where it is unseen: its models are listed in other places too.
      polling.wake();
    }
  };
  const keepPace = (): void => {
    const scene = sceneOf(needs);
    for (const [server, one] of asked) {
      const before = one.pace;
      one.pace = paceFor(server.name, scene);
      if (one.pace > before) one.polling.wake();
      else if (one.pace < before) one.polling.replan();
    }
  };
  const wakeSeen = (): void => asked.forEach(({ polling, pace }) => pace > 0 && polling.wake());
  const reconnect = (): void => {
    const { connection } = connections.main;
    connections.reload();
    void connection.reconnect();
  };
  follow();
  return vscode.Disposable.from(
    { dispose: () => asked.forEach(({ polling }) => polling.dispose()) },
    connections.onDidChangeServers(follow),
    view.onDidChangeVisibility(keepPace),
    window.onDidChangeWindowState(keepPace),
    tasks.onDidChange(keepPace),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration(STATUS_BAR_SHOWN)) keepPace();
    }),
    onDidChangeSetting('model', keepPace),
    onDidChangeSetting('server.url', reconnect),
    onDidChangeSetting('refreshInterval', wakeSeen),
    vscode.workspace.onDidGrantWorkspaceTrust(reconnect),
    tokens.onDidChange(() => void connections.reconnect()),
  );
}

function sceneOf({ connections, tasks, view, window }: PollingNeeds): Scene {
  return {
    isFocused: window.state.focused,
    isViewShown: view.visible,
    isStatusBarShown: vscode.workspace.getConfiguration().get(STATUS_BAR_SHOWN) !== false,
    tasks: tasks.running,
    nextServer: connections.findOrMain(modelSetting()).server.name,
  };
}

function attentionTo({ name }: ServedConnection, needs: PollingNeeds): Attention {
  const pace = paceFor(name, sceneOf(needs));
  return { baseMs: readRefreshInterval(), isWatched: pace === 2, isUnseen: pace === 0 };
}
