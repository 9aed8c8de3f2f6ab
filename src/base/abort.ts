import type { Clock } from './clock';
import { type Disposable, toDisposable } from './disposable';
import { BridgeError } from './errors';

/**
 * Cancellation convention of the house: an `AbortSignal` travels down every asynchronous call, and its `reason`
 * is a `BridgeError` that says why (`cancelled`, `limit-time` …). Whoever notices the abort throws that reason.
 */
export function abortReason(signal: AbortSignal): BridgeError {
  const reason: unknown = signal.reason;
  return reason instanceof BridgeError ? reason : new BridgeError('cancelled', 'Cancelled.', { cause: reason });
}

export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw abortReason(signal);
}

interface Waiting {
  readonly callbacks: Set<() => void>;
  readonly end: () => void;
}

/** One listener for each signal, however many wait for it: Node takes the eleventh for a leak, and says so on stderr. */
const waitingFor = new WeakMap<AbortSignal, Waiting>();

/** Calls back when the signal fires, at once where it has; not after it was disposed. `callback` must not throw. */
export function onAbort(signal: AbortSignal, callback: () => void): Disposable {
  if (signal.aborted) {
    callback();
    return toDisposable(() => undefined);
  }
  const { callbacks, end } = waitingFor.get(signal) ?? listenTo(signal);
  const own = (): void => {
    callback();
  };
  callbacks.add(own);
  return toDisposable(() => {
    // Node keeps a signal of `AbortSignal.any` in memory as long as somebody listens to it.
    if (callbacks.delete(own) && callbacks.size === 0) end();
  });
}

function listenTo(signal: AbortSignal): Waiting {
  const callbacks = new Set<() => void>();
  const fire = (): void => {
    end();
    for (const callback of callbacks) callback();
    callbacks.clear();
  };
  const end = (): void => {
    signal.removeEventListener('abort', fire);
    waitingFor.delete(signal);
  };
  const waiting = { callbacks, end };
  signal.addEventListener('abort', fire);
  waitingFor.set(signal, waiting);
  return waiting;
}

/** Settles as `work` does, or rejects with the abort reason as soon as the signal fires; `work` itself is not stopped. */
export function raceAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const listening = onAbort(signal, () => {
      reject(abortReason(signal));
    });
    work
      .finally(() => {
        listening.dispose();
      })
      .then(resolve, reject);
  });
}

/** Waits `ms` milliseconds, or throws the abort reason as soon as the signal fires. */
export function delay(ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
  let timer: Disposable | undefined;
  const waiting = new Promise<void>((resolve) => {
    timer = clock.after(ms, resolve);
  });
  return raceAbort(waiting, signal).finally(() => timer?.dispose());
}

export interface Deadline extends Disposable {
  /** Fires with the parent's reason, or with `onTimeout()` after the time is up. */
  readonly signal: AbortSignal;
}

/** A child of `parent` that also ends after `ms` milliseconds (`undefined`: never). Dispose it when the work is done. */
export function deadline(
  parent: AbortSignal,
  ms: number | undefined,
  clock: Clock,
  onTimeout: () => BridgeError,
): Deadline {
  const controller = new AbortController();
  const listening = onAbort(parent, () => {
    controller.abort(abortReason(parent));
  });
  const timer =
    ms === undefined
      ? undefined
      : clock.after(ms, () => {
          controller.abort(onTimeout());
        });
  return {
    signal: controller.signal,
    dispose() {
      listening.dispose();
      timer?.dispose();
    },
  };
}
