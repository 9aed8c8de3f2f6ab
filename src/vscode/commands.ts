import type { Clock } from '../base/clock';
import * as vscode from 'vscode';
import { type BridgeError, ConfigurationError, isBridgeError, toBridgeError } from '../base/errors';
import type { Logger } from '../base/logger';
import type { ServerConnection } from './connection';
import type { Choice, Dialogs } from './dialogs';
import { offer, tellFailure } from './failures';
import { COMMANDS, type CommandId, EXTENSION_ID, type ServerState } from './ids';
import type { LaunchConsent } from './launchConsent';
import type { FitnessActions } from './fitnessActions';
import type { LmsActions } from './lmsActions';
import { openMcpConfig } from './mcpConfig';
import { showMenu } from './menu';
import type { ModelActions } from './modelActions';
import type { Output } from './output';
import type { RunKind } from './runArguments';
import { requireTrust, runTask } from './runTask';
import { readLmsEnabled } from './settings';
import type { Tasks } from './tasks';
import type { TaskStatus } from './taskStatus';
import type { TokenStore } from './tokens';
import { removeToken, setToken } from './tokenActions';
import { registerCommand } from './typed';
import type { WorkspaceServers } from './workspaceServers';

export interface CommandNeeds {
  readonly connection: ServerConnection;
  readonly servers: WorkspaceServers;
  readonly consent: LaunchConsent;
  readonly tasks: Tasks;
  readonly tokens: TokenStore;
  readonly models: ModelActions;
  readonly fitness: FitnessActions;
  readonly lms: LmsActions;
  readonly dialogs: Dialogs;
  readonly output: Output;
  readonly clock: Clock;
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
  const { connection, consent, tasks, tokens, models, lms, dialogs, output } = needs;
  const runWith = (kind: RunKind): Command => ({ run: (argument) => runTask(kind, argument, needs) });
  // A server that has no answer yet is asked by the command itself; here only what no server could change.
  const withServer = (): BridgeError | undefined => {
    const { health } = connection.snapshot;
    return needs.state() === 'misconfigured' && health.kind === 'offline' ? health.error : undefined;
  };
  return {
    [COMMANDS.runWithServer]: runWith('one'),
    [COMMANDS.runWithServers]: runWith('several'),
    [COMMANDS.runWithAllServers]: runWith('all'),
    [COMMANDS.cancelTask]: {
      refusal: () => (tasks.running.length === 0 ? new ConfigurationError('usage', 'No task is running.') : undefined),
      run: () => cancelTask(tasks, dialogs),
    },
    [COMMANDS.selectModel]: { refusal: withServer, run: () => models.select() },
    [COMMANDS.refreshModels]: { run: () => connection.reconnect() },
    [COMMANDS.loadModel]: { refusal: withServer, run: (node) => models.load(node) },
    [COMMANDS.loadModelWithOptions]: { refusal: withServer, run: (node) => models.loadWithOptions(node) },
    [COMMANDS.unloadModel]: { refusal: withServer, run: (node) => models.unload(node) },
    [COMMANDS.unloadOwned]: { refusal: withServer, run: () => models.unloadOwned() },
    [COMMANDS.refreshBusyState]: { refusal: withServer, run: () => lms.refreshBusyState() },
    [COMMANDS.startServer]: { refusal: withServer, run: () => lms.startServer() },
    [COMMANDS.useForTasks]: { run: (node) => models.useForTasks(node) },
    [COMMANDS.testToolUse]: { refusal: withServer, run: (node) => needs.fitness.test(node) },
    [COMMANDS.copyModelId]: { run: (node) => models.copyId(node) },
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
    [COMMANDS.showOutput]: { run: () => output.show() },
    [COMMANDS.showMenu]: {
      run: async () => {
        const state = needs.state();
        const isFound = state === 'offline' && (await lms.find()) !== undefined;
        const hasTask = tasks.running.length > 0;
        const title = needs.statusLabel();
        await showMenu({ state, hasTask, title, lms: { isFound, isEnabled: readLmsEnabled() } }, dialogs);
      },
    },
    [COMMANDS.setToken]: { refusal: withServer, run: () => setToken(connection, tokens, dialogs) },
    [COMMANDS.removeToken]: { refusal: withServer, run: () => removeToken(connection, tokens, dialogs) },
    [COMMANDS.openSettings]: {
      run: () => vscode.commands.executeCommand('workbench.action.openSettings', `@ext:${EXTENSION_ID}`),
    },
  };
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
];

function isArgumentForm(id: CommandId, argument: unknown): boolean {
  return RUN_COMMANDS.includes(id) && argument !== undefined && argument !== null;
}

function describe(error: BridgeError): string {
  const { cause } = error;
  return error.code === 'internal' && cause instanceof Error ? (cause.stack ?? error.message) : error.message;
}

async function cancelTask(tasks: Tasks, dialogs: Dialogs): Promise<void> {
  const { running } = tasks;
  const [first, ...others] = running;
  if (!first) return;
  if (others.length === 0) {
    tasks.cancel(first.id);
    return;
  }
  const choices = running.map((task): Choice & { task: TaskStatus } => ({
    label: task.label,
    description: `round ${task.round}, ${task.activity}`,
    task,
  }));
  const options = { title: 'Cancel Task', placeholder: `${running.length} tasks are running. Which one?` };
  const chosen = await dialogs.pickOne(choices, options);
  if (chosen) tasks.cancel(chosen.task.id);
}
