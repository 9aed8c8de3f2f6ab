/** Which models are in memory: loading, unloading, the just-in-time lane, and who works on what (§2.3, §2.8, §2.9). */
import { sleep, type SimulatorClock } from './clock';
import { jitLoadFailed, restLoadFailed, stringFailure, type HttpFailure, type LoadFault } from './failures';
import { MODEL_UNLOADED } from './engineTexts';
import { LoadedInstance, type Instance, type Lane, type UnloadManner } from './instance';
import type { JsonObject } from './json';
import { loadConfig, memoryNeeded, type InstanceConfig } from './loadConfig';
import type { ModelSpec } from './models';
import { PROFILES, type Profile, type ProfileTraits } from './profiles';
import { checkType, findLoaded, names, substitute, type ModelType } from './resolution';
import type { Activity, InstanceStatus, Seat } from './seats';

export type { Instance, Lane } from './instance';

/** §2.8. `loading` and `not-loaded` are said of a model, the others of an instance. */
export type ModelState = 'not-loaded' | 'loading' | InstanceStatus;

export interface ModelHostOptions {
  readonly models: readonly ModelSpec[];
  readonly profile: Profile;
  readonly clock: SimulatorClock;
  readonly jit: boolean;
  /** How long every load takes. */
  readonly loadDelayMs: number;
  /** Awaited during every load: a test holds a load with it instead of sleeping, or fails it by throwing. */
  readonly beforeLoad: (key: string) => Promise<void>;
  readonly beforeUnload: (id: string) => Promise<void>;
  readonly mlxIgnoresContextLength: boolean;
  readonly memoryBytes: number;
  readonly autoEvict: boolean;
  readonly evictBusy: 'wait' | UnloadManner;
  readonly jitRace: boolean;
  readonly jitIgnoresModelSettings: boolean;
  readonly queueLimit: number;
  readonly queueTimeoutMs: number;
}

// §2.9 DOC: time to live of a JIT model when the request names none.
const DEFAULT_JIT_TTL_SECONDS = 60 * 60;

type AsFailure = (fault: LoadFault, neededBytes: number) => HttpFailure;

export class ModelHost {
  private readonly onDisk: ModelSpec[];
  private readonly traits: ProfileTraits;
  private readonly loaded: LoadedInstance[] = [];
  private readonly jitLoads = new Map<string, Promise<LoadedInstance>>();
  private lastJitLoad: Promise<unknown> = Promise.resolve();
  private readonly loadingKeys: string[] = [];
  private readonly closing = new AbortController();
  private readonly watchers = new Set<() => void>();

  constructor(private readonly options: ModelHostOptions) {
    this.onDisk = [...options.models];
    this.traits = PROFILES[options.profile];
    for (const spec of this.specs) {
      if (spec.loadedContext === undefined) continue;
      this.add(spec, 'manual', this.configOf(spec, { context_length: spec.loadedContext }, true), null);
    }
  }

  /** What is on the disk. */
  get specs(): readonly ModelSpec[] {
    return this.onDisk;
  }

  get jit(): boolean {
    return this.options.jit;
  }

  get instances(): readonly Instance[] {
    return this.loaded;
  }

  instancesOf(key: string): readonly Instance[] {
    return this.loaded.filter((instance) => instance.spec.key === key);
  }

  isLoading(key: string): boolean {
    return this.loadingKeys.includes(key);
  }

  /** Of an instance id or a key; a key with several instances has the state of the first. */
  stateOf(id: string): ModelState {
    const instance = findLoaded(this.loaded, id);
    return instance?.status ?? (this.isLoading(id) ? 'loading' : 'not-loaded');
  }

  spec(key: string): ModelSpec | undefined {
    return this.specs.find((spec) => spec.key === key);
  }

  /**
   * Until the predicate holds, and a turn of the event loop more: whatever the change brings with it, such as a timer on
   * the clock, is in place then. It is asked again at every change of a state, a queue or the memory.
   */
  waitFor(predicate: (host: ModelHost) => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (!predicate(this)) return;
        this.watchers.delete(check);
        setImmediate(resolve);
      };
      this.watchers.add(check);
      check();
    });
  }

  /** A download is complete: the model is in every list from now on. */
  addSpec(spec: ModelSpec): void {
    this.onDisk.push(spec);
  }

  /**
   * The load by REST or by `lms`. §2.3: not idempotent, a loaded key gets a second instance `key:2` (BT#1582).
   * @param more what `lms load` can ask for and REST cannot (§4); without, no TTL (§2.9) and the key as id
   */
  async load(
    spec: ModelSpec,
    requested: JsonObject = {},
    more: { readonly ttlMs?: number | null; readonly identifier?: string | undefined } = {},
  ): Promise<Instance> {
    const config = this.configOf(spec, requested);
    await this.perform(spec, config, restLoadFailed);
    return this.add(spec, 'manual', config, more.ttlMs ?? null, more.identifier);
  }

  /** The unload by REST. */
  async unloadAsAsked(id: string): Promise<boolean> {
    await this.options.beforeUnload(id);
    return this.unload(id);
  }

  /** False where no such instance is in memory. §2.4 INF: a running generation on it breaks off. */
  unload(id: string, manner: UnloadManner = 'error-frame'): boolean {
    const index = this.loaded.findIndex((instance) => instance.id === id);
    const [instance] = index < 0 ? [] : this.loaded.splice(index, 1);
    if (instance === undefined) return false;
    instance.leave(manner);
    this.changed();
    return true;
  }

  /**
   * The instance that answers a request for `id`; loads just in time and holds the caller meanwhile.
   * @param ttlSeconds applies when this request triggers the load (§2.9); default an hour
   * @throws HttpFailure E1, E3, E4, E5 of §3.3
   */
  async resolve(id: string, ttlSeconds: number | undefined, type: ModelType = 'llm'): Promise<Instance> {
    const direct = findLoaded(this.loaded, id);
    if (direct !== undefined) {
      checkType(direct.spec, direct.id, type);
      return direct;
    }
    const downloaded = this.specs.find((spec) => names(spec, id));
    if (!this.jit || downloaded === undefined) {
      return substitute(id, type, { instances: this.loaded, specs: this.specs, jit: this.jit });
    }
    checkType(downloaded, id, type);
    return this.loadJustInTime(downloaded, (ttlSeconds ?? DEFAULT_JIT_TTL_SECONDS) * 1000);
  }

  /**
   * A seat at the instance, after those who came before (§2.9: slots and queue). Undefined when `clientGone` fired first.
   * @throws HttpFailure E16 of §3.3 when the queue is too long, E15 when the model was unloaded meanwhile
   */
  async enter(instance: Instance, activity: Activity, clientGone: AbortSignal): Promise<Seat | undefined> {
    const { seats } = this.own(instance);
    const seat = await seats.wait(activity, AbortSignal.any([clientGone, instance.unloaded]));
    if (seat === undefined && !clientGone.aborted) throw stringFailure(400, MODEL_UNLOADED);
    return seat;
  }

  /** A seat at once, without slots and queue; call the returned function at the end. */
  use(instance: Instance, activity: Activity = 'generating'): () => void {
    const seat = this.own(instance).seats.take(activity);
    return () => seat.end();
  }

  dispose(): void {
    this.closing.abort();
    for (const instance of [...this.loaded]) this.unload(instance.id);
  }

  private own(instance: Instance): LoadedInstance {
    if (instance instanceof LoadedInstance) return instance;
    throw new Error(`The instance ${instance.id} is not of this host`);
  }

  private changed(): void {
    for (const watcher of [...this.watchers]) watcher();
  }

  /** Requests for the same model share one load; §2.9 BT#168, #634, #1751: where they race, each makes an instance. */
  private loadJustInTime(spec: ModelSpec, ttlMs: number): Promise<LoadedInstance> {
    if (this.options.jitRace) return this.startJitLoad(spec, ttlMs);
    const running = this.jitLoads.get(spec.key);
    if (running !== undefined) return running;
    const previous = this.lastJitLoad;
    const load = previous
      .then(() => this.startJitLoad(spec, ttlMs))
      .finally(() => {
        this.jitLoads.delete(spec.key);
      });
    this.jitLoads.set(spec.key, load);
    this.lastJitLoad = load.then(afterItsRequests, afterItsRequests);
    return load;
  }

  private async startJitLoad(spec: ModelSpec, ttlMs: number): Promise<LoadedInstance> {
    if (this.options.autoEvict) await this.evictJitModels(spec);
    // §2.9 BT#1463: per-model settings ignored.
    const asked = this.options.jitIgnoresModelSettings ? { context_length: this.traits.defaultContext } : {};
    const config = this.configOf(spec, asked);
    await this.perform(spec, config, (fault) => jitLoadFailed(spec.key, fault));
    return this.add(spec, 'jit', config, this.traits.jitTtl ? ttlMs : null);
  }

  /** §2.9 DOC auto-evict: at most one JIT model. INF: a busy one is left to finish; BT#1796, #671: or cut off. */
  private async evictJitModels(newcomer: ModelSpec): Promise<void> {
    const { evictBusy, jitRace } = this.options;
    // BT#1751: the option has no effect on the instances of a race.
    const others = (): LoadedInstance[] =>
      this.loaded.filter(({ lane, spec }) => lane === 'jit' && !(jitRace && spec === newcomer));
    const busy = (): boolean => others().some(({ queued }) => queued > 0);
    while (evictBusy === 'wait' && busy()) await this.waitFor(() => !busy());
    for (const { id } of others()) this.unload(id, evictBusy === 'wait' ? 'error-frame' : evictBusy);
  }

  private async perform(spec: ModelSpec, config: InstanceConfig, failure: AsFailure): Promise<void> {
    this.loadingKeys.push(spec.key);
    this.changed();
    try {
      await this.options.beforeLoad(spec.key);
      await sleep(this.options.clock, this.options.loadDelayMs, this.closing.signal);
      const needed = memoryNeeded(spec, config.context_length);
      if (spec.loadFault !== undefined) throw failure(spec.loadFault, needed);
      if (this.memoryInUse() + needed > this.options.memoryBytes) throw failure('guardrail', needed);
    } finally {
      this.loadingKeys.splice(this.loadingKeys.indexOf(spec.key), 1);
      this.changed();
    }
  }

  private memoryInUse(): number {
    return this.loaded.reduce((sum, { spec, config }) => sum + memoryNeeded(spec, config.context_length), 0);
  }

  private configOf(spec: ModelSpec, requested: JsonObject, initial = false): InstanceConfig {
    return loadConfig(spec, requested, { ...this.options, traits: this.traits }, initial);
  }

  private add(
    spec: ModelSpec,
    lane: Lane,
    config: InstanceConfig,
    ttlMs: number | null,
    name = spec.key,
  ): LoadedInstance {
    const id = this.freeId(name);
    const instance: LoadedInstance = new LoadedInstance(id, spec, lane, config, {
      ...this.options,
      ttlMs,
      changed: () => this.changed(),
      expired: () => this.unload(id),
    });
    this.loaded.push(instance);
    this.changed();
    return instance;
  }

  private freeId(key: string): string {
    const taken = (id: string): boolean => this.loaded.some((instance) => instance.id === id);
    if (!taken(key)) return key;
    for (let n = 2; ; n += 1) if (!taken(`${key}:${n}`)) return `${key}:${n}`;
  }
}

/** A turn of the event loop, in which the requests that waited for a load take their seats before it can be evicted. */
function afterItsRequests(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
