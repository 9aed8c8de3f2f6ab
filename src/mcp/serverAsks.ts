import { abortReason, onAbort } from '../base/abort';
import { type Disposable, toDisposable } from '../base/disposable';
import { BridgeError } from '../base/errors';
import type { Patience } from './patience';
import { RefusedRequest } from './refusedRequest';

/** A server that asks more at the same time wants to flood somebody. */
const MAX_ASKS = 8;

interface Ask {
  readonly controller: AbortController;
  /** It came while a call ran, so that it is most likely for that call. */
  readonly isInCall: boolean;
  readonly holds: Disposable[];
}

/**
 * What one server waits for of us (a person's answer, a model's), beside what we wait for of it. While it waits, the
 * time of our calls stands still: a person may think for as long as they like. When the last call has ended, nobody is
 * asked any longer for what came in a call.
 */
export class ServerAsks {
  readonly #calls = new Set<Patience>();
  readonly #asks = new Set<Ask>();

  /** Dispose the result when the call has ended. */
  call(patience: Patience): Disposable {
    this.#calls.add(patience);
    for (const { holds } of this.#asks) holds.push(patience.hold());
    return toDisposable(() => {
      this.#calls.delete(patience);
      if (this.#calls.size > 0) return;
      for (const { controller, isInCall } of this.#asks) {
        if (isInCall) controller.abort(new BridgeError('cancelled', 'The call that asked this has ended.'));
      }
    });
  }

  /** @throws RefusedRequest where too much is asked at once, or what `work` throws */
  async answer<T>(parent: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (this.#asks.size >= MAX_ASKS)
      throw new RefusedRequest('internal', `More than ${String(MAX_ASKS)} requests wait for an answer already.`);
    const ask: Ask = {
      controller: new AbortController(),
      isInCall: this.#calls.size > 0,
      holds: [...this.#calls].map((patience) => patience.hold()),
    };
    this.#asks.add(ask);
    const listening = onAbort(parent, () => {
      ask.controller.abort(abortReason(parent));
    });
    try {
      return await work(ask.controller.signal);
    } finally {
      listening.dispose();
      this.#asks.delete(ask);
      for (const hold of ask.holds) hold.dispose();
    }
  }

  /** The server is gone. */
  end(): void {
    for (const { controller } of this.#asks) {
      controller.abort(new BridgeError('cancelled', 'The server that asked this has ended.'));
    }
  }
}
