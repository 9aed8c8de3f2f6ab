/** Time as the simulator needs it, structurally the product's clock, so that one manual clock drives both sides of a test. */

export interface SimulatorClock {
  /** Milliseconds. */
  now(): number;
  /** Calls back once after `ms` milliseconds unless disposed before. */
  after(ms: number, callback: () => void): { dispose(): void };
}

/** The longest delay that Node's timers take; longer ones would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Milliseconds since 1970. Its timers keep no process alive. */
export const realClock: SimulatorClock = {
  now: () => Date.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, Math.min(ms, MAX_TIMER_MS)).unref();
    return { dispose: () => clearTimeout(timer) };
  },
};

/** Until the time is over or the signal fires; never rejects, and leaves no timer behind. */
export function sleep(clock: SimulatorClock, ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0 || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      timer.dispose();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = clock.after(ms, done);
    signal.addEventListener('abort', done, { once: true });
  });
}
