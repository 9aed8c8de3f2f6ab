import { canonicalJson } from '../base/json';

/** After so many times the same with the same result, the model is told. */
const WARN_AT = 3;
/** After so many, the next one is not run: the run is going round in circles. */
const STOP_AT = 5;
/** Longest circle that is noticed: A-B-C-D-A-B-C-D. */
const MAX_PERIOD = 4;

interface Answered {
  readonly call: string;
  readonly result: string;
}

/** Notices a model that makes the same call, or the same few calls in turn, again and again with the same results. */
export class RepetitionGuard {
  #history: Answered[] = [];

  /** True where this call would go on with a circle that has been closed too often already. */
  isLoop(name: string, args: unknown): boolean {
    const call = canonicalJson([name, args]);
    return this.#periods().some(
      (period) => this.#repeats(period) >= STOP_AT && this.#history.at(-period)?.call === call,
    );
  }

  /** Records an answered call. Returns a note for the model when it should notice that it repeats itself. */
  record(name: string, args: unknown, result: string): string | undefined {
    this.#history.push({ call: canonicalJson([name, args]), result });
    if (this.#history.length > MAX_PERIOD * (STOP_AT + 1)) this.#history.shift();
    const count = Math.max(...this.#periods().map((period) => this.#repeats(period)));
    if (count < WARN_AT) return undefined;
    return `[You have made the same call or calls ${String(count)} times in a row, with the same result. Do something else, or give your answer.]`;
  }

  /** Somebody allowed the run to go on: it counts from the beginning. */
  forgive(): void {
    this.#history = [];
  }

  #periods(): readonly number[] {
    return Array.from({ length: MAX_PERIOD }, (_, index) => index + 1);
  }

  /** How many times the last `period` entries stand at the end of the history, one after the other. */
  #repeats(period: number): number {
    const { length } = this.#history;
    let same = 0;
    while (same < length - period && this.#isSame(length - 1 - same, length - 1 - same - period)) same++;
    return length < period ? 0 : Math.floor(same / period) + 1;
  }

  #isSame(a: number, b: number): boolean {
    const [one, other] = [this.#history[a], this.#history[b]];
    return one?.call === other?.call && one?.result === other?.result;
  }
}
