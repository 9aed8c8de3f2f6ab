import { canonicalJson } from '../base/json';

/** After so many results in a row that bring nothing new, the model is told. */
const WARN_AT = 6;
/** After so many, the run is stopped. */
const STOP_AT = 12;

/** What came of one call. */
export interface CallResult {
  readonly name: string;
  readonly arguments: unknown;
  readonly text: string;
  /** It failed, or can have changed nothing: the same text again is then no headway, whatever the arguments. */
  readonly isIdle: boolean;
}

/**
 * Notices a run that moves without getting on: every result has been seen before, although the calls differ. A tool
 * that says "ok" to each of twenty writes gets on; one that says "not found" to each of twenty names does not.
 */
export class HeadwayGuard {
  readonly #seen = new Set<string>();
  #idle = 0;

  /** Too many results in a row brought nothing new. */
  get isStuck(): boolean {
    return this.#idle >= STOP_AT;
  }

  /** Returns a note for the model when it should notice that it does not get on. */
  record({ name, arguments: args, text, isIdle }: CallResult): string | undefined {
    const call = canonicalJson([name, args, text]);
    const result = canonicalJson([name, text]);
    this.#idle = this.#seen.has(isIdle ? result : call) ? this.#idle + 1 : 0;
    this.#seen.add(call).add(result);
    if (this.#idle < WARN_AT) return undefined;
    return `[The last ${String(this.#idle)} results told you nothing new. Try something else, or give your answer.]`;
  }

  /** Somebody allowed the run to go on: it counts from the beginning. */
  forgive(): void {
    this.#idle = 0;
  }
}
