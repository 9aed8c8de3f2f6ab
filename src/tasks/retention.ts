/** Which journals of ended runs go. Pure. */

/** Of journals that ended; a run that goes on or was interrupted is never thrown away unasked. */
export interface Retention {
  readonly maxCount: number;
  readonly maxAgeMs: number;
  readonly maxBytes: number;
}

const DAY_MS = 24 * 60 * 60 * 1_000;

export const DEFAULT_RETENTION: Retention = { maxCount: 50, maxAgeMs: 30 * DAY_MS, maxBytes: 200_000_000 };

export function retention(maxCount: number, maxDays: number): Retention {
  return { ...DEFAULT_RETENTION, maxCount, maxAgeMs: maxDays * DAY_MS };
}

export interface EndedRun {
  readonly runId: string;
  /** Milliseconds since 1970. */
  readonly endedAt: number;
  readonly bytes: number;
}

/** The runs whose journals are too many, too old or too large together: the oldest first. */
export function outdated(ended: readonly EndedRun[], limits: Retention, now: number): readonly EndedRun[] {
  const newestFirst = [...ended].sort((a, b) => b.endedAt - a.endedAt);
  let bytes = 0;
  const firstToGo = newestFirst.findIndex((run, index) => {
    bytes += run.bytes;
    return index >= limits.maxCount || bytes > limits.maxBytes || now - run.endedAt > limits.maxAgeMs;
  });
  return firstToGo < 0 ? [] : newestFirst.slice(firstToGo).reverse();
}
