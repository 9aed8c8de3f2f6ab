import { raceAbort, throwIfAborted } from '../../base/abort';
import type { Clock } from '../../base/clock';
import { type Disposable, DisposableStore, toDisposable } from '../../base/disposable';
import { Emitter } from '../../base/emitter';
import { BridgeError, toBridgeError } from '../../base/errors';
import { canonicalJson } from '../../base/json';
import { type Model, type ModelState, modelState } from './model';
import type { LoadedModel, LoadOptions, ModelListing, ModelServer } from './server';

/** What a person sees as a model's state. `idle`: in memory and not working for us; `generating`: working for us. */
export type ModelActivity = Exclude<ModelState, 'loaded'> | 'idle' | 'generating' | 'unloading';

export interface CatalogModel extends Model {
  readonly activity: ModelActivity;
}

export type ServerHealth =
  /** Nobody asked yet. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'online'; readonly listing: ModelListing['path']; readonly latencyMs: number }
  | { readonly kind: 'offline'; readonly error: BridgeError };

export interface CatalogSnapshot {
  /** Address of the server. */
  readonly root: string;
  readonly health: ServerHealth;
  /** The last models the server told us of, also while it is offline. */
  readonly models: readonly CatalogModel[];
}

/**
 * The one truth about the models of a server that every view reads: what the server lists, plus what only we know
 * (a load that we asked for, a generation that we run). Fires only when something that can be seen has changed.
 */
export class ModelCatalog implements Disposable {
  readonly #changed = new Emitter<CatalogSnapshot>();
  readonly #store = new DisposableStore();
  readonly #busy = new Map<string, { readonly key: string; readonly activity: ModelActivity }[]>();
  #listed: readonly Model[] = [];
  #health: ServerHealth = { kind: 'unknown' };
  #fingerprint = '';
  #refreshing: Promise<CatalogSnapshot> | undefined;
  /** Loads under way by key; they settle, but never reject. */
  readonly #loading = new Map<string, Promise<void>>();
  #asked = 0;
  #answered = 0;
  #ended = new AbortController();

  readonly onDidChange = this.#changed.event;

  constructor(
    readonly server: ModelServer,
    private readonly clock: Clock,
  ) {
    this.#store.add(this.#changed);
    this.#store.add(
      toDisposable(() => {
        this.#ended.abort(new BridgeError('cancelled', 'The list of models was closed.'));
      }),
    );
  }

  get snapshot(): CatalogSnapshot {
    return {
      root: this.server.address.root,
      health: this.#health,
      models: this.#listed.map((model) => this.#decorate(model)),
    };
  }

  /** Asks the server, once for any number of callers at a time. A server that is down is a snapshot too: never throws. */
  refresh(): Promise<CatalogSnapshot> {
    this.#refreshing ??= this.#ask().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  /** Refreshes now and then again `intervalMs` after each answer, until disposed. */
  poll(intervalMs: () => number): Disposable {
    let timer: Disposable | undefined;
    let isStopped = false;
    const tick = (): void => {
      void this.refresh().then(() => {
        if (!isStopped) timer = this.clock.after(intervalMs(), tick);
      });
    };
    tick();
    return this.#store.add(
      toDisposable(() => {
        isStopped = true;
        timer?.dispose();
      }),
    );
  }

  /**
   * Loads a model unless a copy is in memory already. Shows as `loading` until the server has answered. Of several
   * callers one loads and the others wait for it; where that load fails or is aborted, the next one tries.
   */
  async load(key: string, options: LoadOptions, signal: AbortSignal): Promise<LoadedModel> {
    for (let other = this.#loading.get(key); other; other = this.#loading.get(key)) await raceAbort(other, signal);
    const work = this.#loadOnce(key, options, signal);
    const settled = work
      .then(
        () => undefined,
        () => undefined,
      )
      .finally(() => {
        this.#loading.delete(key);
      });
    this.#loading.set(key, settled);
    return work;
  }

  async #loadOnce(key: string, options: LoadOptions, signal: AbortSignal): Promise<LoadedModel> {
    // Not `refresh`: an answer that is on its way may be older than the last load.
    const { models, health } = await this.#ask();
    throwIfAborted(signal);
    if (health.kind === 'offline') throw health.error;
    const present = models.find((model) => model.key === key)?.instances?.[0];
    // A second request would make a second copy (reference 2.3).
    if (present) return { instanceId: present.id, contextLength: present.contextLength };
    return this.#during(key, 'loading', () => this.server.load(key, options, signal));
  }

  async unload(key: string, instanceId: string, signal: AbortSignal): Promise<void> {
    await this.#during(key, 'unloading', () => this.server.unload(instanceId, signal));
  }

  /** Marks a model as working for us until disposed. */
  markGenerating(key: string): Disposable {
    return this.#mark(key, 'generating');
  }

  dispose(): void {
    this.#store.dispose();
  }

  async #during<T>(key: string, activity: ModelActivity, work: () => Promise<T>): Promise<T> {
    const mark = this.#mark(key, activity);
    try {
      return await work();
    } finally {
      // The mark stays until the list is new, or views would show the old state once more in between.
      await this.#ask();
      mark.dispose();
    }
  }

  #mark(key: string, activity: ModelActivity): Disposable {
    const entry = { key, activity };
    this.#busy.set(key, [...(this.#busy.get(key) ?? []), entry]);
    this.#fireIfChanged();
    return toDisposable(() => {
      this.#busy.set(
        key,
        (this.#busy.get(key) ?? []).filter((other) => other !== entry),
      );
      this.#fireIfChanged();
    });
  }

  async #ask(): Promise<CatalogSnapshot> {
    const turn = ++this.#asked;
    const start = this.clock.now();
    const listing = await this.server.listModels(this.#ended.signal).catch(toBridgeError);
    // A later question can be answered first: then this answer is old news.
    if (turn < this.#answered) return this.snapshot;
    this.#answered = turn;
    if (listing instanceof BridgeError) {
      this.#health = { kind: 'offline', error: listing };
    } else {
      this.#listed = listing.models;
      this.#health = { kind: 'online', listing: listing.path, latencyMs: Math.round(this.clock.now() - start) };
    }
    this.#fireIfChanged();
    return this.snapshot;
  }

  #fireIfChanged(): void {
    const { snapshot } = this;
    const health =
      snapshot.health.kind === 'offline'
        ? [snapshot.health.error.code, snapshot.health.error.message]
        : snapshot.health.kind;
    const fingerprint = canonicalJson([health, snapshot.models]);
    if (fingerprint === this.#fingerprint) return;
    this.#fingerprint = fingerprint;
    this.#changed.fire(snapshot);
  }

  #decorate(model: Model): CatalogModel {
    const marked = this.#busy.get(model.key)?.at(-1)?.activity;
    const listed = modelState(model);
    return { ...model, activity: marked ?? (listed === 'loaded' ? 'idle' : listed) };
  }
}
