/** When a task is killed. The same seed gives the same moments; what the process has reached by then is up to the machine. */
import type { Random } from '../soak/random';

export const MOMENTS = ['start', 'prefill', 'stream', 'call', 'result', 'compaction', 'any'] as const;
export type Moment = (typeof MOMENTS)[number];

export interface KillPlan {
  readonly moment: Moment;
  /** Before the n-th event of that kind in the life of the process, from 1. */
  readonly nth: number;
  /** Milliseconds after it. */
  readonly delayMs: number;
  /** Afterwards the task is discarded instead of resumed. */
  readonly isDiscarded: boolean;
  /** How long the tool takes before and after its write, so that a kill can come on either side of it. */
  readonly beforeMs: number;
  readonly afterMs: number;
}

/** Every moment comes once before any comes twice. */
export function drawKill(index: number, random: Random): KillPlan {
  const moment = MOMENTS[index % MOMENTS.length] ?? 'any';
  // Node itself takes about this long until the task begins.
  const delayMs = random.below(moment === 'start' ? 600 : moment === 'any' ? 1_200 : moment === 'call' ? 120 : 12);
  return {
    moment,
    nth: 1 + random.below(4),
    delayMs,
    isDiscarded: random.chance(0.15),
    beforeMs: random.below(60),
    afterMs: random.below(60),
  };
}
