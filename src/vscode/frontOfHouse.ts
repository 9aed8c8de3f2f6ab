/** The composition root: everything of the editor's door, wired by hand from top to bottom. */
import { join } from 'node:path';
import * as vscode from 'vscode';
import { systemClock } from '../base/clock';
import { ModelLanes } from '../tasks/modelLanes';
import { createCommands, registerCommands } from './commands';
import type { ServerConnection } from './connection';
import { type Dialogs, NativeDialogs } from './dialogs';
import { OUTPUT_CHANNEL } from './ids';
import { offerInterrupted } from './tasks/journalActions';
import { Journals } from './tasks/journals';
import type { LmsActions } from './models/lmsActions';
import { openMcpHouse } from './servers/mcpHouse';
import { modelSetting } from './models/modelActions';
import { openModelHouse } from './models/modelHouse';
import { ModelsView } from './models/modelsView';
import { keepAsking } from './models/modelPolling';
import type { ServerConnections } from './serverConnections';
import { TextDocuments } from './openDocument';
import { OrderedMemento } from './orderedMemento';
import { createOutput, type Output } from './output';
import type { QuestionDesk } from './questions/questionDesk';
import { openQuestions } from './questions/questions';
import { readLmsEnabled } from './settings';
import { ServerChoices } from './servers/serverChoices';
import { openServerHouse } from './servers/serverHouse';
import { SpeedStore } from './models/speedStore';
import { StatusBar } from './statusBar';
import { statusView } from './statusText';
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
  const shared = { output, clock, version, lanes, mayEvict: questions.mayEvict };
  const modelHouse = openModelHouse({ ...shared, globalState, tokens, speeds, dialogs }, own);
  const { connection, connections, models, fitness, lms } = modelHouse;
  const findLog = lms.findLog.bind(lms);
  const kept = { speeds, sizes, journals };
  const tasks = new Tasks({ ...shared, ...questions, ...kept, connections, servers, mcp, isOffered, findLog });

  const { workspaceState } = context;
  const modelsView = own(new ModelsView({ ...modelHouse, tasks, workspaceState, dialogs, clock, output }));
  const { view } = modelsView;
  const serverHouse = own(openServerHouse({ ...asking, ...questions, mcp, choices, logs, folders, showDocument }));
  const statusBar = own(new StatusBar());
  const front = { connection, connections, tasks, modelsView, view, statusBar, dialogs, tokens, output, desk };

  const state = () => connections.findOrMain(modelSetting()).server.connection.state;
  const statusLabel = () => statusBar.view?.label ?? OUTPUT_CHANNEL;
  const doors = { ...serverHouse, servers, mcp, inputs, sizes, consent, grants, signIns };
  const house = { ...doors, models, fitness, lms, clock, journals, showDocument };
  const needs = { ...front, ...house, state, statusLabel };
  own(registerCommands(createCommands(needs), dialogs, output.logger));
  own(keepShowing(front));
  own(keepAsking({ ...front, clock }));
  own(keepOfferingLms(connection, lms));
  const offerTasks = (): Promise<void> => offerInterrupted(needs);
  void offerTasks();
  own(vscode.workspace.onDidGrantWorkspaceTrust(() => void offerTasks()));

  const ownHooks = { ...mcpHooks, presence, transcriptLines, journalFolder: journals.folder, offerTasks };
  const { serversView } = serverHouse;
  const hooks = scripted && { dialogs: scripted, ...hooksOf(front), ...ownHooks, serversView };
  return { hooks, end: () => tasks.end().then(() => mcp.end()) };
}

function hooksOf({ connection, connections, modelsView, statusBar, tasks }: Front) {
  return {
    snapshot: () => connection.snapshot,
    refresh: () => connection.refresh(),
    connections,
    modelsView,
    treeRows: () => readRows(modelsView.tree),
    treeMessage: () => modelsView.message,
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
  /** The main one. */
  readonly connection: ServerConnection;
  readonly connections: ServerConnections;
  readonly tasks: Tasks;
  readonly modelsView: ModelsView;
  readonly view: vscode.TreeView<unknown>;
  readonly statusBar: StatusBar;
  readonly dialogs: Dialogs;
  readonly tokens: TokenStore;
  readonly output: Output;
  readonly desk: QuestionDesk;
}

/** The status bar and the context keys of tasks follow the servers, the tasks, the chosen model and the trust. */
function keepShowing({ connections, tasks, statusBar, desk }: Front): vscode.Disposable {
  /** The server of the model that tasks use. */
  const current = () => connections.findOrMain(modelSetting());
  const showStatus = (): void => {
    const { server, key } = current();
    const { snapshot, loading, breaker, state } = server.connection;
    const { isTrusted } = vscode.workspace;
    const now = systemClock.now();
    statusBar.show(statusView({ snapshot, state, tasks: tasks.running, breaker, loading, now, model: key, isTrusted }));
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
    const { loading, breaker } = current().server.connection;
    if (tasks.running.length + loading.length > 0 || breaker.kind !== 'closed') showStatus();
  }, 1000);
  showTasks();
  return vscode.Disposable.from(
    connections.onDidChange(showStatus),
    connections.onDidChangeServers(showStatus),
    connections.onDidChangeBreaker(showStatus),
    desk.onDidChange((hasUnopened) => setContext('lmstudioBridge.questionWaiting', hasUnopened)),
    tasks.onDidChange(showTasks),
    onDidChangeSetting('model', showStatus),
    vscode.workspace.onDidGrantWorkspaceTrust(showStatus),
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
