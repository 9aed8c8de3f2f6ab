import { abortReason, onAbort } from '../base/abort';
import type { Clock } from '../base/clock';
import { type Disposable, toDisposable } from '../base/disposable';
import { BridgeError } from '../base/errors';

/** A time-out that can start anew and stand still, together with the caller's signal. */
export class Patience implements Disposable {
  readonly #controller = new AbortController();
  readonly #listening: Disposable;
  #timer: Disposable | undefined;
  #holds = 0;
  #isOver = false;

  constructor(
    readonly ms: number,
    private readonly clock: Clock,
    parent: AbortSignal,
  ) {
    this.#listening = onAbort(parent, () => {
      this.#controller.abort(abortReason(parent));
    });
    this.renew();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  renew(): void {
    this.#timer?.dispose();
    if (this.#holds > 0) return;
    this.#timer = this.clock.after(this.ms, () => {
      this.#isOver = true;
      this.#controller.abort(new BridgeError('tool-timeout', 'The call took too long.'));
    });
  }

  /** No time passes until the result is disposed; then it starts anew. */
  hold(): Disposable {
    this.#holds++;
    this.#timer?.dispose();
    let isHeld = true;
    return toDisposable(() => {
      if (!isHeld) return;
      isHeld = false;
      this.#holds--;
      if (!this.#controller.signal.aborted) this.renew();
    });
  }

  dispose(): void {
    this.#timer?.dispose();
    this.#holds = Infinity;
    this.#listening.dispose();
  }
}
