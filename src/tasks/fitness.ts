/** The self-test of a model: five tiny tasks on an embedded MCP server, each with the agent that real tasks run on. */
import { runAgent } from '../agent/loop';
import { openingMessages } from '../agent/prompts';
import type { AgentOutcome, ChatModel, ToolSource } from '../agent/types';
import { deadline, throwIfAborted } from '../base/abort';
import { BridgeError, isBridgeError } from '../base/errors';
import type { Logger } from '../base/logger';
import type { ChosenModel } from '../llm/lmstudio/selection';
import { openSelfTest } from '../mcp/selfTestToolbox';
import { createUnattendedGate } from '../policy/gates';
import {
  judge,
  type Probe,
  type ProbeEnd,
  ProbeRecord,
  type ProbeResult,
  PROBES,
  TIME_IS_UP,
  verdictOf,
} from './fitnessProbes';
import { type FitnessProgress, type FitnessReport, subjectOf } from './fitnessReport';
import { makeReady } from './modelLoading';
import { type ModelNeeds, openModel } from './taskModel';

/** Milliseconds for all probes together; loading the model is not among them. */
export const DEFAULT_TIMEOUT_MS = 30_000;
/** Two are enough for most probes, three for the longest; the rest is for a mistake. */
const MAX_ROUNDS = 4;
const RESULT_CHARS = 2_000;

export interface FitnessEnvironment extends ModelNeeds {
  readonly logger: Logger;
  /** Of this product, as MCP servers are told. */
  readonly version: string;
  readonly today: () => Date;
  readonly timeoutMs: number;
  readonly onProgress: (progress: FitnessProgress) => void;
  readonly onWarning: (code: string, message: string) => void;
}

/**
 * Loads the model where it is not in memory, and tests it. That it cannot use tools is a result.
 *
 * @throws BridgeError where the server or the model is gone, so that nothing was learned; the signal's reason
 */
export async function testFitness(
  found: ChosenModel,
  environment: FitnessEnvironment,
  signal: AbortSignal,
): Promise<FitnessReport> {
  const { clock, logger, version, loading, onWarning } = environment;
  const toolbox = await openSelfTest(
    { host: { roots: { folders: [] } }, clock, logger, clientVersion: version },
    signal,
  );
  const using = loading?.lifecycle.hold(found.model.key);
  try {
    const isLoaded = found.model.instances?.length !== 0;
    if (!isLoaded) environment.onProgress({ step: 'loading' });
    const chosen = await makeReady(found, loading, onWarning, signal);
    const { model } = openModel(chosen, {}, environment, { warn: onWarning });
    if (chosen.model.instances?.length === 0) await awaken(model, signal);
    const start = clock.now();
    const probes = await runProbes(model, toolbox, environment, signal);
    return {
      ...subjectOf(chosen.model),
      verdict: verdictOf(probes),
      probes,
      durationMs: Math.round(clock.now() - start),
      testedAt: environment.today().toISOString(),
    };
  } finally {
    using?.dispose();
    await toolbox.close();
  }
}

/** A first request that LM Studio loads the model for, so that the load is not counted as the model's slowness. */
async function awaken(model: ChatModel, signal: AbortSignal): Promise<void> {
  const messages = [{ role: 'user', content: 'Say "ok".' }] as const;
  const answer = model.stream({ messages, tools: [] }, signal)[Symbol.asyncIterator]();
  await answer.next();
  await answer.return?.();
}

async function runProbes(
  model: ChatModel,
  tools: ToolSource,
  environment: FitnessEnvironment,
  signal: AbortSignal,
): Promise<readonly ProbeResult[]> {
  const { clock, timeoutMs, onProgress } = environment;
  const limit = deadline(signal, timeoutMs, clock, () => new BridgeError('limit-time', 'The time for the test is up.'));
  const results: ProbeResult[] = [];
  try {
    for (const [index, probe] of PROBES.entries()) {
      throwIfAborted(signal);
      const { name } = probe;
      if (limit.signal.aborted) {
        results.push({ name, ...TIME_IS_UP, recovered: 0, rounds: 0, durationMs: 0 });
        continue;
      }
      onProgress({ step: 'probe', name, number: index + 1, count: PROBES.length });
      results.push(await runProbe(probe, model, tools, environment, limit.signal));
    }
    return results;
  } finally {
    limit.dispose();
  }
}

async function runProbe(
  probe: Probe,
  model: ChatModel,
  tools: ToolSource,
  { clock, server }: FitnessEnvironment,
  signal: AbortSignal,
): Promise<ProbeResult> {
  const start = clock.now();
  const record = new ProbeRecord();
  const options = {
    ...{ model, tools, clock, gate: createUnattendedGate('all'), retry: server.policy.turns },
    limits: { maxRounds: MAX_ROUNDS, maxTokens: undefined },
    resultCharLimit: RESULT_CHARS,
    messages: openingMessages(probe.task, [], true),
    emit: record.add.bind(record),
  };
  const end = await endOf(runAgent(options, signal));
  return {
    name: probe.name,
    ...judge(
      probe,
      record,
      end,
      tools.tools.map(({ definition }) => definition.name),
    ),
    recovered: record.calls.filter(({ recovered }) => recovered).length,
    rounds: record.rounds,
    durationMs: Math.round(clock.now() - start),
  };
}

/** What the server cannot read or put into a template is the model's fault; every other failure says nothing about it. */
async function endOf(run: Promise<AgentOutcome>): Promise<ProbeEnd> {
  try {
    const { text } = await run;
    return { kind: 'answered', text };
  } catch (error) {
    if (isBridgeError(error, 'limit-time')) return { kind: 'time' };
    if (isBridgeError(error, 'bad-response')) return { kind: 'refused' };
    throw error;
  }
}
