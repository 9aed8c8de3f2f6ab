/** The composition root: everything of the editor's door, wired by hand from top to bottom. */
import * as vscode from 'vscode';
import { systemClock } from '../base/clock';
import type { ReadJournal } from '../tasks/journalReader';
import { ModelLanes } from '../tasks/modelLanes';
import { createApi } from './api/api';
import type { BridgeApi } from './api/apiTypes';
import { openChatPlaces } from './chat/chatPlaces';
import { createCommands, registerCommands } from './commands';
import { type Dialogs, NativeDialogs } from './dialogs';
import { openTaskDocuments } from './documents/documentsHouse';
import { ErrorNotes } from './firstRun/errorNotes';
import { FirstRun } from './firstRun/firstRun';
import { hooksOf } from './hooks';
import { OUTPUT_CHANNEL } from './ids';
import { keepOfferingLms } from './models/lmsOffer';
import { openModelHouse } from './models/modelHouse';
import { keepAsking } from './models/modelPolling';
import { ModelsView } from './models/modelsView';
import { TextDocuments } from './openDocument';
import { createOutput } from './output';
import { openQuestions } from './questions/questions';
import { openMcpHouse } from './servers/mcpHouse';
import { openServerHouse } from './servers/serverHouse';
import { WorkspaceServers } from './servers/workspaceServers';
import { keepSettingsRight } from './settings/settingsWatch';
import { StatusFollower } from './status/statusFollower';
import { openStores } from './stores';
import { openTaskFiles } from './taskFiles/openTaskFiles';
import { offerInterrupted } from './tasks/journalActions';
import { keepTaskContext } from './tasks/taskContextKeys';
import { Tasks } from './tasks/tasks';
import { TasksView } from './tasks/tasksView';
import { taskServerOf } from './taskServer';
import { ScriptedDialogs, ScriptedPresence, type TestHooks } from './testHooks';

export interface FrontOfHouse {
  readonly api: BridgeApi;
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
  const { scripted, presence, dialogs, output, notes, transcriptLines } = openSurface(context);

  const stores = openStores(context);
  const { globalState, choices, version, journals } = stores;
  const { workspaceState } = context;
  const servers = new WorkspaceServers(context.globalStorageUri, choices);
  const isOffered = choices.isToolOn.bind(choices);
  const documents = own(new TextDocuments());
  const showDocument = (...text: Parameters<TextDocuments['show']>): Promise<void> => documents.show(...text);
  const folders = () => servers.folders;
  const base = { dialogs, output, clock, version, folders };
  const { desk, ...questions } = openQuestions({ globalState, workspaceState }, { ...base, documents, presence });
  const mcpHouse = openMcpHouse(context, { ...base, ...questions, globalState, servers, desk, scripted });
  const { mcp, logs } = mcpHouse;

  const shared = { ...base, lanes: new ModelLanes(), mayEvict: questions.mayEvict };
  const modelHouse = openModelHouse({ ...shared, ...stores }, own);
  const { connection, connections, lms } = modelHouse;
  const findLog = lms.findLog.bind(lms);
  const taskNeeds = { ...shared, ...questions, ...stores, desk, connections, servers, mcp, isOffered, findLog };
  const tasks = new Tasks(taskNeeds);
  const taskServer = taskServerOf(connections);

  const modelsView = own(new ModelsView({ ...modelHouse, ...base, tasks, workspaceState }));
  const serverHouse = own(openServerHouse({ ...base, ...questions, mcp, choices, logs, showDocument }));
  const tasksView = own(new TasksView({ tasks, desk, journals, connections, clock, wallClock: Date.now }));
  const taskDocuments = openTaskDocuments(context, { ...base, tasks, journals });
  const status = own(new StatusFollower({ taskServer, tasks, desk, clock }));
  const firstRun = own(new FirstRun({ ...taskNeeds, ...modelHouse, globalState, taskServer, notes, logs, tasks }));

  const doors = { ...base, ...questions, ...stores, ...mcpHouse, ...modelHouse, ...serverHouse };
  const views = { tasksView, modelsView, taskDocuments, showDocument, markdownOf };
  const rooms = { ...doors, ...views, servers, desk, tasks, firstRun };
  const chat = own(openChatPlaces({ ...shared, ...rooms, findLog }));
  const taskFiles = own(openTaskFiles({ ...rooms, context }));
  const state = () => taskServer.current().connection.state;
  const statusLabel = () => status.bar.view?.label ?? OUTPUT_CHANNEL;
  const needs = { ...rooms, ...taskFiles.doors, state, statusLabel };

  own(registerCommands(createCommands(needs), dialogs, output.logger));
  own(keepTaskContext(tasks, desk));
  own(keepAsking({ ...rooms, view: modelsView.view, window: vscode.window }));
  own(keepOfferingLms(connection, lms));
  own(keepSettingsRight(dialogs, output.logger));
  const offerTasks = (): Promise<void> => offerInterrupted(needs);
  void offerTasks();
  own(vscode.workspace.onDidGrantWorkspaceTrust(() => void offerTasks()));

  const places = { journalFolder: journals.folder, logFolder: context.logUri.fsPath, presence, transcriptLines };
  const seen = { ...rooms, ...places, status, offerTasks, chat };
  const hooks = scripted && { ...hooksOf(seen), ...mcpHouse.hooks, dialogs: scripted };
  return { api: createApi(needs), hooks, end: () => tasks.end().then(() => mcp.end()) };
}

async function markdownOf(read: ReadJournal): Promise<string> {
  const { markdownOfJournal } = await import('../tasks/journalMarkdown');
  return markdownOfJournal(read);
}

/** Where the product speaks. What goes wrong is kept for the doctor; the lines of tasks for tests only. */
function openSurface(context: vscode.ExtensionContext) {
  const scripted = context.extensionMode === vscode.ExtensionMode.Test ? new ScriptedDialogs() : undefined;
  const presence = scripted && new ScriptedPresence();
  const dialogs: Dialogs = scripted ?? new NativeDialogs();
  const channel = vscode.window.createOutputChannel(OUTPUT_CHANNEL, { log: true });
  context.subscriptions.push(channel);
  const transcriptLines: string[] = [];
  const notes = new ErrorNotes();
  const output = createOutput(channel, (line) => {
    if (scripted) transcriptLines.push(line);
  });
  return { scripted, presence, dialogs, output: notes.watch(output), notes, transcriptLines };
}
