import type { Clock } from './clock';
import type { Disposable } from './disposable';
import { Emitter } from './emitter';
import { BridgeError } from './errors';

export type BreakerState =
  | { readonly kind: 'closed' }
  /** `open`: everything is refused with `error` until `retryAt` on the clock. `half-open`: one request finds out. */
  | { readonly kind: 'open' | 'half-open'; readonly error: BridgeError; readonly retryAt: number };

export interface BreakerOptions {
  /** So many failures without a success between them open the breaker. */
  readonly failures: number;
  /** How long it stays open before a request is let through to find out. */
  readonly openMs: number;
}

/** A request that was let through. The first of its calls counts, the others do nothing. */
export interface Passage {
  /** The other side is there, whatever it said. */
  answered(): void;
  /** Counts where `isFailure` says so; any other `BridgeError` is an answer too. */
  failed(error: unknown): void;
  /** Given up by us: says nothing about the other side. */
  abandoned(): void;
}

/**
 * Keeps us from asking again and again what does not answer. Opens after some failures in a row, lets one request
 * through after a while, closes when that one is answered and opens again when it is not. A request that takes its
 * time to find out keeps the next one waiting no longer than the breaker stays open. Needs no timer: time counts when
 * somebody asks.
 */
export class CircuitBreaker implements Disposable {
  readonly #changed = new Emitter<BreakerState>();
  #state: BreakerState = { kind: 'closed' };
  #failures = 0;
  #probe: Passage | undefined;

  readonly onDidChange = this.#changed.event;

  constructor(
    private readonly options: BreakerOptions,
    private readonly tools: {
      readonly clock: Clock;
      readonly isFailure: (error: BridgeError) => boolean;
      /** What is thrown while the breaker is open, from the error that opened it and the milliseconds left. */
      readonly refuse: (error: BridgeError, waitMs: number) => BridgeError;
    },
  ) {}

  get state(): BreakerState {
    return this.#state;
  }

  /** @throws what `refuse` makes, while the breaker is open. Every passage must be ended by one of its calls. */
  enter(): Passage {
    const state = this.#state;
    if (state.kind === 'closed') return this.#passage();
    const { clock, refuse } = this.tools;
    if (clock.now() < state.retryAt) throw refuse(state.error, state.retryAt - clock.now());
    this.#probe = this.#passage();
    const passage = this.#probe;
    this.#become({ kind: 'half-open', error: state.error, retryAt: clock.now() + this.options.openMs });
    return passage;
  }

  /** Does one piece of work, or refuses to. */
  async run<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const passage = this.enter();
    try {
      const result = await work();
      passage.answered();
      return result;
    } catch (error) {
      if (signal.aborted) passage.abandoned();
      else passage.failed(error);
      throw error;
    }
  }

  /** The next request is let through now: for when a person asks, who may know that things have changed. */
  tryNow(): void {
    if (this.#state.kind !== 'closed') this.#become({ ...this.#state, kind: 'open', retryAt: this.tools.clock.now() });
  }

  dispose(): void {
    this.#changed.dispose();
  }

  #passage(): Passage {
    let isOver = false;
    const end = (how: () => void): void => {
      if (isOver) return;
      isOver = true;
      how();
    };
    const passage: Passage = {
      answered: () => {
        end(() => {
          this.#close();
        });
      },
      failed: (error) => {
        end(() => {
          if (!(error instanceof BridgeError)) this.#giveUp(passage);
          else if (this.tools.isFailure(error)) this.#fail(passage, error);
          else this.#close();
        });
      },
      abandoned: () => {
        end(() => {
          this.#giveUp(passage);
        });
      },
    };
    return passage;
  }

  /** Nothing was found out, so the next request may. */
  #giveUp(passage: Passage): void {
    if (this.#probe === passage) this.tryNow();
  }

  #close(): void {
    this.#failures = 0;
    this.#probe = undefined;
    if (this.#state.kind !== 'closed') this.#become({ kind: 'closed' });
  }

  #fail(passage: Passage, error: BridgeError): void {
    // What set out before the breaker opened says nothing that is not known.
    if (this.#state.kind !== 'closed' && this.#probe !== passage) return;
    this.#failures++;
    if (this.#state.kind === 'closed' && this.#failures < this.options.failures) return;
    this.#probe = undefined;
    this.#become({ kind: 'open', error, retryAt: this.tools.clock.now() + this.options.openMs });
  }

  #become(state: BreakerState): void {
    this.#state = state;
    this.#changed.fire(state);
  }
}
