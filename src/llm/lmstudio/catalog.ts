import type { Clock } from '../../base/clock';
import { type Disposable, DisposableStore, toDisposable } from '../../base/disposable';
import { Emitter } from '../../base/emitter';
import { BridgeError, toBridgeError } from '../../base/errors';
import { canonicalJson } from '../../base/json';
import type { LmsProcess } from './lmsCli';
import { type Model, type ModelState, modelState } from './model';
import type { ModelListing, ModelServer } from './server';

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
  /** Instance ids that work, as far as `lms ps` said since the last list. */
  #working: ReadonlySet<string> = new Set();
  #health: ServerHealth = { kind: 'unknown' };
  #fingerprint = '';
  #refreshing: Promise<CatalogSnapshot> | undefined;
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
    this.#refreshing ??= this.refreshAnew().finally(() => {
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

  /** Adds what `lms ps` said of who is busy; it holds until the next list. */
  applyPs(processes: readonly LmsProcess[]): void {
    this.#working = new Set(
      processes.filter(({ status }) => status !== null && status !== 'idle').map(({ identifier }) => identifier),
    );
    this.#fireIfChanged();
  }

  /** Marks a model as working for us until disposed. */
  markGenerating(key: string): Disposable {
    return this.markActivity(key, 'generating');
  }

  dispose(): void {
    this.#store.dispose();
  }

  /** Shows a model as this until disposed, whatever the server lists. */
  markActivity(key: string, activity: ModelActivity): Disposable {
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

  /** Asks now, also where an older question is still on its way: its answer can be older than what was just done. */
  async refreshAnew(): Promise<CatalogSnapshot> {
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
      this.#working = new Set();
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
    const loaded = model.instances?.some(({ id }) => this.#working.has(id)) ? 'generating' : 'idle';
    return { ...model, activity: marked ?? (listed === 'loaded' ? loaded : listed) };
  }
}
