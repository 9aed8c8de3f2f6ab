import type { Clock } from '../base/clock';
import type { Disposable } from '../base/disposable';

/** Does something again and again, each time `intervalMs` milliseconds after the last time ended. */
export class Poller implements Disposable {
  #timer: Disposable | undefined;
  #isWorking = false;
  #isDisposed = false;

  /** `work` must not throw. */
  constructor(
    private readonly work: () => Promise<unknown>,
    private readonly intervalMs: () => number,
    private readonly clock: Clock,
  ) {}

  /** Starts, or does now what would be due later: for when the pace has become faster. */
  wake(): void {
    this.#timer?.dispose();
    if (this.#isWorking || this.#isDisposed) return;
    this.#isWorking = true;
    void this.work().finally(() => {
      this.#isWorking = false;
      if (!this.#isDisposed) this.#timer = this.clock.after(this.intervalMs(), () => this.wake());
    });
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#timer?.dispose();
  }
}
