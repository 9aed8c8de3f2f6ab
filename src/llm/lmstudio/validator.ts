import { raceAbort, throwIfAborted } from '../../base/abort';
import type { Clock } from '../../base/clock';
import type { ErrorCode } from '../../base/errors';
import type { CatalogSnapshot, ModelCatalog } from './catalog';
import { type ChosenModel, chooseModel, findModel, isAnyModel, modelNotFound } from './selection';

/** How long a list of the server is believed. */
const FRESH_MS = 60_000;
/** A server that has just failed is not asked again by everyone who can do with what it said before. */
const PAUSE_AFTER_FAILURE_MS = 5_000;
/** The server's clear word, which no older list overrules. */
const FINAL: ReadonlySet<ErrorCode> = new Set(['auth-required', 'wrong-server', 'cancelled']);

export interface Validation {
  /** Undefined where no model was named: any will do. */
  readonly model: ChosenModel | undefined;
  /** The server cannot be asked now: this is what it said more than a minute ago. */
  readonly isStale: boolean;
}

const ANY_MODEL: Validation = { model: undefined, isStale: false };

/**
 * Tells whether a model exists before anything is sent to it. Any number of callers shares one question to the server,
 * and one that gives up does not end it for the others.
 */
export class ModelValidator {
  #failedAt = -Infinity;

  /** @param clock the catalog's */
  constructor(
    private readonly catalog: ModelCatalog,
    private readonly clock: Clock,
  ) {}

  /**
   * Finds a model by key, copy or variant. Undefined and "default" pass without a request; other names need one at most,
   * and none while the server's list is younger than a minute and has them.
   *
   * @throws ModelNotFoundError with what there is and the nearest names; the server's error where it cannot be asked and
   * nothing older is known of this model; the signal's reason
   */
  async validate(name: string | undefined, signal: AbortSignal): Promise<Validation> {
    throwIfAborted(signal);
    if (isAnyModel(name)) return ANY_MODEL;
    const known = findModel(this.catalog.snapshot.models, name);
    if (known && this.#isFresh()) return { model: known, isStale: false };
    if (known && this.clock.now() - this.#failedAt < PAUSE_AFTER_FAILURE_MS) return { model: known, isStale: true };
    return this.#ask(name, signal);
  }

  /**
   * The model for a task, with the context that it is loaded with now: always asks the server.
   *
   * @throws as `validate`, also the server's error, and `no-model` where no model is named and there is none
   */
  async choose(name: string | undefined, signal: AbortSignal): Promise<ChosenModel> {
    throwIfAborted(signal);
    return this.#choose(name, await raceAbort(this.catalog.refresh(), signal));
  }

  /** The same by a question of its own: an answer that is on its way can be older than what has just happened. */
  async chooseAnew(name: string, signal: AbortSignal): Promise<ChosenModel> {
    throwIfAborted(signal);
    return this.#choose(name, await raceAbort(this.catalog.refreshAnew(), signal));
  }

  #choose(name: string | undefined, { models, health }: CatalogSnapshot): ChosenModel {
    if (health.kind === 'offline') throw health.error;
    return chooseModel(models, name);
  }

  async #ask(name: string, signal: AbortSignal): Promise<Validation> {
    const { models, health } = await raceAbort(this.catalog.refresh(), signal);
    const model = findModel(models, name);
    if (health.kind === 'offline') {
      this.#failedAt = this.clock.now();
      if (model && !FINAL.has(health.error.code)) return { model, isStale: true };
      throw health.error;
    }
    if (!model) throw modelNotFound(models, name);
    return { model, isStale: false };
  }

  #isFresh(): boolean {
    const { listedAt } = this.catalog;
    return listedAt !== undefined && this.clock.now() - listedAt < FRESH_MS;
  }
}
