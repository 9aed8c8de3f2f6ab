import { raceAbort, throwIfAborted } from '../../base/abort';

/** Lets one modal dialog through at a time: a native dialog cannot be closed by us, so the next one waits for its end. */
export class ModalQueue {
  #last: Promise<unknown> = Promise.resolve();

  show<T>(open: () => PromiseLike<T>, signal: AbortSignal): Promise<T> {
    const turn = this.#last.then(() => {
      throwIfAborted(signal);
      return open();
    });
    this.#last = turn.catch(() => undefined);
    return raceAbort(turn, signal);
  }
}
