/** One autonomous task from start to end: finds the model, opens the tools, runs the agent, ends what it started. */
import { runAgent } from '../agent/loop';
import { openingMessages } from '../agent/prompts';
import type { AgentOutcome, ApprovalGate, ToolSource } from '../agent/types';
import { abortReason, deadline, onAbort } from '../base/abort';
import type { Disposable } from '../base/disposable';
import { BridgeError, toBridgeError, ToolExecutionError } from '../base/errors';
import type { Logger } from '../base/logger';
import type { ChosenModel } from '../llm/lmstudio/selection';
import { type FoundServers, selectServers } from '../mcp/discovery';
import { formatOrigin, type ServerSpec } from '../mcp/serverSpec';
import { openToolbox, type Toolbox } from '../mcp/toolbox';
import { resultCharLimit } from './limits';
import { makeReady } from './modelLoading';
import type { TaskControl } from './runControl';
import { RunReport } from './runReport';
import { type ModelNeeds, openModel } from './taskModel';
import type { RunEnd, TaskEvent, TaskRequest } from './types';

/** What a door lends to its tasks. */
export interface TaskEnvironment extends ModelNeeds {
  readonly logger: Logger;
  /** Of this product, as MCP servers are told. */
  readonly version: string;
  /** Absolute paths, the main one first. */
  readonly workspaces: readonly string[];
  readonly found: FoundServers;
  readonly gate: ApprovalGate;
  /** Which of the servers about to be started may start; absent: all. */
  readonly consent?: (
    servers: readonly ServerSpec[],
    signal: AbortSignal,
  ) => Promise<{ readonly agreed: readonly ServerSpec[]; readonly refused: readonly ServerSpec[] }>;
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
  const run = new RunReport(environment.clock, onEvent);
  const limit = deadline(signal, request.timeoutMs, environment.clock, () => timeLimit(request.timeoutMs));
  const steering = environment.control?.onEvent((event) => {
    run.emit(event);
  });
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
    reportUnheard(environment.control, run);
    return run.end(outcome);
  } catch (error) {
    await toolbox?.close();
    reportUnheard(environment.control, run);
    return run.fail(limit.signal.aborted ? abortReason(limit.signal) : toBridgeError(error));
  } finally {
    steering?.dispose();
    using?.dispose();
    limit.dispose();
  }
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
  tools: ToolSource,
  environment: TaskEnvironment,
  run: RunReport,
  signal: AbortSignal,
): Promise<AgentOutcome> {
  const { server, clock, gate, control } = environment;
  const warn = (code: string, message: string): void => {
    run.warn(code, message);
  };
  return runAgent(
    {
      ...openModel(chosen, environment, warn),
      tools,
      gate,
      control,
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

/** A message that came too late is not lost in silence. */
function reportUnheard(control: TaskControl | undefined, run: RunReport): void {
  for (const text of control?.takeUnheard() ?? []) {
    run.warn('message-unheard', `The task ended before it read your message: ${text}`);
  }
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
