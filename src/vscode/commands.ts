import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { type BridgeError, ConfigurationError, isBridgeError, toBridgeError } from '../base/errors';
import type { Logger } from '../base/logger';
import type { Dialogs } from './dialogs';
import { documentCommands, type ShowTaskNeeds } from './documents/showTask';
import { offer, tellFailure } from './failures';
import type { FirstRun } from './firstRun/firstRun';
import { firstRunCommands } from './firstRun/firstRunCommands';
import { type Grant, manageGrants } from './questions/grants';
import type { Command } from './command';
import { COMMANDS, type CommandId, EXTENSION_ID, type ServerState } from './ids';
import type { StoredInputs } from './servers/inputs';
import type { LaunchConsent } from './questions/launchConsent';
import { chooseLmTools } from './chat/lmTools';
import { openMcpConfig } from './servers/mcpConfig';
import type { McpServers } from './servers/mcpServers';
import { showMenu } from './status/menu';
import { type ModelCommandNeeds, modelCommands } from './models/modelCommands';
import type { QuestionDesk } from './questions/questionDesk';
import type { RunKind } from './tasks/runArguments';
import { requireTrust, runTask } from './tasks/runTask';
import { type ServerActions, targetOf } from './servers/serverCommands';
import type { ServersView } from './servers/serversView';
import { runPrompt, runWithResources } from './tasks/serverTasks';
import { readLmsEnabled } from './settings/settings';
import { isFromMenu, type TaskFileCommandNeeds, taskFileCommands } from './taskFiles/taskFileCommands';
import { TaskActions } from './tasks/taskActions';
import { type TaskViewCommandNeeds, taskViewCommands } from './tasks/taskViewCommands';
import type { SignIns } from './servers/signIn';
import { registerCommand } from './typed';

export interface CommandNeeds
  extends
    TaskViewCommandNeeds,
    TaskFileCommandNeeds,
    Omit<ModelCommandNeeds, 'dialogs'>,
    Pick<ShowTaskNeeds, 'taskDocuments'> {
  readonly mcp: McpServers;
  readonly consent: LaunchConsent;
  readonly inputs: StoredInputs;
  /** Everything that is allowed beforehand. */
  readonly grants: () => readonly Grant[];
  readonly desk: QuestionDesk;
  readonly signIns: SignIns;
  readonly firstRun: FirstRun;
  readonly serverActions: ServerActions;
  readonly serversView: ServersView;
  readonly state: () => ServerState;
  readonly statusLabel: () => string;
  readonly showDocument: ModelCommandNeeds['showDocument'];
}

/** What every command does, and what it says when it cannot work now. */
export function createCommands(needs: CommandNeeds): Record<CommandId, Command> {
  return {
    ...taskCommands(needs),
    ...taskViewCommands(needs),
    ...taskFileCommands(needs),
    ...documentCommands(needs),
    ...modelCommands(needs),
    ...serverCommands(needs),
    ...houseCommands(needs),
    ...firstRunCommands(needs),
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
    [COMMANDS.cancelTask]: { refusal: actions.noTask, run: (...rows) => actions.cancel(...rows) },
    [COMMANDS.addMessage]: { refusal: actions.noTask, run: (task) => actions.addMessage(task) },
    [COMMANDS.pauseTask]: { refusal: actions.noneToPause, run: (...rows) => actions.pause(...rows) },
    [COMMANDS.continueTask]: { refusal: actions.noneToContinue, run: (...rows) => actions.continue(...rows) },
    [COMMANDS.openMcpConfig]: {
      run: () => {
        requireTrust();
        return openMcpConfig();
      },
    },
    [COMMANDS.forgetConsent]: {
      run: async () => {
        await consent.forget();
        offer(dialogs, 'info', l10n.t('You will be asked again before any MCP server is started.'));
      },
    },
    [COMMANDS.forgetInputs]: {
      run: async () => {
        await inputs.forget();
        offer(dialogs, 'info', l10n.t('You will be asked again for every value that an MCP server needs.'));
      },
    },
    [COMMANDS.manageApprovals]: { run: () => manageGrants(grants(), dialogs) },
    [COMMANDS.chooseVscodeTools]: { run: () => chooseLmTools(dialogs) },
    [COMMANDS.signOutOfServer]: { run: () => signIns.signOut() },
    [COMMANDS.answerQuestion]: {
      refusal: () => (desk.count > 0 ? undefined : new ConfigurationError('usage', l10n.t('No task waits for you.'))),
      run: (task) => answerQuestion(desk, actions.runningOf(task)?.id),
    },
  } satisfies Partial<Record<CommandId, Command>>;
}

/** @throws ConfigurationError where nothing opens */
function answerQuestion(desk: QuestionDesk, task: number | undefined): void {
  if (desk.openNext(task)) return;
  if (task !== undefined && !desk.asks(task)) {
    throw new ConfigurationError('usage', l10n.t('This task does not wait for you.'));
  }
  throw new ConfigurationError(
    'usage',
    l10n.t('The question is open already, or it comes after the one that is open.'),
    {
      hint: l10n.t('Answer the one that is open first.'),
    },
  );
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
  const { output } = needs;
  return {
    [COMMANDS.showOutput]: { run: () => output.show() },
    [COMMANDS.showMenu]: { run: () => openMenu(needs) },
    [COMMANDS.openSettings]: {
      run: () => vscode.commands.executeCommand('workbench.action.openSettings', `@ext:${EXTENSION_ID}`),
    },
  } satisfies Partial<Record<CommandId, Command>>;
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
    return registerCommand(id, async (argument, selection) => {
      try {
        const refused = refusal?.();
        if (refused) throw refused;
        return await run(argument, selection);
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
