/** What a task waits for, in words that both eyes and ears can take. Pure. */

/** Shorter estimates are as good as none: the answer is there before they are read. */
const MIN_ESTIMATE_MS = 1_000;

/** `45 s`, `2 min 5 s`; whole seconds. */
export function formatSeconds(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  return seconds < 60 ? `${String(seconds)} s` : `${String(Math.floor(seconds / 60))} min ${String(seconds % 60)} s`;
}

/**
 * How far a wait is: `about 45 s`, `20 s of about 45 s`, `20 s` where there is no estimate or it is over; empty in the
 * first second. "About" is said of an estimate only.
 */
export function waitWords(elapsedMs: number, estimatedMs: number | null): string {
  const elapsed = elapsedMs < 1_000 ? '' : formatSeconds(elapsedMs);
  if (estimatedMs === null || estimatedMs < MIN_ESTIMATE_MS || elapsedMs >= estimatedMs) return elapsed;
  return `${elapsed && `${elapsed} of `}about ${formatSeconds(Math.ceil(estimatedMs / 1_000) * 1_000)}`;
}
