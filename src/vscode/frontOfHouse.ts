/** The composition root: everything of the editor's door, wired by hand from top to bottom. */
import { join } from 'node:path';
import * as vscode from 'vscode';
import { systemClock } from '../base/clock';
import { CatalogPolling } from '../llm/lmstudio/polling';
import { ModelLanes } from '../tasks/modelLanes';
import { createCommands, registerCommands } from './commands';
import { ServerConnection } from './connection';
import { type Dialogs, NativeDialogs } from './dialogs';
import { tellFailure } from './failures';
import { FitnessActions } from './models/fitnessActions';
import { FitnessStore } from './models/fitnessStore';
import { MODELS_VIEW, OUTPUT_CHANNEL } from './ids';
import { offerInterrupted } from './tasks/journalActions';
import { Journals } from './tasks/journals';
import { LmsActions } from './models/lmsActions';
import { openMcpHouse } from './servers/mcpHouse';
import { ModelActions, modelSetting } from './models/modelActions';
import { ModelLoads } from './models/modelLoads';
import { ModelsTree } from './models/modelsTree';
import { TextDocuments } from './openDocument';
import { OrderedMemento } from './orderedMemento';
import { createOutput, type Output } from './output';
import type { QuestionDesk } from './questions/questionDesk';
import { openQuestions } from './questions/questions';
import { readLmsEnabled, readRefreshInterval } from './settings';
import { ServerChoices } from './servers/serverChoices';
import { openServerHouse } from './servers/serverHouse';
import { SpeedStore } from './models/speedStore';
import { StatusBar } from './statusBar';
import { statusView, toServerState } from './statusText';
import { openTaskFiles } from './taskFiles/openTaskFiles';
import { Tasks } from './tasks/tasks';
import { readRows, ScriptedDialogs, ScriptedPresence, type TestHooks } from './testHooks';
import { ToolSizes } from './servers/toolSizes';
import { TokenStore } from './tokens';
import { onDidChangeSetting, setContext } from './typed';
import { WorkspaceServers } from './servers/workspaceServers';

export interface FrontOfHouse {
  /** Only where the extension host runs tests. */
  readonly hooks: TestHooks | undefined;
  /** Cancels what runs, and waits until all that was started has ended. */
  end(): Promise<void>;
}

export function openFrontOfHouse(context: vscode.ExtensionContext): FrontOfHouse {
  const own = <T extends vscode.Disposable>(item: T): T => {
    context.subscriptions.push(item);
    return item;
  };
  const clock = systemClock;
  const scripted = context.extensionMode === vscode.ExtensionMode.Test ? new ScriptedDialogs() : undefined;
  const dialogs: Dialogs = scripted ?? new NativeDialogs();
  const transcriptLines: string[] = [];
  const output = createOutput(own(vscode.window.createOutputChannel(OUTPUT_CHANNEL, { log: true })), (line) => {
    if (scripted) transcriptLines.push(line);
  });

  const { globalState, tokens, speeds, sizes, journals, choices, version } = openStores(context);
  const servers = new WorkspaceServers(context.globalStorageUri, choices);
  const isOffered = choices.isToolOn.bind(choices);
  const connection = own(new ServerConnection(tokens, speeds, clock));
  const documents = own(new TextDocuments());
  const showDocument = (name: string, text: string): Promise<void> => documents.show(name, text);
  const presence = scripted && new ScriptedPresence();
  const folders = () => servers.folders;
  const { desk, ...questions } = openQuestions(
    { globalState, workspaceState: context.workspaceState },
    { dialogs, documents, folders, clock, presence },
  );
  const { consent, grants } = questions;
  const asking = { ...questions, globalState, servers, desk, dialogs, output, clock, version, scripted };
  const { mcp, inputs, signIns, logs, hooks: mcpHooks } = openMcpHouse(context, asking);
  const lanes = new ModelLanes();
  const store = own(new FitnessStore(globalState));
  const loads = new ModelLoads(connection, dialogs, clock);
  const models = new ModelActions(connection, dialogs, loads, store);
  const shared = { connection, output, clock, version, lanes, mayEvict: questions.mayEvict };
  const fitness = new FitnessActions({ ...shared, models, store, dialogs });
  const lms = new LmsActions(connection, dialogs, clock);
  const findLog = (): ReturnType<LmsActions['findLog']> => lms.findLog();
  const tasks = new Tasks({ ...shared, ...questions, servers, mcp, isOffered, speeds, sizes, journals, findLog });

  const tree = own(openModelsTree(connection, models, loads));
  const view = own(vscode.window.createTreeView(MODELS_VIEW, { treeDataProvider: tree, showCollapseAll: true }));
  const serverHouse = own(openServerHouse({ ...asking, ...questions, mcp, choices, logs, folders, showDocument }));
  const statusBar = own(new StatusBar());
  const front = { connection, tasks, tree, view, statusBar, dialogs, tokens, output, desk };

  const state = () => toServerState(connection.snapshot, connection.isMisconfigured);
  const statusLabel = () => statusBar.view?.label ?? OUTPUT_CHANNEL;
  const doors = { ...serverHouse, servers, mcp, inputs, sizes, consent, grants, signIns };
  const house = { ...doors, models, fitness, lms, clock, journals, showDocument };
  const taskFiles = own(openTaskFiles({ ...front, ...house, ...questions, choices, context }));
  const needs = { ...front, ...house, state, statusLabel, ...taskFiles.doors };
  own(registerCommands(createCommands(needs), dialogs, output.logger));
  own(keepShowing(front));
  own(store.onDidChange(() => tree.update()));
  own(keepAsking(front));
  own(keepOfferingLms(connection, lms));
  const offerTasks = (): Promise<void> => offerInterrupted(needs);
  void offerTasks();
  own(vscode.workspace.onDidGrantWorkspaceTrust(() => void offerTasks()));

  const ownHooks = { ...mcpHooks, presence, transcriptLines, journalFolder: journals.folder, offerTasks };
  const { serversView } = serverHouse;
  const hooks = scripted && { dialogs: scripted, ...hooksOf(front), ...ownHooks, serversView };
  return { hooks, end: () => tasks.end().then(() => mcp.end()) };
}

function openModelsTree(connection: ServerConnection, models: ModelActions, loads: ModelLoads): ModelsTree {
  const speedOf = (key: string) => connection.speedOf(key);
  const canCancelLoad = (key: string) => loads.has(key);
  return new ModelsTree(() => ({ snapshot: connection.snapshot, ...models.context, speedOf, canCancelLoad }));
}

function hooksOf({ connection, tree, statusBar, tasks }: Front) {
  return {
    snapshot: () => connection.snapshot,
    refresh: () => connection.refresh(),
    treeRows: () => readRows(tree),
    treeMessage: () => tree.message,
    status: () => statusBar.view,
    running: () => tasks.running,
  };
}

/** What is kept from one window to the next. */
function openStores(context: vscode.ExtensionContext) {
  const { version } = context.extension.packageJSON as { version: string };
  // A window without a folder has no storage of its own.
  const storage = context.storageUri ?? context.globalStorageUri;
  const globalState = new OrderedMemento(context.globalState);
  return {
    globalState,
    tokens: new TokenStore(context.secrets),
    speeds: new SpeedStore(globalState),
    sizes: new ToolSizes(context.workspaceState),
    choices: new ServerChoices(context.workspaceState),
    journals: new Journals(join(storage.fsPath, 'journals'), version),
    version,
  };
}

interface Front {
  readonly connection: ServerConnection;
  readonly tasks: Tasks;
  readonly tree: ModelsTree;
  readonly view: vscode.TreeView<unknown>;
  readonly statusBar: StatusBar;
  readonly dialogs: Dialogs;
  readonly tokens: TokenStore;
  readonly output: Output;
  readonly desk: QuestionDesk;
}

/** Every view follows the server, the tasks, the chosen model and the trust. */
function keepShowing({ connection, tasks, tree, view, statusBar, output, desk }: Front): vscode.Disposable {
  const showStatus = (): void => {
    const { snapshot } = connection;
    const state = toServerState(snapshot, connection.isMisconfigured);
    const { isTrusted } = vscode.workspace;
    const now = systemClock.now();
    const { loading, breaker } = connection;
    const model = modelSetting();
    statusBar.show(statusView({ snapshot, state, tasks: tasks.running, breaker, loading, now, model, isTrusted }));
  };
  let told = '';
  const showServer = (): void => {
    const { snapshot } = connection;
    const { health, root } = snapshot;
    setContext('lmstudioBridge.serverState', toServerState(snapshot, connection.isMisconfigured));
    view.description = root.replace(/^https?:\/\//, '');
    tree.update();
    view.message = tree.message ?? '';
    showStatus();
    const news = health.kind === 'offline' ? `${health.error.code}: ${health.error.message}` : `${root} ${health.kind}`;
    if (news !== told && health.kind !== 'unknown')
      output.logger.log(health.kind === 'offline' ? 'warn' : 'info', `Model server: ${news}`);
    told = news;
  };
  const showTasks = (): void => {
    setContext('lmstudioBridge.taskRunning', tasks.running.length > 0);
    setContext(
      'lmstudioBridge.taskGoing',
      tasks.running.some(({ pause }) => pause === undefined),
    );
    setContext(
      'lmstudioBridge.taskPaused',
      tasks.running.some(({ pause }) => pause !== undefined),
    );
    showStatus();
  };
  // Only for the times in the status bar.
  const ticking = setInterval(() => {
    const isHeldBack = connection.breaker.kind !== 'closed';
    if (tasks.running.length + connection.loading.length > 0 || isHeldBack) showStatus();
  }, 1000);
  showServer();
  showTasks();
  return vscode.Disposable.from(
    connection.onDidChange(showServer),
    connection.onDidChangeBreaker(showStatus),
    desk.onDidChange((hasUnopened) => setContext('lmstudioBridge.questionWaiting', hasUnopened)),
    tasks.onDidChange(showTasks),
    onDidChangeSetting('model', showServer),
    vscode.workspace.onDidGrantWorkspaceTrust(showServer),
    { dispose: () => clearInterval(ticking) },
  );
}

/** Says to the views whether the program lms may run, and whether it could start the server. Looks for it, runs nothing. */
function keepOfferingLms(connection: ServerConnection, lms: LmsActions): vscode.Disposable {
  let wasOffline = false;
  const showFound = (): void => {
    const isOffline = connection.snapshot.health.kind === 'offline';
    if (isOffline && !wasOffline)
      void lms.find().then((file) => setContext('lmstudioBridge.lmsFound', file !== undefined));
    wasOffline = isOffline;
  };
  const showEnabled = (): void => setContext('lmstudioBridge.lmsEnabled', readLmsEnabled());
  showEnabled();
  showFound();
  return vscode.Disposable.from(connection.onDidChange(showFound), onDidChangeSetting('lms.enabled', showEnabled));
}

/** Asks the server again and again: often while somebody looks or a task runs, seldom otherwise. */
function keepAsking({ connection, tasks, view, dialogs, tokens }: Front): vscode.Disposable {
  const isWatched = (): boolean => tasks.running.length > 0 || (view.visible && vscode.window.state.focused);
  const attention = () => ({ baseMs: readRefreshInterval(), isWatched: isWatched() });
  const polling = new CatalogPolling(connection, attention, systemClock);
  let wasWatched = false;
  const keepPace = (): void => {
    if (isWatched() && !wasWatched) polling.wake();
    wasWatched = isWatched();
  };
  const follow = (): void => {
    void connection.reconnect().then(({ health }) => {
      if (connection.isMisconfigured && health.kind === 'offline') tellFailure(health.error, dialogs);
    });
  };
  polling.wake();
  return vscode.Disposable.from(
    polling,
    view.onDidChangeVisibility(keepPace),
    vscode.window.onDidChangeWindowState(keepPace),
    tasks.onDidChange(keepPace),
    onDidChangeSetting('server.url', follow),
    onDidChangeSetting('refreshInterval', () => polling.wake()),
    vscode.workspace.onDidGrantWorkspaceTrust(follow),
    tokens.onDidChange(() => void connection.reconnect()),
  );
}
