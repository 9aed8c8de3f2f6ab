import { canonicalJson } from '../base/json';

/** After so many times the same call with the same result, the model is told. */
const WARN_AT = 3;
/** After so many, the next one is not run: the run is going round in circles. */
const STOP_AT = 5;

/** Notices a model that makes the same call again and again although the answer never changes. */
export class RepetitionGuard {
  #signature = '';
  #result = '';
  #count = 0;

  /** True where this call has been answered the same way too often already. */
  isLoop(name: string, args: unknown): boolean {
    return this.#count >= STOP_AT && this.#signature === canonicalJson([name, args]);
  }

  /** Records an answered call. Returns a note for the model when it should notice that it repeats itself. */
  record(name: string, args: unknown, result: string): string | undefined {
    const signature = canonicalJson([name, args]);
    const isRepeat = signature === this.#signature && result === this.#result;
    this.#signature = signature;
    this.#result = result;
    this.#count = isRepeat ? this.#count + 1 : 1;
    if (this.#count < WARN_AT) return undefined;
    return `[You have made this same call ${String(this.#count)} times in a row, with the same result. Do something else, or give your answer.]`;
  }
}
