import type { Clock } from '../base/clock';
import type { Disposable } from '../base/disposable';

/** Servers that change several things at once say so several times. */
const QUIET_MS = 300;
/** A server that never stops saying it is asked again nevertheless. */
const MAX_WAIT_MS = 3000;

/** Reads a list again when its server says that it has changed: after a moment of quiet, and one reading at a time. */
export class ListWatch implements Disposable {
  #timer: Disposable | undefined;
  #firstAt: number | undefined;
  #isReading = false;
  #isDisposed = false;

  /** `read` must not throw. */
  constructor(
    private readonly clock: Clock,
    private readonly read: () => Promise<void>,
  ) {}

  /** The list is another one now. */
  touch(): void {
    if (this.#isDisposed) return;
    this.#firstAt ??= this.clock.now();
    if (this.#isReading) return;
    this.#timer?.dispose();
    const longest = this.#firstAt + MAX_WAIT_MS - this.clock.now();
    this.#timer = this.clock.after(Math.max(0, Math.min(QUIET_MS, longest)), () => void this.#read());
  }

  async #read(): Promise<void> {
    this.#firstAt = undefined;
    this.#isReading = true;
    await this.read();
    this.#isReading = false;
    if (this.#isTouched()) this.touch();
  }

  /** It changed while it was read. A method of its own, because the compiler does not see that. */
  #isTouched(): boolean {
    return this.#firstAt !== undefined;
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#timer?.dispose();
  }
}
