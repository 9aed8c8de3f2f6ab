import type { Clock } from '../base/clock';
import type { Disposable } from '../base/disposable';

/** Does something soon after it was asked for, but not more often than once in an interval. */
export class Throttle implements Disposable {
  #timer: Disposable | undefined;
  #last = -Infinity;

  constructor(
    private readonly clock: Clock,
    /** Milliseconds. */
    private readonly interval: () => number,
    private readonly run: () => void,
  ) {}

  ask(): void {
    if (this.#timer) return;
    const wait = this.#last + this.interval() - this.clock.now();
    if (wait <= 0) this.flush();
    else this.#timer = this.clock.after(wait, () => this.flush());
  }

  /** At once. */
  flush(): void {
    this.dispose();
    this.#last = this.clock.now();
    this.run();
  }

  dispose(): void {
    this.#timer?.dispose();
    this.#timer = undefined;
  }
}
