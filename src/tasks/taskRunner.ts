/** One autonomous task from start to end: finds the model, opens the tools, runs the agent, ends what it started. */
import * as l10n from '@vscode/l10n';
import { randomUUID } from 'node:crypto';
import { setImmediate as turnOfEventLoop } from 'node:timers/promises';
import { abortReason, deadline, onAbort } from '../base/abort';
import type { Disposable } from '../base/disposable';
import { BridgeError, isBridgeError, toBridgeError } from '../base/errors';
import type { ChosenModel } from '../llm/lmstudio/selection';
import { selectServers } from '../mcp/discovery';
import type { ServerSpec } from '../mcp/serverSpec';
import { TaskInterruption } from './interruption';
import { beginJournal, endJournal } from './journaling';
import { ToldLines } from './journalTold';
import { makeReady } from './modelLoading';
import type { ReviewedToolbox } from './reviewedTools';
import type { TaskControl } from './runControl';
import { RunReport } from './runReport';
import type { TaskEnvironment } from './taskEnvironment';
import { openServers } from './taskServers';
import type { RunEnd, TaskEvent, TaskRequest } from './types';

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
  const told = new ToldLines(journal);
  const run = new RunReport(identity, environment.clock, (event) => {
    told.add(event);
    onEvent(event);
  });
  const limit = deadline(signal, request.timeoutMs, environment.clock, () => timeLimit(request.timeoutMs));
  const steering = environment.control?.onEvent((event) => {
    run.emit(event);
  });
  let toolbox: ReviewedToolbox | undefined;
  let using: Disposable | undefined;
  try {
    const [found, opened] = await prepare(request, specs, environment, run, limit.signal);
    toolbox = opened;
    // What the servers were started with is known only now: inputs that the person was asked for, files of variables.
    journal?.hide(opened.leases.flatMap(({ connection }) => connection.server.secrets));
    const warn = (code: string, message: string): void => {
      run.warn(code, message);
    };
    // After the servers: who says no to them shall not wait for a model, nor have it loaded.
    const chosen = await makeReady(found, environment.loading, warn, limit.signal);
    using = environment.loading?.lifecycle.hold(chosen.model.key);
    const { work } = await import('./taskWork');
    const outcome = await work({ request, chosen, specs, toolbox, environment, journal, run }, limit.signal);
    await toolbox.close();
    reportUnheard(environment.control, run);
    return await endJournal(journal, run, () => run.end(outcome, request));
  } catch (error) {
    await toolbox?.close();
    reportUnheard(environment.control, run);
    const failure = limit.signal.aborted ? abortReason(limit.signal) : toBridgeError(error);
    // A run that could not be taken up again is as it was before, and one that is broken off is to be taken up again.
    const isLeft = (resumed !== undefined && !run.hasStarted) || failure instanceof TaskInterruption;
    if (isLeft) told.stop();
    return await endJournal(isLeft || isBridgeError(failure, 'journal-failed') ? undefined : journal, run, () =>
      run.fail(failure),
    );
  } finally {
    steering?.dispose();
    using?.dispose();
    limit.dispose();
    if (!resumed) await journal?.close();
  }
}

/** Asks the model server and starts the MCP servers side by side; the failure of one ends the other. */
async function prepare(
  request: TaskRequest,
  specs: readonly ServerSpec[],
  environment: TaskEnvironment,
  run: RunReport,
  signal: AbortSignal,
): Promise<[ChosenModel, ReviewedToolbox]> {
  const stop = new AbortController();
  const listening = onAbort(signal, () => {
    stop.abort(abortReason(signal));
  });
  const both = stop.signal;
  const stopOther = (error: unknown): never => {
    stop.abort(toBridgeError(error));
    throw error;
  };
  const opening = openServers(request, specs, environment, run, both).catch(stopOther);
  // What fails before it is waited for below is no unhandled rejection.
  opening.catch(() => undefined);
  // Their processes start while we ask for the models, and load what that takes.
  if (specs.length > 0) await turnOfEventLoop();
  const choosing = environment.validator.choose(environment.modelKey ?? request.model, both).catch(stopOther);
  // While they start. What fails here fails again where it is needed.
  choosing
    .then(() => import('./taskWork'))
    .then(
      ({ getReady }) => getReady(),
      () => undefined,
    )
    .catch(() => undefined);
  const [chosen, opened] = await Promise.allSettled([choosing, opening]);
  listening.dispose();
  if (chosen.status === 'fulfilled' && opened.status === 'fulfilled') return [chosen.value, opened.value];
  if (opened.status === 'fulfilled') await opened.value.close();
  throw abortReason(both);
}

/** A message that came too late is not lost in silence. */
function reportUnheard(control: TaskControl | undefined, run: RunReport): void {
  for (const text of control?.takeUnheard() ?? []) {
    run.warn('message-unheard', l10n.t('The task ended before it read your message: {0}', text));
  }
}

function timeLimit(timeoutMs: number | undefined): BridgeError {
  return new BridgeError(
    'limit-time',
    l10n.t('The task was stopped after its time limit of {0} s.', (timeoutMs ?? 0) / 1000),
    {
      hint: l10n.t('Give it more time, or a smaller task.'),
    },
  );
}
