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

export function onAbort(signal: AbortSignal, callback: () => void): Disposable {
  if (signal.aborted) {
    callback();
    return toDisposable(() => undefined);
  }
  signal.addEventListener('abort', callback, { once: true });
  return toDisposable(() => {
    signal.removeEventListener('abort', callback);
  });
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
