/** One autonomous task from start to end: finds the model, opens the tools, runs the agent, ends what it started. */
import { randomUUID } from 'node:crypto';
import { runAgent } from '../agent/loop';
import { openingMessages } from '../agent/prompts';
import { DEFAULT_BYTES_PER_TOKEN } from '../agent/tokenCounter';
import type { AgentEvent, AgentOutcome, ApprovalGate, RunControl, ToolSource } from '../agent/types';
import { abortReason, deadline, onAbort } from '../base/abort';
import type { Clock } from '../base/clock';
import type { Disposable } from '../base/disposable';
import { BridgeError, isBridgeError, toBridgeError, ToolExecutionError } from '../base/errors';
import type { Logger } from '../base/logger';
import type { Fetch } from '../llm/http';
import { type ChosenModel, isAnswerOf } from '../llm/lmstudio/selection';
import type { ModelServer } from '../llm/lmstudio/server';
import { SpeedLedger } from '../llm/speedLedger';
import type { TokenLedger } from '../llm/tokenLedger';
import type { ModelValidator } from '../llm/lmstudio/validator';
import { type ChatOptions, createChatModel } from '../llm/wire/openaiChat';
import { SpeedMeter } from '../llm/wire/speedMeter';
import { type FoundServers, selectServers } from '../mcp/discovery';
import { formatOrigin, type ServerSpec } from '../mcp/serverSpec';
import { openToolbox, type Toolbox } from '../mcp/toolbox';
import type { Journal } from './journal';
import type { JournalStore, ResumedRun } from './journalStore';
import { beginJournal, endJournal, journalStart, takeUp } from './journaling';
import { resultCharLimit } from './limits';
import { inLane, type ModelLanes, type TurnPhase } from './modelLanes';
import { inGate, makeReady, type ModelLoading } from './modelLoading';
import { createTellingModel, type ProgressSources } from './modelProgress';
import type { AskFate } from './openCalls';
import { ownToolName, withOwnTools } from './ownTools';
import { ResultFiles } from './resultFiles';
import { RunReport } from './runReport';
import { TaskInterruption } from './interruption';
import { contextOf, createTaskContext } from './taskContext';
import { chooseForTask, type ToolChoice } from './toolChoice';
import { nearnessToTask, type ToolMeaning } from './toolEmbeddings';
import type { RunEnd, TaskEvent, TaskRequest } from './types';

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
  /** Asked where a run goes round in circles; absent: it is stopped. */
  readonly mayGoOn?: RunControl['mayGoOn'];
  /** Which of the servers about to be started may start; absent: all. */
  readonly consent?: (
    servers: readonly ServerSpec[],
    signal: AbortSignal,
  ) => Promise<{ readonly agreed: readonly ServerSpec[]; readonly refused: readonly ServerSpec[] }>;
  /** How fast the models are; learns from every turn. Absent: known for the run only. */
  readonly speed?: SpeedLedger;
  /** How long the tokens of the models are; learns from every turn. Absent: known for the run only. */
  readonly tokens?: TokenLedger;
  /** Called when a phase of a turn begins, with the model's key; the result is disposed when that phase is over. */
  readonly onPhase?: (modelKey: string, phase: TurnPhase) => Disposable;
  /** How models come into memory; absent: LM Studio loads just in time, and nobody else loads in this process. */
  readonly loading?: ModelLoading;
  /** Where progress of loads and prompts may come from; absent: nowhere, and the wire is `/v1/chat/completions` alone. */
  readonly progress?: ProgressSources;
  /** What helps to choose among too many tools by their meaning; absent: their words have to do. */
  readonly toolMeaning?: ToolMeaning;
  /** Where a new run is written down; absent: a crash loses it. */
  readonly journals?: JournalStore | undefined;
  /** A run that is taken up again. Whoever opened it closes its journal. */
  readonly resumed?: ResumedRun | undefined;
  /** Asks a person what became of a call that a crash has cut off. Absent: nobody is there, and the model has to find out. */
  readonly askFate?: AskFate | undefined;
}

/**
 * Runs a task and reports everything through `onEvent`, `run_end` last. It never throws once a first event could come:
 * how the run ended stands in the result.
 *
 * @throws ConfigurationError `usage` or `mcp-config` where the wanted servers do not exist, `journal-failed` where the
 * run cannot be written down: nothing was started or sent.
 */
export async function runTask(
  request: TaskRequest,
  environment: TaskEnvironment,
  onEvent: (event: TaskEvent) => void,
  signal: AbortSignal,
): Promise<RunEnd> {
  const specs = selectServers(environment.found, request.servers);
  const journal = await beginJournal(request, specs, environment);
  const { resumed } = environment;
  const identity = { runId: journal?.runId ?? randomUUID(), spent: resumed?.spent };
  const run = new RunReport(identity, environment.clock, onEvent);
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
    const { source, costs, warnings } = await chooseTools(request, chosen, toolbox, environment, limit.signal);
    run.start(request.task, chosen, toolbox, costs);
    for (const { code, message } of warnings) run.warn(code, message);
    journalStart(journal, request, environment, chosen, toolbox, costs.tokens);
    const outcome = await work(request, chosen, source, { ...environment, journal }, run, limit.signal);
    await toolbox.close();
    return await endJournal(journal, run, () => run.end(outcome));
  } catch (error) {
    await toolbox?.close();
    const failure = limit.signal.aborted ? abortReason(limit.signal) : toBridgeError(error);
    // A run that could not be taken up again is as it was before, and one that is broken off is to be taken up again.
    const isLeft = (resumed !== undefined && !run.hasStarted) || failure instanceof TaskInterruption;
    return await endJournal(isLeft || isBridgeError(failure, 'journal-failed') ? undefined : journal, run, () =>
      run.fail(failure),
    );
  } finally {
    using?.dispose();
    limit.dispose();
    if (!resumed) await journal?.close();
  }
}

function chooseTools(
  { task, tools = [] }: TaskRequest,
  chosen: ChosenModel,
  toolbox: Toolbox,
  { server, fetch, clock, lanes, tokens, toolMeaning }: TaskEnvironment,
  signal: AbortSignal,
): Promise<ToolChoice> {
  const wire = { address: server.address, fetch, clock };
  return chooseForTask(toolbox, {
    task,
    names: tools,
    contextLength: chosen.contextLength,
    // What a model could be loaded with says nothing of what it will be loaded with.
    isLoaded: chosen.contextSource === 'loaded-instance',
    charsPerToken: tokens?.bytesPerToken(chosen.model.key) ?? DEFAULT_BYTES_PER_TOKEN,
    maxChars: charLimitOf(chosen, tokens),
    nearness: async (all) => toolMeaning && nearnessToTask(task, all, toolMeaning, wire, lanes, signal),
  });
}

/** Asks the model server and starts the MCP servers side by side; the failure of one ends the other. */
async function prepare(
  request: TaskRequest,
  specs: readonly ServerSpec[],
  environment: TaskEnvironment,
  run: RunReport,
  signal: AbortSignal,
): Promise<[ChosenModel, Toolbox]> {
  const stop = new AbortController();
  const listening = onAbort(signal, () => {
    stop.abort(abortReason(signal));
  });
  const both = stop.signal;
  const stopOther = (error: unknown): never => {
    stop.abort(toBridgeError(error));
    throw error;
  };
  // The servers first: their processes start while we ask for the models.
  const opening = openServers(request, specs, environment, run, both).catch(stopOther);
  const choosing = environment.validator.choose(request.model, both).catch(stopOther);
  const [chosen, opened] = await Promise.allSettled([choosing, opening]);
  listening.dispose();
  if (chosen.status === 'fulfilled' && opened.status === 'fulfilled') return [chosen.value, opened.value];
  if (opened.status === 'fulfilled') await opened.value.close();
  throw abortReason(both);
}

async function openServers(
  request: TaskRequest,
  specs: readonly ServerSpec[],
  environment: TaskEnvironment,
  run: RunReport,
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

function reportProblems(found: FoundServers, run: RunReport): void {
  for (const { severity, message, ...origin } of found.diagnostics) {
    if (severity !== 'info') run.warn('mcp-config', `${formatOrigin(origin)}:${String(origin.column)}: ${message}`);
  }
}

async function work(
  request: TaskRequest,
  chosen: ChosenModel,
  toolbox: ToolSource,
  environment: TaskEnvironment & { readonly journal: Journal | undefined },
  run: RunReport,
  signal: AbortSignal,
): Promise<AgentOutcome> {
  const { server, fetch, lanes, clock, logger, gate, onPhase, loading, progress, validator, tokens, mayGoOn } =
    environment;
  const charLimit = charLimitOf(chosen, tokens);
  const toolName = ownToolName('read_result', toolbox.tools);
  const results = new ResultFiles({ toolName, pageLength: charLimit, lasting: environment.journal, logger });
  const tools = toolbox.tools.length === 0 ? toolbox : withOwnTools(toolbox, [results.tool]);
  const options: ChatOptions = {
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
    toolCalls: request.toolCalls ?? 'auto',
    isTrainedForTools: chosen.model.toolUse,
  };
  const opening = () => openingMessages(request.task, environment.workspaces, tools.tools.length > 0);
  const takenUp = await takeUp(opening, environment, run, signal);
  if (takenUp.outcome) return takenUp.outcome;
  const model = progress ? createTellingModel(options, chosen, progress) : createChatModel(options);
  const gated = loading ? inGate(model, loading.lifecycle, chosen.model.key) : model;
  const laned = inLane(
    server.policy.guard(gated),
    lanes,
    server.address.root,
    onPhase && ((phase) => onPhase(chosen.model.key, phase)),
  );
  const emit = (event: AgentEvent): void => {
    run.emit(event);
  };
  const running = runAgent(
    {
      model: laned,
      context: createTaskContext(chosen, { model: laned, validator, tokens, results, emit }),
      tools,
      gate,
      control: mayGoOn && { next: () => Promise.resolve([]), mayGoOn },
      clock,
      retry: server.policy.turns,
      limits: { maxRounds: request.maxRounds, maxTokens: request.maxTokens },
      resultCharLimit: charLimit,
      seesImages: chosen.model.vision === true,
      results,
      messages: takenUp.messages,
      spent: environment.resumed?.spent,
      journal: environment.journal,
      emit,
    },
    signal,
  );
  let isOver = false;
  try {
    const outcome = await running;
    isOver = true;
    return outcome;
  } finally {
    await results.dispose(isOver);
  }
}

function charLimitOf(chosen: ChosenModel, tokens: TokenLedger | undefined): number {
  return resultCharLimit(contextOf(chosen).limit, tokens?.bytesPerToken(chosen.model.key));
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
