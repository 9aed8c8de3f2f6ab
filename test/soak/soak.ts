/**
 * A thousand requests of every kind, with every fault, and what is left of them: nothing. The seed repeats the requests,
 * their faults and their cancels; who comes first on the sockets is up to the machine.
 */
import { BridgeError } from '../../src/base/errors';
import { SoakClient } from './client';
import type { Counts } from './counts';
import { CountingClock, lasting, resources, surplus } from './leaks';
import { type Cancel, drawPlans, type Kind, type Plan } from './plan';
import { Random } from './random';
import { SoakServer } from './soakServer';

/** Requests under way at a time. */
const WORKERS = 6;
const STOP = new BridgeError('cancelled', 'Stopped by the soak.');

export interface SoakReport {
  readonly seed: number;
  /** By kind, how they ended: `ok` or the code of the error. */
  readonly outcomes: ReadonlyMap<Kind, ReadonlyMap<string, number>>;
  /** The faults that were played, by the request that met them. */
  readonly faults: Counts;
  /** What arrived at the simulator. */
  readonly httpRequests: number;
  /** Everything that must not be, in a line each; empty where all is well. */
  readonly problems: readonly string[];
}

export async function soak(options: { readonly requests: number; readonly seed: number }): Promise<SoakReport> {
  const { seed } = options;
  const plans = drawPlans(options.requests, new Random(seed));
  const problems: string[] = [];
  const onRejection = (reason: unknown): void => void problems.push(`unhandled rejection: ${describe(reason)}`);
  process.on('unhandledRejection', onRejection);
  const outcomes = new Map<Kind, Map<string, number>>();
  const before = resources();
  const clock = new CountingClock();
  const server = await SoakServer.start(new Random(seed + 1));
  const client = new SoakClient(server.url, clock, new Random(seed + 2).next);
  try {
    const queue = plans.entries();
    const work = async (): Promise<void> => {
      for (const [index, plan] of queue) {
        const outcome = await (plan.kind === 'restart' ? server.restart().then(() => 'ok') : ask(client, plan)).catch(
          (error: unknown) => {
            problems.push(
              ...judge(error).map((problem) => `request ${String(index)} ${JSON.stringify(plan)}: ${problem}`),
            );
            return error instanceof BridgeError ? error.code : 'unclassified';
          },
        );
        count(outcomes, plan.kind, outcome);
        // As the editor's polling does: without it, one death would fail everything that is left.
        if (outcome === 'server-unreachable') await server.isBack.then(() => client.refresh());
      }
    };
    await Promise.all(Array.from({ length: WORKERS }, work));
    client.dispose();
    // While the server still runs: its end would close what we forgot.
    const alive = await lasting(() => [
      ...surplus(before, resources(), ['TCPServerWrap']),
      ...(clock.pending > 0 ? [`${String(clock.pending)} timers of ours`] : []),
    ]);
    problems.push(...alive.map((what) => `left over while the server runs: ${what}`));
  } finally {
    client.dispose();
    await server.close();
    process.off('unhandledRejection', onRejection);
  }
  problems.push(...(await lasting(() => surplus(before, resources()))).map((what) => `left over at the end: ${what}`));
  return { seed, outcomes, faults: server.faults, httpRequests: server.requests, problems };
}

/** Sends one request, and cancels it at its moment. */
export async function ask(client: SoakClient, plan: Plan): Promise<string> {
  const controller = new AbortController();
  const { cancel } = plan;
  const cancelling = typeof cancel === 'number' ? afterTurns(cancel, () => controller.abort(STOP)) : undefined;
  try {
    await client.perform(plan, controller.signal, ({ phase }) => {
      if (isMoment(cancel, phase)) setImmediate(() => controller.abort(STOP));
    });
    return 'ok';
  } finally {
    if (cancelling) cancelling.isOver = true;
  }
}

function isMoment(cancel: Cancel | undefined, phase: string): boolean {
  return cancel === phase;
}

function afterTurns(turns: number, callback: () => void): { isOver: boolean } {
  const state = { isOver: false };
  const step = (left: number): void => {
    if (state.isOver) return;
    if (left === 0) callback();
    else setImmediate(step, left - 1);
  };
  step(turns);
  return state;
}

/** What is wrong with an error; a defect of the simulator must not pass for a fault of LM Studio. */
function judge(error: unknown): string[] {
  if (!(error instanceof BridgeError) || error.code === 'internal') return [`unclassified: ${describe(error)}`];
  if (error.code === 'cancelled' && error !== STOP) return [`cancelled for another reason: ${describe(error)}`];
  if (error.message.includes('Simulator:')) return [`a defect of the simulator: ${error.message}`];
  return [];
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function count(outcomes: Map<Kind, Map<string, number>>, kind: Kind, outcome: string): void {
  const codes = outcomes.get(kind) ?? new Map<string, number>();
  codes.set(outcome, (codes.get(outcome) ?? 0) + 1);
  outcomes.set(kind, codes);
}
