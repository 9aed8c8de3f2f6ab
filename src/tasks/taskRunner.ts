/** One autonomous task from start to end: finds the model, opens the tools, runs the agent, ends what it started. */
import { randomUUID } from 'node:crypto';
import { runAgent } from '../agent/loop';
import { openingMessages } from '../agent/prompts';
import type { AgentOutcome, ApprovalGate, ToolSource } from '../agent/types';
import { NO_USAGE, addUsage } from '../agent/usage';
import { abortReason, deadline } from '../base/abort';
import type { Clock } from '../base/clock';
import type { Disposable } from '../base/disposable';
import { BridgeError, type ErrorCode, ModelNotFoundError, toBridgeError, ToolExecutionError } from '../base/errors';
import type { Logger } from '../base/logger';
import type { Fetch } from '../llm/http';
import { type ChosenModel, isAnswerOf } from '../llm/lmstudio/selection';
import type { ModelServer } from '../llm/lmstudio/server';
import { SpeedLedger } from '../llm/speedLedger';
import type { ModelValidator } from '../llm/lmstudio/validator';
import { createChatModel } from '../llm/wire/openaiChat';
import { SpeedMeter } from '../llm/wire/speedMeter';
import { type FoundServers, selectServers } from '../mcp/discovery';
import { formatOrigin, type ServerSpec } from '../mcp/serverSpec';
import { openToolbox, type Toolbox } from '../mcp/toolbox';
import { resultCharLimit } from './limits';
import { inLane, type ModelLanes, type TurnPhase } from './modelLanes';
import { inGate, makeReady, type ModelLoading } from './modelLoading';
import type { RunEnd, RunEvent, RunStatus, TaskEvent, TaskRequest } from './types';

/** What a door lends to its tasks. */
export interface TaskEnvironment {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Of this product, as MCP servers are told. */
  readonly version: string;
  readonly server: ModelServer;
  /** Of this server. */
  readonly validator: ModelValidator;
  readonly fetch: Fetch;
  /** One for all tasks of a door. */
  readonly lanes: ModelLanes;
  /** Absolute paths, the main one first. */
  readonly workspaces: readonly string[];
  readonly found: FoundServers;
  readonly gate: ApprovalGate;
  /** Which of the servers about to be started may start; absent: all. */
  readonly consent?: (
    servers: readonly ServerSpec[],
    signal: AbortSignal,
  ) => Promise<{ readonly agreed: readonly ServerSpec[]; readonly refused: readonly ServerSpec[] }>;
  /** How fast the models are; learns from every turn. Absent: known for the run only. */
  readonly speed?: SpeedLedger;
  /** Called when a phase of a turn begins, with the model's key; the result is disposed when that phase is over. */
  readonly onPhase?: (modelKey: string, phase: TurnPhase) => Disposable;
  /** How models come into memory; absent: LM Studio loads just in time, and nobody else loads in this process. */
  readonly loading?: ModelLoading;
}

/**
 * Runs a task and reports everything through `onEvent`, `run_end` last. It never throws once a first event could come:
 * how the run ended stands in the result.
 *
 * @throws ConfigurationError `usage` or `mcp-config` where the wanted servers do not exist: nothing was started or sent.
 */
export async function runTask(
  request: TaskRequest,
  environment: TaskEnvironment,
  onEvent: (event: TaskEvent) => void,
  signal: AbortSignal,
): Promise<RunEnd> {
  const specs = selectServers(environment.found, request.servers);
  const run = new Run(environment.clock, onEvent);
  const limit = deadline(signal, request.timeoutMs, environment.clock, () => timeLimit(request.timeoutMs));
  let toolbox: Toolbox | undefined;
  let using: Disposable | undefined;
  try {
    const [found, opened] = await prepare(request, specs, environment, run, limit.signal);
    toolbox = opened;
    const warn = (code: string, message: string): void => {
      run.warn(code, message);
    };
    // After the servers: who says no to them shall not wait for a model, nor have it loaded.
    const chosen = await makeReady(found, environment.loading, warn, limit.signal);
    using = environment.loading?.lifecycle.hold(chosen.model.key);
    run.start(request.task, chosen, toolbox);
    const outcome = await work(request, chosen, toolbox, environment, run, limit.signal);
    await toolbox.close();
    return run.end(outcome);
  } catch (error) {
    await toolbox?.close();
    return run.fail(limit.signal.aborted ? abortReason(limit.signal) : toBridgeError(error));
  } finally {
    using?.dispose();
    limit.dispose();
  }
}

/** Asks the model server and starts the MCP servers side by side; the failure of one ends the other. */
async function prepare(
  request: TaskRequest,
  specs: readonly ServerSpec[],
  environment: TaskEnvironment,
  run: Run,
  signal: AbortSignal,
): Promise<[ChosenModel, Toolbox]> {
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  const stopOther = (error: unknown): never => {
    stop.abort(toBridgeError(error));
    throw error;
  };
  // The servers first: their processes start while we ask for the models.
  const opening = openServers(request, specs, environment, run, both).catch(stopOther);
  const choosing = environment.validator.choose(request.model, both).catch(stopOther);
  const [chosen, opened] = await Promise.allSettled([choosing, opening]);
  if (chosen.status === 'fulfilled' && opened.status === 'fulfilled') return [chosen.value, opened.value];
  if (opened.status === 'fulfilled') await opened.value.close();
  throw abortReason(both);
}

async function openServers(
  request: TaskRequest,
  specs: readonly ServerSpec[],
  environment: TaskEnvironment,
  run: Run,
  signal: AbortSignal,
): Promise<Toolbox> {
  const { agreed, refused } = environment.consent
    ? await environment.consent(specs, signal)
    : { agreed: specs, refused: [] };
  const { toolbox, failures } = await openToolbox(
    agreed,
    {
      workspaces: environment.workspaces,
      clock: environment.clock,
      logger: environment.logger,
      clientVersion: environment.version,
    },
    signal,
  );
  const missing = [...refused.map(notAllowed), ...failures];
  const first = missing[0];
  if (first && request.servers.kind === 'named') {
    await toolbox.close();
    throw first.error;
  }
  if (request.servers.kind === 'all') reportProblems(environment.found, run);
  for (const { error } of missing) run.warn('server-skipped', error.message);
  return toolbox;
}

function notAllowed(spec: ServerSpec) {
  const message = `MCP server "${spec.name}" (${formatOrigin(spec.origin)}) was not started: the person did not allow it.`;
  return { name: spec.name, error: new ToolExecutionError('mcp-start-failed', message) };
}

function reportProblems(found: FoundServers, run: Run): void {
  for (const { severity, message, ...origin } of found.diagnostics) {
    if (severity !== 'info') run.warn('mcp-config', `${formatOrigin(origin)}:${String(origin.column)}: ${message}`);
  }
}

async function work(
  request: TaskRequest,
  chosen: ChosenModel,
  tools: ToolSource,
  environment: TaskEnvironment,
  run: Run,
  signal: AbortSignal,
): Promise<AgentOutcome> {
  const { server, fetch, lanes, clock, gate, onPhase, loading } = environment;
  const model = createChatModel({
    address: server.address,
    fetch,
    clock,
    model: chosen.id,
    isExpected: (answered) => isAnswerOf(chosen, answered),
    speed: new SpeedMeter({
      ledger: environment.speed ?? new SpeedLedger(),
      clock,
      key: chosen.model.key,
      mayLoad: !chosen.model.instances?.length,
    }),
    // A server that does not tell what is in memory may be none of LM Studio's.
    ttlSeconds: chosen.model.instances ? loading?.ttlSeconds : undefined,
  });
  const gated = loading ? inGate(model, loading.lifecycle, chosen.model.key) : model;
  return runAgent(
    {
      model: inLane(
        server.policy.guard(gated),
        lanes,
        server.address.root,
        onPhase && ((phase) => onPhase(chosen.model.key, phase)),
      ),
      tools,
      gate,
      clock,
      retry: server.policy.turns,
      limits: { maxRounds: request.maxRounds, maxTokens: request.maxTokens },
      resultCharLimit: resultCharLimit(chosen.contextLength),
      messages: openingMessages(request.task, environment.workspaces, tools.tools.length > 0),
      emit: (event) => {
        run.emit(event);
      },
    },
    signal,
  );
}

function timeLimit(timeoutMs: number | undefined): BridgeError {
  return new BridgeError(
    'limit-time',
    `The task was stopped after its time limit of ${String((timeoutMs ?? 0) / 1000)} s.`,
    {
      hint: 'Give it more time, or a smaller task.',
    },
  );
}

const LIMIT_MESSAGES: Readonly<Record<NonNullable<AgentOutcome['code']>, string>> = {
  'limit-rounds': 'The task was stopped: it used up its rounds.',
  'limit-tokens': 'The task was stopped: it used up its tokens.',
  'loop-detected': 'The task was stopped: the model made the same call again and again.',
};

/** The event stream of one run: time stamps, order, and the totals that the last event needs. */
class Run {
  readonly #start: number;
  /** Warnings from before `run_start`, which must come first. */
  #early: RunEvent[] | undefined = [];
  #text = '';
  #rounds = 0;
  #usage = NO_USAGE;

  constructor(
    private readonly clock: Clock,
    private readonly onEvent: (event: TaskEvent) => void,
  ) {
    this.#start = clock.now();
  }

  start(task: string, chosen: ChosenModel, toolbox: Toolbox): void {
    const early = this.#early ?? [];
    this.#early = undefined;
    this.emit({
      type: 'run_start',
      runId: randomUUID(),
      task,
      model: chosen.id,
      servers: toolbox.servers,
      toolCount: toolbox.tools.length,
      contextLength: chosen.contextLength,
      contextSource: chosen.contextSource,
    });
    for (const event of early) this.emit(event);
  }

  warn(code: string, message: string): void {
    this.emit({ type: 'warning', code, message });
  }

  emit(event: RunEvent): void {
    if (this.#early && event.type === 'warning') {
      this.#early.push(event);
      return;
    }
    if (event.type === 'round_start') {
      this.#rounds = event.round;
      this.#text = '';
    } else if (event.type === 'text_delta') {
      this.#text += event.text;
    } else if (event.type === 'retry') {
      this.#text = '';
    } else if (event.type === 'usage') {
      this.#usage = addUsage(this.#usage, event);
    }
    this.#send(event);
  }

  end(outcome: AgentOutcome): RunEnd {
    if (outcome.code !== null) {
      const hint = 'Look at what it did so far, then give it more room or a clearer task.';
      this.#send({ type: 'error', code: outcome.code, message: LIMIT_MESSAGES[outcome.code], hint });
    }
    return this.#finish(outcome.status, outcome.code);
  }

  fail(error: BridgeError): RunEnd {
    for (const event of this.#early ?? []) this.#send(event);
    this.#send({
      type: 'error',
      code: error.code,
      message: error.message,
      hint: error.hint ?? null,
      ...(error instanceof ModelNotFoundError
        ? { availableModels: error.availableModels, suggestions: error.suggestions }
        : {}),
    });
    return this.#finish(
      error.code === 'cancelled' ? 'cancelled' : error.code === 'limit-time' ? 'limit' : 'failed',
      error.code,
    );
  }

  #finish(status: RunStatus, code: ErrorCode | null): RunEnd {
    return this.#send({
      type: 'run_end',
      status,
      code,
      text: this.#text,
      rounds: this.#rounds,
      usage: {
        promptTokens: this.#usage.promptTokens,
        completionTokens: this.#usage.completionTokens,
        reasoningTokens: this.#usage.reasoningTokens,
      },
      durationMs: this.#now(),
    });
  }

  #now(): number {
    return Math.round(this.clock.now() - this.#start);
  }

  #send<T extends RunEvent>(event: T): T & { readonly at: number } {
    const stamped = { ...event, at: this.#now() };
    this.onEvent(stamped);
    return stamped;
  }
}
