import * as vscode from 'vscode';
import { type BridgeError, ConfigurationError, isBridgeError, toBridgeError } from '../base/errors';
import type { Logger } from '../base/logger';
import type { Dialogs } from './dialogs';
import { offer, tellFailure } from './failures';
import { type Grant, manageGrants } from './questions/grants';
import { COMMANDS, type CommandId, EXTENSION_ID, type ServerState } from './ids';
import { discardJournal, type JournalNeeds, resumeTask, showJournal } from './tasks/journalActions';
import type { StoredInputs } from './servers/inputs';
import type { LaunchConsent } from './questions/launchConsent';
import type { FitnessActions } from './models/fitnessActions';
import type { LmsActions } from './models/lmsActions';
import { chooseLmTools } from './chat/lmTools';
import { openMcpConfig } from './servers/mcpConfig';
import type { McpServers } from './servers/mcpServers';
import { showMenu } from './menu';
import type { ModelActions } from './models/modelActions';
import type { Output } from './output';
import type { QuestionDesk } from './questions/questionDesk';
import type { RunKind } from './tasks/runArguments';
import { requireTrust, runTask } from './tasks/runTask';
import { type ServerActions, targetOf } from './servers/serverCommands';
import type { ServersView } from './servers/serversView';
import { runPrompt, runWithResources } from './tasks/serverTasks';
import { readLmsEnabled } from './settings';
import { isFromMenu, type TaskFileCommandNeeds, taskFileCommands } from './taskFiles/taskFileCommands';
import { TaskActions } from './tasks/taskActions';
import type { SignIns } from './servers/signIn';
import type { TokenStore } from './tokens';
import { removeToken, setToken } from './tokenActions';
import { registerCommand } from './typed';

export interface CommandNeeds extends JournalNeeds, TaskFileCommandNeeds {
  readonly mcp: McpServers;
  readonly consent: LaunchConsent;
  readonly inputs: StoredInputs;
  /** Everything that is allowed beforehand. */
  readonly grants: () => readonly Grant[];
  readonly desk: QuestionDesk;
  readonly signIns: SignIns;
  readonly tokens: TokenStore;
  readonly models: ModelActions;
  readonly fitness: FitnessActions;
  readonly serverActions: ServerActions;
  readonly serversView: ServersView;
  readonly lms: LmsActions;
  readonly output: Output;
  readonly state: () => ServerState;
  readonly statusLabel: () => string;
}

interface Command {
  /** Why it cannot work now; undefined: it can. */
  readonly refusal?: (() => BridgeError | undefined) | undefined;
  readonly run: (argument: unknown) => unknown;
}

/** What every command does, and what it says when it cannot work now. */
export function createCommands(needs: CommandNeeds): Record<CommandId, Command> {
  return {
    ...taskCommands(needs),
    ...modelCommands(needs),
    ...serverCommands(needs),
    ...houseCommands(needs),
    ...taskFileCommands(needs),
  };
}

function taskCommands(needs: CommandNeeds) {
  const { consent, inputs, grants, desk, signIns, tasks, dialogs } = needs;
  const actions = new TaskActions(tasks, dialogs);
  const runWith = (kind: RunKind): Command => ({ run: (argument) => runTask(kind, argument, needs) });
  return {
    [COMMANDS.runWithServer]: runWith('one'),
    [COMMANDS.runWithServers]: runWith('several'),
    [COMMANDS.runWithAllServers]: runWith('all'),
    [COMMANDS.runPrompt]: { run: (argument) => runPrompt(targetOf(argument) ?? argument, needs) },
    [COMMANDS.runWithResources]: { run: (argument) => runWithResources(targetOf(argument) ?? argument, needs) },
    [COMMANDS.cancelTask]: { refusal: actions.noTask, run: () => actions.cancel() },
    [COMMANDS.addMessage]: { refusal: actions.noTask, run: () => actions.addMessage() },
    [COMMANDS.pauseTask]: { refusal: actions.noneToPause, run: () => actions.pause() },
    [COMMANDS.continueTask]: { refusal: actions.noneToContinue, run: () => actions.continue() },
    [COMMANDS.resumeTask]: { run: (argument) => resumeTask(argument, needs) },
    [COMMANDS.showJournal]: { run: (argument) => showJournal(argument, needs) },
    [COMMANDS.discardJournal]: { run: (argument) => discardJournal(argument, needs) },
    [COMMANDS.openMcpConfig]: {
      run: () => {
        requireTrust();
        return openMcpConfig();
      },
    },
    [COMMANDS.forgetConsent]: {
      run: async () => {
        await consent.forget();
        offer(dialogs, 'info', 'You will be asked again before any MCP server is started.');
      },
    },
    [COMMANDS.forgetInputs]: {
      run: async () => {
        await inputs.forget();
        offer(dialogs, 'info', 'You will be asked again for every value that an MCP server needs.');
      },
    },
    [COMMANDS.manageApprovals]: { run: () => manageGrants(grants(), dialogs) },
    [COMMANDS.chooseVscodeTools]: { run: () => chooseLmTools(dialogs) },
    [COMMANDS.signOutOfServer]: { run: () => signIns.signOut() },
    [COMMANDS.answerQuestion]: {
      refusal: () => (desk.hasUnopened ? undefined : new ConfigurationError('usage', 'No task waits for you.')),
      run: () => desk.openNext(),
    },
  } satisfies Partial<Record<CommandId, Command>>;
}

function modelCommands(needs: CommandNeeds) {
  const { models, fitness, lms } = needs;
  const refusal = (): BridgeError | undefined => withoutServer(needs);
  return {
    [COMMANDS.selectModel]: { refusal, run: () => models.select() },
    [COMMANDS.loadModel]: { refusal, run: (node) => models.load(node) },
    [COMMANDS.loadModelWithOptions]: { refusal, run: (node) => models.loadWithOptions(node) },
    [COMMANDS.cancelLoad]: { run: (node) => models.cancelLoad(node) },
    [COMMANDS.unloadModel]: { refusal, run: (node) => models.unload(node) },
    [COMMANDS.unloadOwned]: { refusal, run: () => models.unloadOwned() },
    [COMMANDS.refreshBusyState]: { refusal, run: () => lms.refreshBusyState() },
    [COMMANDS.startServer]: { refusal, run: () => lms.startServer() },
    [COMMANDS.useForTasks]: { run: (node) => models.useForTasks(node) },
    [COMMANDS.testToolUse]: { refusal, run: (node) => fitness.test(node) },
    [COMMANDS.copyModelId]: { run: (node) => models.copyId(node) },
  } satisfies Partial<Record<CommandId, Command>>;
}

function serverCommands(needs: CommandNeeds) {
  const { serverActions: actions, serversView: view } = needs;
  return {
    [COMMANDS.addMcpServer]: {
      run: () => {
        requireTrust();
        return actions.add();
      },
    },
    [COMMANDS.startMcpServer]: { run: (node) => actions.start(node) },
    [COMMANDS.stopMcpServer]: { run: (node) => actions.stop(node) },
    [COMMANDS.restartMcpServer]: { run: (node) => actions.restart(node) },
    [COMMANDS.trustMcpServer]: { run: (node) => actions.trust(node) },
    [COMMANDS.distrustMcpServer]: { run: (node) => actions.distrust(node) },
    [COMMANDS.runWithThisServer]: {
      run: async (node) => {
        requireTrust();
        const name = await actions.chooseForTask(node);
        return name === undefined ? undefined : runTask('one', undefined, needs, { kind: 'named', names: [name] });
      },
    },
    [COMMANDS.showMcpLog]: { run: (node) => actions.showLog(node) },
    [COMMANDS.showMcpError]: { run: (node) => actions.showError(node) },
    [COMMANDS.goToMcpDefinition]: { run: (node) => actions.goToDefinition(node) },
    [COMMANDS.copyMcpName]: { run: (node) => actions.copyName(node) },
    [COMMANDS.readMcpResource]: { run: (node) => actions.readResource(node) },
    [COMMANDS.refreshMcpServers]: { run: () => view.read() },
    [COMMANDS.showMcpServers]: { run: () => view.reveal() },
  } satisfies Partial<Record<CommandId, Command>>;
}

function houseCommands(needs: CommandNeeds) {
  const { connection, tokens, dialogs, output } = needs;
  const refusal = (): BridgeError | undefined => withoutServer(needs);
  return {
    [COMMANDS.refreshModels]: { run: () => connection.reconnect() },
    [COMMANDS.showOutput]: { run: () => output.show() },
    [COMMANDS.showMenu]: { run: () => openMenu(needs) },
    [COMMANDS.setToken]: { refusal, run: () => setToken(connection, tokens, dialogs) },
    [COMMANDS.removeToken]: { refusal, run: () => removeToken(connection, tokens, dialogs) },
    [COMMANDS.openSettings]: {
      run: () => vscode.commands.executeCommand('workbench.action.openSettings', `@ext:${EXTENSION_ID}`),
    },
  } satisfies Partial<Record<CommandId, Command>>;
}

/** A server that has no answer yet is asked by the command itself; here only what no server could change. */
function withoutServer({ connection, state }: CommandNeeds): BridgeError | undefined {
  const { health } = connection.snapshot;
  return state() === 'misconfigured' && health.kind === 'offline' ? health.error : undefined;
}

async function openMenu({ desk, tasks, models, lms, dialogs, ...needs }: CommandNeeds): Promise<void> {
  const state = needs.state();
  const isFound = state === 'offline' && (await lms.find()) !== undefined;
  const actions = new TaskActions(tasks, dialogs);
  const doing = {
    hasTask: actions.noTask() === undefined,
    canPause: actions.noneToPause() === undefined,
    canContinue: actions.noneToContinue() === undefined,
    hasQuestion: desk.hasUnopened,
    hasLoad: models.isLoading,
  };
  const title = needs.statusLabel();
  await showMenu({ state, ...doing, title, lms: { isFound, isEnabled: readLmsEnabled() } }, dialogs);
}

/** Registers the table. A failure is told once: here, or by the caller where a command was given arguments. */
export function registerCommands(
  table: Record<CommandId, Command>,
  dialogs: Dialogs,
  logger: Logger,
): vscode.Disposable {
  const registrations = Object.values(COMMANDS).map((id) => {
    const { run, refusal } = table[id];
    return registerCommand(id, async (argument) => {
      try {
        const refused = refusal?.();
        if (refused) throw refused;
        return await run(argument);
      } catch (failure) {
        const error = toBridgeError(failure);
        logger.log(isBridgeError(error, 'internal') ? 'error' : 'warn', `${id}: ${describe(error)}`);
        // Who gave arguments gets the error itself: VS Code shows that of a key binding, another extension handles its own.
        if (isArgumentForm(id, argument)) throw error;
        tellFailure(error, dialogs);
        return undefined;
      }
    });
  });
  return vscode.Disposable.from(...registrations);
}

const RUN_COMMANDS: readonly CommandId[] = [
  COMMANDS.runWithServer,
  COMMANDS.runWithServers,
  COMMANDS.runWithAllServers,
  COMMANDS.runOnSelection,
  COMMANDS.runOnFile,
  COMMANDS.runTaskFile,
  COMMANDS.previewTask,
];

function isArgumentForm(id: CommandId, argument: unknown): boolean {
  return RUN_COMMANDS.includes(id) && argument !== undefined && argument !== null && !isFromMenu(argument);
}

function describe(error: BridgeError): string {
  const { cause } = error;
  return error.code === 'internal' && cause instanceof Error ? (cause.stack ?? error.message) : error.message;
}
