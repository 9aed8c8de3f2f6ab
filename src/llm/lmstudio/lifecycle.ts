import * as l10n from '@vscode/l10n';
import { raceAbort, throwIfAborted } from '../../base/abort';
import type { Clock } from '../../base/clock';
import { type Disposable, toDisposable } from '../../base/disposable';
import { BridgeError, isBridgeError, ModelNotFoundError, toBridgeError } from '../../base/errors';
import { KeyedLock } from '../../base/keyedLock';
import type { ModelActivity } from './activity';
import type { CatalogModel, CatalogSnapshot, ModelCatalog } from './catalog';
import { loadFailure } from './loadFailure';
import { describeDifference, type LoadOptions } from './loadOptions';
import type { LoadedModel } from './server';

/** What a load came to. */
export interface LoadOutcome extends LoadedModel {
  /** It was in memory before; nothing was loaded. */
  readonly wasLoaded: boolean;
  /** Where it is other than asked, as a part of a sentence; undefined: nowhere. */
  readonly difference: string | undefined;
  /**
   * Copies in memory afterwards, as the list says. More than one after a load: another program loaded it at the same
   * time. None: it was pushed out again before anybody could use it.
   */
  readonly copies: number;
}

/** A load of ours that the server has not answered yet. */
export interface LoadUnderWay {
  readonly key: string;
  /** On the clock's scale. There is no progress to be had, only the time (reference 2.3). */
  readonly startedAt: number;
}

interface OwnLoad extends LoadUnderWay {
  isWanted: boolean;
  /** Shows it in the list. */
  mark?: Disposable;
}

/** Whatever a model does besides these is work for somebody. */
const AT_REST: readonly ModelActivity[] = ['idle', 'not-loaded', 'unknown', 'loading', 'cancelling', 'unloading'];

/**
 * Loading and unloading on one server, so that no race of ours ever makes a second copy: a load, and a chat request
 * that could load just in time, go through one gate for each model. Remembers which copies are of our making.
 */
export class ModelLifecycle implements Disposable {
  readonly #gates = new KeyedLock();
  /** Apart from the gates: a model that reads a long prompt can be unloaded. */
  readonly #unloads = new KeyedLock();
  readonly #following: Disposable;
  readonly #loading = new Map<string, OwnLoad>();
  /** Instance ids of our making, with their keys. */
  readonly #owned = new Map<string, string>();
  readonly #inUse = new Map<string, number>();
  readonly #ended = new AbortController();

  constructor(
    private readonly catalog: ModelCatalog,
    private readonly clock: Clock,
  ) {
    this.#following = catalog.onDidChange(() => this.#forgetGone(catalog.snapshot));
  }

  /** Without those that are of no use to anybody. */
  get loading(): readonly LoadUnderWay[] {
    const wanted = [...this.#loading.values()].filter(({ isWanted }) => isWanted);
    return wanted.map(({ key, startedAt }) => ({ key, startedAt }));
  }

  /** The copies in memory that this object loaded, as far as the last list goes. */
  get owned(): readonly { readonly key: string; readonly instanceId: string }[] {
    return [...this.#owned].map(([instanceId, key]) => ({ key, instanceId }));
  }

  /**
   * Loads a model unless a copy is in memory already. Of several callers one loads, and the others get the same copy;
   * where that load fails, the next one tries.
   *
   * An abort only ends the waiting: LM Studio goes on loading, so the gate stays closed and the model is shown as
   * loading until it has answered (reference 2.3).
   *
   * @throws ModelNotFoundError, ModelValidationError `insufficient-memory` or `model-load-failed` that names the model,
   *   LLMClientError `bad-response` where this LM Studio does not know an option, or what `ModelServer` throws
   */
  async load(key: string, options: LoadOptions, signal: AbortSignal): Promise<LoadOutcome> {
    const gate = await this.enter(key, signal);
    const work = this.#loadInGate(key, options, signal).finally(() => {
      gate.dispose();
    });
    return raceAbort(work, signal);
  }

  /**
   * Says that the load of a model is not wanted any more; call it after the load's own abort. Nothing stops a load in
   * LM Studio, and only its answer tells which copy is ours (reference 2.3): so the request stays open, and its copy is
   * unloaded as soon as it is there. Where that fails, the list shows the copy.
   *
   * `no-load`: none of ours is under way. `wanted`: somebody else waits for it, so it stays, as it does for whoever asks
   * for it before its end.
   */
  discard(key: string): 'unloads' | 'wanted' | 'no-load' {
    const load = this.#loading.get(key);
    if (!load) return 'no-load';
    if (this.#gates.isAwaited(key)) return 'wanted';
    if (load.isWanted) this.#show(load, false);
    return 'unloads';
  }

  /** Takes a copy out of memory. A copy that is gone already is as good. */
  async unload(key: string, instanceId: string, signal: AbortSignal): Promise<void> {
    const turn = await this.#unloads.enter(key, signal);
    const mark = this.catalog.markActivity(key, 'unloading');
    try {
      await this.catalog.server.unload(instanceId, signal);
    } catch (error) {
      const { models } = await this.catalog.refreshAnew();
      const isGone = !models.some(({ instances }) => instances?.some(({ id }) => id === instanceId));
      if (!isBridgeError(error, 'model-not-found') || !isGone) throw error;
    } finally {
      // The mark stays until the list is new, or views would show the old state once more in between.
      await this.catalog.refreshAnew();
      mark.dispose();
      turn.dispose();
    }
  }

  /** Unloads what this object loaded, except what is in use. The ids of the copies that are gone now. */
  async unloadOwned(signal: AbortSignal): Promise<readonly string[]> {
    await this.catalog.refreshAnew();
    const idle = this.owned.filter(({ key }) => !this.isInUse(key));
    for (const { key, instanceId } of idle) await this.unload(key, instanceId, signal);
    return idle.map(({ instanceId }) => instanceId);
  }

  /**
   * To be held by a request that can load the model just in time, from its start to its first output: two such
   * requests, or one and a load, would make two copies (reference 2.9). Throws the signal's reason.
   */
  enter(key: string, signal: AbortSignal): Promise<Disposable> {
    const load = this.#loading.get(key);
    if (load && !load.isWanted && !signal.aborted) this.#show(load, true);
    return this.#gates.enter(key, signal);
  }

  /** Says that a task works with a model, also between its requests, until disposed. */
  hold(key: string): Disposable {
    this.#inUse.set(key, (this.#inUse.get(key) ?? 0) + 1);
    return toDisposable(() => {
      this.#inUse.set(key, (this.#inUse.get(key) ?? 1) - 1);
    });
  }

  /** True where a task of ours works with it, or it is known to be working for anybody. */
  isInUse(key: string): boolean {
    return (this.#inUse.get(key) ?? 0) > 0 || !AT_REST.includes(this.#find(key)?.activity ?? 'unknown');
  }

  /**
   * Models in use that a just-in-time load of `key` can push out of memory: LM Studio keeps one such model, also where
   * it is working (reference 2.9). What we loaded by request stays, and what is known to have no time to live.
   *
   * @param isUsed default: what is known in this process; a process of its own knows nothing of others
   */
  evictedBy(key: string, isUsed = (other: string): boolean => this.isInUse(other)): readonly CatalogModel[] {
    const { models } = this.catalog.snapshot;
    if ((this.#find(key)?.instances?.length ?? 0) > 0) return [];
    return models.filter(
      (model) =>
        model.key !== key &&
        isUsed(model.key) &&
        (model.instances ?? []).some(({ id, ttlMs }) => ttlMs !== null && !this.#owned.has(id)),
    );
  }

  /** Ends the waiting for loads; LM Studio may finish them. */
  dispose(): void {
    this.#ended.abort(new BridgeError('cancelled', l10n.t('The connection to the server was closed.')));
    this.#following.dispose();
  }

  async #loadInGate(key: string, options: LoadOptions, signal: AbortSignal): Promise<LoadOutcome> {
    (await this.#unloads.enter(key, signal)).dispose();
    // Not `refresh`: an answer that is on its way may be older than the last load.
    const before = await this.catalog.refreshAnew();
    throwIfAborted(signal);
    if (before.health.kind === 'offline') throw before.health.error;
    const model = findModel(before, key);
    if (!model) throw notFound(before, key);
    const present = model.instances?.[0];
    // A second request would make a second copy (reference 2.3).
    if (present) {
      const applied = present.contextLength === null ? {} : { contextLength: present.contextLength };
      return this.#outcome(key, { instanceId: present.id, applied }, options, true);
    }
    const load: OwnLoad = { key: model.key, startedAt: this.clock.now(), isWanted: true };
    this.#loading.set(model.key, load);
    this.#show(load, true);
    // A load by request has none, and stays (reference 2.9).
    this.catalog.expectTtl(model.key, null);
    try {
      const loaded = await this.catalog.server.load(model.key, options, this.#ended.signal);
      const { health } = await this.catalog.refreshAnew();
      const isListed = this.#find(model.key)?.instances?.some(({ id }) => id === loaded.instanceId);
      // Evicted already, by another program: whatever gets this id next is not of our making.
      if (isListed || health.kind === 'offline') this.#owned.set(loaded.instanceId, model.key);
      if (!load.isWanted) await this.#takeBack(loaded.instanceId);
      const outcome = this.#outcome(model.key, loaded, options, false);
      // A list that could not be had says nothing of memory: the answer to the load has to do.
      return health.kind === 'offline' ? { ...outcome, copies: Math.max(1, outcome.copies) } : outcome;
    } catch (error) {
      await this.catalog.refreshAnew();
      throw loadFailure(toBridgeError(error), model);
    } finally {
      this.#loading.delete(model.key);
      load.mark?.dispose();
    }
  }

  #show(load: OwnLoad, isWanted: boolean): void {
    const before = load.mark;
    // Before the mark, whose change is what makes views look here.
    load.isWanted = isWanted;
    load.mark = this.catalog.markActivity(load.key, isWanted ? 'loading' : 'cancelling');
    before?.dispose();
  }

  async #takeBack(instanceId: string): Promise<never> {
    await this.catalog.server.unload(instanceId, this.#ended.signal);
    throw new BridgeError('cancelled', l10n.t('The load was cancelled.'));
  }

  #forgetGone({ health, models }: CatalogSnapshot): void {
    if (health.kind !== 'online') return;
    const present = new Set(models.flatMap(({ instances }) => (instances ?? []).map(({ id }) => id)));
    for (const id of this.#owned.keys()) if (!present.has(id)) this.#owned.delete(id);
  }

  #outcome(key: string, loaded: LoadedModel, asked: LoadOptions, wasLoaded: boolean): LoadOutcome {
    const copies = this.#find(key)?.instances?.length ?? 1;
    return { ...loaded, wasLoaded, difference: describeDifference(asked, loaded.applied), copies };
  }

  #find(key: string): CatalogModel | undefined {
    return findModel(this.catalog.snapshot, key);
  }
}

function findModel({ models }: CatalogSnapshot, key: string): CatalogModel | undefined {
  return models.find((model) => model.key === key);
}

function notFound({ models }: CatalogSnapshot, key: string): ModelNotFoundError {
  return new ModelNotFoundError(
    key,
    models.map((model) => model.key),
  );
}
