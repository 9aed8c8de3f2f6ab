import type { TaskRequest } from './types';

export type RunLimits = Pick<TaskRequest, 'maxRounds' | 'maxTokens' | 'timeoutMs'>;

/** The limits of a task that somebody else has written: each counts where it is lower than the person's own. */
export function lowerLimits(
  wanted: { readonly [Limit in keyof RunLimits]?: RunLimits[Limit] | undefined },
  person: RunLimits,
): RunLimits {
  return {
    maxRounds: Math.min(wanted.maxRounds ?? person.maxRounds, person.maxRounds),
    maxTokens: lower(wanted.maxTokens, person.maxTokens),
    timeoutMs: lower(wanted.timeoutMs, person.timeoutMs),
  };
}

function lower(wanted: number | undefined, limit: number | undefined): number | undefined {
  return wanted === undefined || limit === undefined ? (wanted ?? limit) : Math.min(wanted, limit);
}
