import { abortReason, onAbort } from './abort';
import { type Disposable, toDisposable } from './disposable';

/** One holder at a time for each key; who came first goes first. */
export class KeyedLock {
  readonly #waiting = new Map<string, (() => void)[]>();

  isHeld(key: string): boolean {
    return this.#waiting.has(key);
  }

  /** Waits until the key is free and holds it until the result is disposed. Throws the signal's reason when it fires first. */
  enter(key: string, signal: AbortSignal): Promise<Disposable> {
    if (signal.aborted) return Promise.reject(abortReason(signal));
    const queue = this.#waiting.get(key);
    if (!queue) {
      this.#waiting.set(key, []);
      return Promise.resolve(this.#leaving(key));
    }
    return new Promise((resolve, reject) => {
      const enter = (): void => {
        listening.dispose();
        resolve(this.#leaving(key));
      };
      const listening = onAbort(signal, () => {
        queue.splice(queue.indexOf(enter), 1);
        reject(abortReason(signal));
      });
      queue.push(enter);
    });
  }

  #leaving(key: string): Disposable {
    return toDisposable(() => {
      const next = this.#waiting.get(key)?.shift();
      if (next) next();
      else this.#waiting.delete(key);
    });
  }
}
