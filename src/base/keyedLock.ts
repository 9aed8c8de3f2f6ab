import { abortReason, onAbort } from './abort';
import { type Disposable, toDisposable } from './disposable';

interface Waiting {
  readonly enter: () => void;
  readonly moveTo: (place: number) => void;
}

/** One holder at a time for each key; who came first goes first. */
export class KeyedLock {
  readonly #queues = new Map<string, Waiting[]>();

  isHeld(key: string): boolean {
    return this.#queues.has(key);
  }

  /** Somebody waits for the holder to leave. */
  isAwaited(key: string): boolean {
    return (this.#queues.get(key)?.length ?? 0) > 0;
  }

  /**
   * Waits until the key is free and holds it until the result is disposed. Throws the signal's reason when it fires
   * first. `onQueued` is told the place in the queue, 1 for the next one, at once and whenever it changes; never where
   * the key is free.
   */
  enter(key: string, signal: AbortSignal, onQueued?: (place: number) => void): Promise<Disposable> {
    if (signal.aborted) return Promise.reject(abortReason(signal));
    const queue = this.#queues.get(key);
    if (!queue) {
      this.#queues.set(key, []);
      return Promise.resolve(this.#leaving(key));
    }
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        enter: () => {
          listening.dispose();
          resolve(this.#leaving(key));
        },
        moveTo: (place) => onQueued?.(place),
      };
      const listening = onAbort(signal, () => {
        const index = queue.indexOf(waiting);
        queue.splice(index, 1);
        reject(abortReason(signal));
        moveUp(queue, index);
      });
      queue.push(waiting);
      waiting.moveTo(queue.length);
    });
  }

  #leaving(key: string): Disposable {
    return toDisposable(() => {
      const queue = this.#queues.get(key) ?? [];
      const next = queue.shift();
      if (next) {
        next.enter();
        moveUp(queue, 0);
      } else {
        this.#queues.delete(key);
      }
    });
  }
}

/** Tells everyone from `index` on where they stand now. */
function moveUp(queue: readonly Waiting[], index: number): void {
  for (const [at, waiting] of queue.entries()) if (at >= index) waiting.moveTo(at + 1);
}
