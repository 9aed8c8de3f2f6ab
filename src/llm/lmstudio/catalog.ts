import * as l10n from '@vscode/l10n';
import type { Clock } from '../../base/clock';
import { type Disposable, DisposableStore, toDisposable } from '../../base/disposable';
import { Emitter } from '../../base/emitter';
import { BridgeError, toBridgeError } from '../../base/errors';
import { type ModelActivity, type OwnActivity, activityOf } from './activity';
import { type CatalogDiff, diffModels, isEmptyDiff } from './catalogDiff';
import type { Model } from './model';
import { applyPs, type PsRecord } from './ps';
import type { ModelListing, ModelServer } from './server';

export interface CatalogModel extends Model {
  readonly activity: ModelActivity;
}

/** It answers, but not as a server that is well: only after more than two seconds, or only when it was asked again. */
export type ServerStrain = 'slow' | 'repeated';

/** Milliseconds. A list comes at once from a server that is well, also while it generates. */
export const SLOW_ANSWER_MS = 2_000;

export type ServerHealth =
  /** Nobody asked yet. */
  | { readonly kind: 'unknown' }
  | {
      readonly kind: 'online';
      readonly listing: ModelListing['path'];
      readonly latencyMs: number;
      /** Entries of the server's list that could not be read. */
      readonly skipped: number;
      /** Absent: it is well. */
      readonly strain?: ServerStrain | undefined;
    }
  | { readonly kind: 'offline'; readonly error: BridgeError };

export interface CatalogSnapshot {
  /** Address of the server. */
  readonly root: string;
  readonly health: ServerHealth;
  /** The last models the server told us of, also while it is offline. The same array until one of them changes. */
  readonly models: readonly CatalogModel[];
}

export interface CatalogChange extends CatalogDiff {
  readonly snapshot: CatalogSnapshot;
}

/**
 * The one truth about the models of a server that every view reads: what the server lists, plus what only we know
 * (a load that we asked for, a generation that we run). Fires only when something that can be seen has changed, and
 * says what; a model that has not changed stays the same object.
 */
export class ModelCatalog implements Disposable {
  readonly #changed = new Emitter<CatalogChange>();
  readonly #store = new DisposableStore();
  readonly #marks = new Map<string, readonly { readonly activity: OwnActivity }[]>();
  #listed: readonly Model[] = [];
  /** By key, the listed model and how it is shown. */
  #shown = new Map<string, { readonly listed: Model; readonly view: CatalogModel }>();
  readonly #expectedTtls = new Map<string, number | null>();
  #snapshot: CatalogSnapshot;
  #listedAt: number | undefined;
  #refreshing: Promise<CatalogSnapshot> | undefined;
  #asked = 0;
  #answered = 0;
  #ended = new AbortController();

  readonly onDidChange = this.#changed.event;

  constructor(
    readonly server: ModelServer,
    private readonly clock: Clock,
  ) {
    this.#snapshot = { root: server.address.root, health: { kind: 'unknown' }, models: [] };
    this.#store.add(this.#changed);
    this.#store.add(
      toDisposable(() => {
        this.#ended.abort(new BridgeError('cancelled', l10n.t('The list of models was closed.')));
      }),
    );
  }

  get snapshot(): CatalogSnapshot {
    return this.#snapshot;
  }

  /** When, on the injected clock, the list was asked for that the models are from. */
  get listedAt(): number | undefined {
    return this.#listedAt;
  }

  /** Asks the server, once for any number of callers at a time. A server that is down is a snapshot too: never throws. */
  refresh(): Promise<CatalogSnapshot> {
    this.#refreshing ??= this.refreshAnew().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  /** Asks also where a question is on its way: the answer to that can be older than what was just done. Never throws. */
  async refreshAnew(): Promise<CatalogSnapshot> {
    const turn = ++this.#asked;
    const start = this.clock.now();
    // This question is how anybody learns that a server is back, so an open breaker never keeps it from being asked.
    this.server.policy.breaker.tryNow();
    const { policy } = this.server;
    const repeats = policy.repeats;
    const listing = await this.server.listModels(this.#ended.signal).catch(toBridgeError);
    // A later question can be answered first: then this answer is old news.
    if (turn < this.#answered) return this.#snapshot;
    this.#answered = turn;
    if (listing instanceof BridgeError) {
      this.#show(this.#listed, { kind: 'offline', error: listing });
      return this.#snapshot;
    }
    const { path, models, skipped } = listing;
    this.#listedAt = start;
    const latencyMs = Math.round(this.clock.now() - start);
    const listed = keepUnchanged(
      this.#listed,
      models.map((model) => this.#withExpectedTtl(model)),
    );
    const strain = strainOf(latencyMs, policy.repeats > repeats);
    this.#show(listed, { kind: 'online', listing: path, latencyMs, skipped, ...(strain && { strain }) });
    return this.#snapshot;
  }

  /** Adds what `lms ps` said. Who is busy holds until the next list, a time to live as long as the copy is in memory. */
  applyPs(records: readonly PsRecord[]): void {
    this.#show(keepUnchanged(this.#listed, applyPs(this.#listed, records)), this.#snapshot.health);
  }

  /**
   * Says which time to live the next copy of a model has, because whoever loads it asks for that: milliseconds without a
   * request, or null for a copy that stays (a load by request, reference 2.9). Nothing where a copy is in memory: the time
   * to live of that one stays.
   */
  expectTtl(key: string, ttlMs: number | null): void {
    if (this.#shown.get(key)?.listed.instances?.length === 0) this.#expectedTtls.set(key, ttlMs);
  }

  /** Shows a model as busy with this until disposed, whatever the server lists. The last mark counts. */
  markActivity(key: string, activity: OwnActivity): Disposable {
    const mark = { activity };
    this.#setMarks(key, [...(this.#marks.get(key) ?? []), mark]);
    const listed = this.#shown.get(key)?.listed;
    // What answers is in memory: the list is older than the load that the request caused.
    if (activity === 'generating' && listed?.instances?.length === 0) void this.refresh();
    return toDisposable(() => {
      this.#setMarks(
        key,
        (this.#marks.get(key) ?? []).filter((other) => other !== mark),
      );
    });
  }

  dispose(): void {
    this.#store.dispose();
  }

  /** Where another program has loaded it too, nobody knows which copy is whose. */
  #withExpectedTtl(model: Model): Model {
    const ttlMs = this.#expectedTtls.get(model.key);
    const [instance, ...others] = model.instances ?? [];
    if (ttlMs === undefined || !instance) return model;
    this.#expectedTtls.delete(model.key);
    return others.length > 0 ? model : { ...model, instances: [{ ...instance, ttlMs }] };
  }

  #setMarks(key: string, marks: readonly { readonly activity: OwnActivity }[]): void {
    if (marks.length > 0) this.#marks.set(key, marks);
    else this.#marks.delete(key);
    this.#show(this.#listed, this.#snapshot.health);
  }

  #show(listed: readonly Model[], health: ServerHealth): void {
    const before = this.#snapshot;
    const models = listed.map((model) => this.#view(model));
    const diff = diffModels(before.models, models);
    const isSame = isEmptyDiff(diff);
    this.#listed = listed;
    this.#shown = new Map(models.map((view, index) => [view.key, { listed: listed[index] ?? view, view }]));
    this.#snapshot = { root: before.root, health, models: isSame ? before.models : models };
    if (!isSame || !isSameHealth(before.health, health)) this.#changed.fire({ snapshot: this.#snapshot, ...diff });
  }

  #view(model: Model): CatalogModel {
    const activity = activityOf(model, this.#marks.get(model.key)?.at(-1)?.activity);
    const shown = this.#shown.get(model.key);
    return shown?.listed === model && shown.view.activity === activity ? shown.view : { ...model, activity };
  }
}

/** The models of a new list, each as the object that it was before where it says the same. */
function keepUnchanged(before: readonly Model[], after: readonly Model[]): readonly Model[] {
  const known = new Map(before.map((model) => [model.key, model]));
  return after.map((model) => {
    const old = known.get(model.key);
    if (!old || old === model) return model;
    const next = withKnownTtl(model, old);
    // Both come from the same reader, so that their fields stand in the same order.
    return JSON.stringify(next) === JSON.stringify(old) ? old : next;
  });
}

/** No list tells a time to live: what `lms ps` said of a copy, or was asked for it, stays true as long as that is in memory. */
function withKnownTtl(model: Model, old: Model): Model {
  const known = (old.instances ?? []).filter(({ ttlMs }) => ttlMs !== undefined);
  if (!model.instances || known.length === 0) return model;
  const instances = model.instances.map((instance) => {
    const { ttlMs, lastUsedAt } = known.find(({ id }) => id === instance.id) ?? {};
    if (ttlMs === undefined || instance.ttlMs !== undefined) return instance;
    return { ...instance, ttlMs, ...(lastUsedAt === undefined ? {} : { lastUsedAt }) };
  });
  return { ...model, instances };
}

function strainOf(latencyMs: number, wasRepeated: boolean): ServerStrain | undefined {
  return wasRepeated ? 'repeated' : latencyMs > SLOW_ANSWER_MS ? 'slow' : undefined;
}

/** How long an answer took is no change, unless it was too long. */
function isSameHealth(a: ServerHealth, b: ServerHealth): boolean {
  if (a.kind === 'offline' && b.kind === 'offline')
    return a.error.code === b.error.code && a.error.message === b.error.message;
  if (a.kind === 'online' && b.kind === 'online')
    return a.listing === b.listing && a.skipped === b.skipped && a.strain === b.strain;
  return a.kind === b.kind;
}
