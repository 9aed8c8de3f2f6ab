import { delay } from './abort';
import type { Clock } from './clock';
import { BridgeError } from './errors';

/** How often and how long to wait. Attempts count from 1, the first included. */
export interface BackoffOptions {
  readonly attempts: number;
  /** The first wait is anything up to this; each later one up to twice as much as the one before. */
  readonly baseMs: number;
  /** No wait of our own is longer. */
  readonly maxMs: number;
  /** A server that wants a longer wait than this is not asked again at all. */
  readonly maxRetryAfterMs: number;
}

/**
 * Port: whether something that failed is done again, and when. Decides by the error alone; the caller sees to it that
 * nothing is repeated after output or a cancel.
 */
export interface RetryPolicy {
  /** Whole milliseconds to wait after the failed `attempt` (from 1), or undefined where it stays failed. */
  delayAfter(error: BridgeError, attempt: number): number | undefined;
}

/**
 * Exponential back-off with full jitter: clients that failed together do not come back together.
 *
 * @param random from 0 to 1, as `Math.random` gives it
 * @param retryAfterMs what the server asked for: never less is waited
 * @returns whole milliseconds, or undefined where the attempts are used up or the server wants too long a wait
 */
export function backoff(
  attempt: number,
  options: BackoffOptions,
  random: () => number,
  retryAfterMs = 0,
): number | undefined {
  if (attempt >= options.attempts || retryAfterMs > options.maxRetryAfterMs) return undefined;
  const ceiling = Math.min(options.maxMs, options.baseMs * 2 ** (attempt - 1));
  return Math.round(Math.max(random() * ceiling, retryAfterMs));
}

export interface RetryOptions {
  readonly policy: RetryPolicy;
  readonly clock: Clock;
  /** Asked after each failure; false: not again, whatever the policy says. */
  readonly canRepeat?: () => boolean;
  /** Called before each wait. */
  readonly onRetry?: (error: BridgeError, attempt: number, delayMs: number) => void;
}

/** Does `work` until it succeeds or the policy gives up; then its last error is thrown. Never again after a cancel. */
export async function withRetry<T>(work: () => Promise<T>, options: RetryOptions, signal: AbortSignal): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const mayRepeat = !signal.aborted && error instanceof BridgeError && (options.canRepeat?.() ?? true);
      const delayMs = mayRepeat ? options.policy.delayAfter(error, attempt) : undefined;
      if (delayMs === undefined || !mayRepeat) throw error;
      options.onRetry?.(error, attempt, delayMs);
      await delay(delayMs, options.clock, signal);
    }
  }
}
