/** A task of another agent for a model on this machine, through a tool of VS Code. Loaded with the first call. */
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import * as z from 'zod/v4';
import { ConfigurationError, toBridgeError } from '../../base/errors';
import { countText } from '../../base/numberText';
import { withoutHidden } from '../../base/visibleText';
import { lowerLimits } from '../../tasks/lowerLimits';
import type { TaskEvent, TaskRequest } from '../../tasks/types';
import { cancelledByPerson, toSignal } from '../abort';
import { findTaskModel } from '../models/modelText';
import { nameOfModel, placeOfModel } from '../models/serverList';
import { readDefaults, requireTrust } from '../tasks/runTask';
import type { TaskResult } from '../tasks/tasks';
import { code, plain } from './chatMarkdown';
import type { ChatNeeds } from './chatNeeds';
import { followTask } from './followedTask';
import { toolTexts } from './toolTexts';

const name = z.string().trim().min(1);
const shape = z.strictObject({
  task: name,
  model: name.optional(),
  servers: z.array(name).optional(),
  maxRounds: z.int().min(1).optional(),
  maxTokens: z.int().min(1).optional(),
  timeoutSeconds: z.number().positive().optional(),
});

/**
 * What the call leaves open is taken from the person's settings, and no limit of it goes beyond theirs.
 *
 * @throws ConfigurationError `usage` that names what is wrong, for the agent that called
 */
function readInput(input: unknown): TaskRequest {
  const parsed = shape.safeParse(input);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) =>
      path.length === 0 ? message : `"${path.join('.')}": ${message}`,
    );
    throw new ConfigurationError('usage', `The input cannot be used. ${problems.join('; ')}.`);
  }
  const { task, model, servers, maxRounds, maxTokens, timeoutSeconds } = parsed.data;
  const defaults = readDefaults();
  return {
    ...defaults,
    // What a person would not see in the question is not sent.
    task: withoutHidden(task),
    servers: serversOf(servers),
    model: model ?? defaults.model,
    ...lowerLimits(
      { maxRounds, maxTokens, timeoutMs: timeoutSeconds === undefined ? undefined : timeoutSeconds * 1_000 },
      defaults,
    ),
  };
}

function serversOf(names: readonly string[] | undefined): TaskRequest['servers'] {
  if (!names) return { kind: 'all' };
  return names.length === 0 ? { kind: 'none' } : { kind: 'named', names };
}

/** Says exactly what would run. Input that can never be used needs no question: the call answers with what is wrong. */
export async function prepareTask(input: unknown, needs: ChatNeeds): Promise<vscode.PreparedToolInvocation> {
  const invocationMessage = l10n.t('Running a task on a local model');
  if (!shape.safeParse(input).success) return { invocationMessage };
  const title = l10n.t('Run a task on a local model of LM Studio?');
  try {
    return { invocationMessage, confirmationMessages: { title, message: await question(readInput(input), needs) } };
  } catch (failure) {
    // It may work when the call is made: never without a yes.
    return { invocationMessage, confirmationMessages: { title, message: plain(toBridgeError(failure).message, 500) } };
  }
}

async function question(request: TaskRequest, needs: ChatNeeds): Promise<vscode.MarkdownString> {
  const { servers } = needs;
  const named =
    request.servers.kind === 'named'
      ? request.servers.names
      : request.servers.kind === 'none'
        ? []
        : (await servers.find()).servers.filter(({ disabled }) => !disabled).map((server) => server.name);
  const { maxRounds, maxTokens, timeoutMs } = request;
  const limits = [
    l10n.t('{0} rounds', maxRounds),
    ...(maxTokens === undefined ? [] : [l10n.t('{0} tokens', countText(maxTokens))]),
    ...(timeoutMs === undefined ? [] : [l10n.t('{0} seconds', timeoutMs / 1_000)]),
  ];
  const text = new vscode.MarkdownString();
  const line = (words: string): void => void text.appendMarkdown(`${words}\n\n`);
  line(modelLine(request.model, needs));
  line(
    named.length === 0
      ? l10n.t('MCP servers: none')
      : l10n.t('MCP servers: {0}', named.map((server) => code(server)).join(', ')),
  );
  line(l10n.t('Limits: {0}', limits.join(', ')));
  line(l10n.t('You are still asked before servers start and before tools run, as your settings say. The task:'));
  text.appendCodeblock(request.task, 'text');
  return text;
}

/** What runs on a computer that is not the main server's says so. */
function modelLine(wanted: string | undefined, { connections }: ChatNeeds): string {
  const { server, key } = connections.findOrMain(wanted);
  const isAny = key === undefined || key === 'default';
  const chosen = isAny ? findTaskModel(server.connection.snapshot.models, key)?.key : key;
  const { root } = server.connection.snapshot;
  if (server.name === undefined) {
    return chosen === undefined ? l10n.t('Model: chosen when it starts') : l10n.t('Model: {0}', code(chosen));
  }
  const [name, address] = [code(server.name), code(root)];
  return chosen === undefined
    ? l10n.t('Model: chosen when it starts, on the server {0} at {1}', name, address)
    : l10n.t('Model: {0}, on the server {1} at {2}', code(chosen), name, address);
}

/**
 * Runs the task. What the calling agent can act on is a result: also that nothing ran, and why.
 * @throws vscode.CancellationError where the call was cancelled
 */
export async function runDelegated(
  input: unknown,
  needs: ChatNeeds,
  token: vscode.CancellationToken,
): Promise<vscode.LanguageModelToolResult> {
  const signal = toSignal(token);
  try {
    requireTrust();
    const request = readInput(input);
    const tally = new Tally(placeOfModel(request.model).server);
    const hearer = { onEvent: tally.add.bind(tally) };
    const result = await followTask(needs.tasks, request, hearer, signal, { isDelegated: true });
    if (signal.aborted) throw cancelledByPerson();
    return toolTexts(...resultTexts(result), tally.words(result));
  } catch (failure) {
    if (signal.aborted) throw new vscode.CancellationError();
    const { code: errorCode, message, hint } = toBridgeError(failure);
    return toolTexts(`Status: not run (${errorCode})`, `Error: ${[message, hint ?? ''].join(' ').trim()}`);
  }
}

function resultTexts({ end, error }: TaskResult): readonly string[] {
  const status = end.code === null ? end.status : `${end.status} (${end.code})`;
  const answer = withoutHidden(end.text).trim();
  return [
    `Status: ${status}`,
    ...(error ? [`Error: ${[error.message, error.hint ?? ''].join(' ').trim()}`] : []),
    ...(answer === '' ? [] : [`Answer:\n${answer}`]),
  ];
}

/** What the task has used. */
class Tally {
  #model = '';
  #calls = 0;
  #failed = 0;

  /** `server`: that of the model, where it is not the main one. */
  constructor(private readonly server: string | undefined) {}

  add(event: TaskEvent): void {
    if (event.type === 'run_start') this.#model = nameOfModel(this.server, event.model);
    if (event.type === 'tool_result') {
      this.#calls++;
      if (event.isError) this.#failed++;
    }
  }

  words({ end }: TaskResult): string {
    const { rounds, usage, durationMs } = end;
    const facts = [
      ...(this.#model === '' ? [] : [`model ${this.#model}`]),
      `${rounds} rounds`,
      `${this.#calls} tool calls, ${this.#failed} of them failed`,
      `${usage.promptTokens ?? '?'} tokens read, ${usage.completionTokens ?? '?'} written`,
      `${(durationMs / 1_000).toFixed(1)} s`,
    ];
    return `Used: ${facts.join('; ')}.`;
  }
}
