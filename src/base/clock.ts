import { type Disposable, toDisposable } from './disposable';

/** Time as a dependency, so that every time-out can be tested without waiting. */
export interface Clock {
  /** Milliseconds on a monotonic scale with an arbitrary origin. */
  now(): number;
  /** Calls back once after `ms` milliseconds unless disposed before. */
  after(ms: number, callback: () => void): Disposable;
}

/** The longest delay that Node's timers take; longer ones would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Calls back every `ms` milliseconds until disposed. */
export function every(ms: number, clock: Clock, callback: () => void): Disposable {
  let timer = clock.after(ms, tick);
  function tick(): void {
    timer = clock.after(ms, tick);
    callback();
  }
  return toDisposable(() => {
    timer.dispose();
  });
}

/**
 * As `clock.after`, for what gives something up: where this process stood still meanwhile, what has come in time is heard
 * first. A timer that is late fires before all that came in the meantime.
 */
export function afterHearing(ms: number, clock: Clock, callback: () => void): Disposable {
  let turn: NodeJS.Immediate | undefined;
  const timer = clock.after(ms, () => {
    turn = setImmediate(callback);
  });
  return toDisposable(() => {
    timer.dispose();
    clearImmediate(turn);
  });
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, Math.min(ms, MAX_TIMER_MS));
    return toDisposable(() => {
      clearTimeout(timer);
    });
  },
};
