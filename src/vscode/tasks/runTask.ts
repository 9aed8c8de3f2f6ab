import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { ConfigurationError } from '../../base/errors';
import type { FoundServers } from '../../mcp/discovery';
import type { ResumedRun } from '../../tasks/journalStore';
import type { RunEnd, ServerSelection, TaskRequest } from '../../tasks/types';
import { onAbort } from '../../base/abort';
import { type Clock, every } from '../../base/clock';
import type { ServerConnection } from '../connection';
import type { ServerConnections } from '../serverConnections';
import type { Dialogs } from '../dialogs';
import { HelpfulError } from '../failures';
import { openMcpConfig } from '../servers/mcpConfig';
import type { ModelActions } from '../models/modelActions';
import { pickTaskModel } from '../models/modelPicks';
import { findTaskModel, isInMemory } from '../models/modelText';
import { modelsOf } from '../models/servedModel';
import { openOrigin } from '../openDocument';
import { withProgress } from '../progress';
import { REPORT_MS } from '../progressPace';
import { parseRunArguments, type RunDefaults, type RunKind } from './runArguments';
import { pickOneServer, pickSeveralServers } from '../servers/serverPicks';
import { readLimits, readModel, readToolCalls } from '../settings/settings';
import { announceEnd } from './taskNotice';
import type { RunOptions, Tasks } from './tasks';
import type { TaskStatus } from './taskStatus';
import { activityOf, type TaskSurroundings } from './taskText';
import type { ToolSizes } from '../servers/toolSizes';
import { isVirtualWorkspace, notOnDisk, untrusted, type WorkspaceServers } from '../servers/workspaceServers';

export interface RunNeeds {
  /** The main one. */
  readonly connection: ServerConnection;
  readonly connections: ServerConnections;
  readonly servers: WorkspaceServers;
  readonly tasks: Tasks;
  readonly models: ModelActions;
  readonly sizes: ToolSizes;
  readonly dialogs: Dialogs;
  readonly clock: Clock;
}

const TITLES: Readonly<Record<RunKind, string>> = {
  one: l10n.t('Run Task with One MCP Server'),
  several: l10n.t('Run Task with Several MCP Servers'),
  all: l10n.t('Run Task with All Discovered MCP Servers'),
};

/**
 * A run command: asks for what it needs or, with `raw`, takes it from there. Neither form skips consent or approval.
 * Undefined where the person closed a question. `chosen`: the servers that are not asked for.
 *
 * @throws ConfigurationError where the arguments, the settings or the servers do not allow a run
 */
export async function runTask(
  kind: RunKind,
  raw: unknown,
  needs: RunNeeds,
  chosen?: ServerSelection,
): Promise<RunEnd | undefined> {
  requireTrust();
  if (raw !== undefined && raw !== null) {
    const request = parseRunArguments(kind, raw, readDefaults);
    if (kind === 'all') requireServers(await needs.servers.find());
    return startTask(request, needs);
  }
  const request = await askForRequest(kind, needs, chosen);
  return request && startTask(request, needs);
}

/** @throws HelpfulError in a folder that nobody trusts */
export function requireTrust(): void {
  if (vscode.workspace.isTrusted) return;
  const run = (): Thenable<unknown> => vscode.commands.executeCommand('workbench.trust.manage');
  throw new HelpfulError(untrusted(), { label: l10n.t('Manage Workspace Trust'), run });
}

export function readDefaults(): RunDefaults {
  return { ...readLimits(), model: readModel(), toolCalls: readToolCalls() };
}

async function askForRequest(
  kind: RunKind,
  needs: RunNeeds,
  chosen?: ServerSelection,
): Promise<TaskRequest | undefined> {
  const defaults = readDefaults();
  const { connection } = needs.connections.find(defaults.model).server;
  const [found, snapshot] = await Promise.all([needs.servers.find(), connection.refresh()]);
  // Better now than after the person has written a long task.
  if (snapshot.health.kind === 'offline') throw snapshot.health.error;
  const servers = chosen ?? (await askForServers(kind, found, needs));
  if (!servers) return undefined;
  const model = await askForModel(defaults.model, needs);
  if (!model) return undefined;
  const name = model.key ?? findTaskModel(snapshot.models, undefined)?.key;
  const task = await askForTask(TITLES[kind], name, needs);
  return task === undefined ? undefined : { ...defaults, task, servers, model: model.key };
}

/** Undefined where it was closed. */
export async function askForTask(
  title: string,
  model: string | undefined,
  { dialogs }: Pick<RunNeeds, 'dialogs'>,
): Promise<string | undefined> {
  const task = await dialogs.input({
    title,
    prompt: model === undefined ? l10n.t('What should the model do?') : l10n.t('What should {0} do?', model),
    placeholder: l10n.t('For example: read the notes in this folder and write a summary'),
    validate: (text) => (text.trim() === '' ? l10n.t('Say what to do.') : undefined),
  });
  return task === undefined || task.trim() === '' ? undefined : task;
}

async function askForServers(
  kind: RunKind,
  found: FoundServers,
  { dialogs, sizes }: RunNeeds,
): Promise<ServerSelection | undefined> {
  if (found.diagnostics.length === 0 || kind === 'all') requireServers(found);
  if (kind === 'all') return { kind: 'all' };
  const pick = kind === 'one' ? pickOneServer : pickSeveralServers;
  const picked = await pick(found, dialogs, TITLES[kind], (server) => sizes.wordsFor(server));
  if (picked.kind === 'look') await openOrigin(picked.origin);
  return picked.kind === 'servers' ? { kind: 'named', names: picked.names } : undefined;
}

/** Asks only where nothing speaks for one model: none is chosen, none is in memory, and there are several. */
export async function askForModel(
  setting: string | undefined,
  needs: RunNeeds,
): Promise<{ readonly key: string | undefined } | undefined> {
  const { connections, models, dialogs } = needs;
  const chat = connections.main.connection.snapshot.models.filter(({ kind }) => kind === 'chat');
  if (setting !== undefined || chat.length < 2 || chat.some(isInMemory)) return { key: setting };
  const chosen = await pickTaskModel(modelsOf(connections.all), models.contextOf, dialogs);
  return chosen && { key: chosen.name };
}

/** @throws HelpfulError where no server can be used */
function requireServers({ servers, diagnostics }: FoundServers): void {
  if (servers.some(({ disabled }) => !disabled)) return;
  const problem = diagnostics.find(({ severity }) => severity === 'error') ?? diagnostics[0];
  if (problem) {
    const error = new ConfigurationError('mcp-config', l10n.t('No MCP server can be used: {0}', problem.message), {
      hint: l10n.t('See {0}, line {1}.', vscode.workspace.asRelativePath(problem.file), problem.line),
    });
    throw new HelpfulError(error, { label: l10n.t('Open File'), run: () => openOrigin(problem) });
  }
  if (servers.length === 0 && isVirtualWorkspace()) throw notOnDisk();
  const isAnyDefined = servers.length > 0;
  const message = isAnyDefined
    ? l10n.t('All MCP servers are disabled.')
    : l10n.t('No MCP server is defined for this workspace.');
  const error = new ConfigurationError('usage', message, {
    hint: l10n.t('They are defined in a file .mcp.json in a workspace folder, under "mcpServers".'),
  });
  throw new HelpfulError(error, { label: l10n.t('Open .mcp.json'), run: openMcpConfig });
}

/**
 * Runs a task, or goes on with one, under a notification that tells what goes on and can cancel it. `onStart`: its id in
 * this window, before it does anything.
 */
export async function startTask(
  request: TaskRequest,
  { tasks, models, dialogs, connections, clock }: RunNeeds,
  resumed?: ResumedRun,
  onStart?: (id: number) => void,
  options?: RunOptions,
): Promise<RunEnd> {
  const { connection } = connections.find(request.model).server;
  const result = await withProgress(l10n.t('LM Studio task'), async (tell, signal) => {
    let id = 0;
    let told = '';
    let toldPhase: TaskStatus['phase'];
    const report = (): void => {
      const status = tasks.running.find((candidate) => candidate.id === id);
      toldPhase = status?.phase;
      const surroundings = { now: clock.now(), newsOf: connections.newsOf };
      const message = status && progressWords(status, surroundings);
      if (message !== undefined && message !== told) tell(message);
      told = message ?? told;
    };
    const onTasks = (): void => {
      const status = tasks.running.find((candidate) => candidate.id === id);
      if (!isNextStep(status?.phase, toldPhase)) report();
    };
    const following = [tasks.onDidChange(onTasks), connection.onDidChange(report), every(REPORT_MS, clock, report)];
    const cancelling = onAbort(signal, () => tasks.cancel(id));
    try {
      return await tasks.run(
        request,
        (started) => {
          id = started;
          onStart?.(started);
          report();
        },
        resumed,
        options,
      );
    } finally {
      for (const item of following) item.dispose();
      cancelling.dispose();
    }
  });
  announceEnd(result, request, dialogs, (advice) => models.reload(advice, request.model));
  return result.end;
}

/** Only further in the same load or prompt: the next regular report is soon enough. */
function isNextStep(phase: TaskStatus['phase'], told: TaskStatus['phase']): boolean {
  return phase !== undefined && 'progress' in phase && phase.progress !== null && phase.phase === told?.phase;
}

function progressWords(task: TaskStatus, surroundings: TaskSurroundings): string {
  const { label, round } = task;
  const now = activityOf(task, surroundings);
  return round === 0 ? `"${label}": ${now}` : l10n.t('"{0}": round {1}, {2}', label, round, now);
}
