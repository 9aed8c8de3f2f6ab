/** Which models are in memory: loading, unloading, the just-in-time lane and how a request finds its model. */
import {
  invalidModelIdentifier,
  jitLoadFailed,
  modelFailure,
  modelNotFound,
  noModelsLoaded,
  restLoadFailed,
  type HttpFailure,
  type LoadFault,
} from './failures';
import type { JsonObject } from './json';
import type { ModelSpec } from './models';

/** `manual`: stays until somebody unloads it. `jit`: has a time to live and makes room for the next JIT model (§2.9). */
export type Lane = 'manual' | 'jit';

export interface Instance {
  readonly id: string;
  readonly spec: ModelSpec;
  readonly lane: Lane;
  readonly config: JsonObject & { context_length: number };
  /** Fires when the instance leaves memory; a generation that runs on it then fails (§3.3 E15). */
  readonly unloaded: AbortSignal;
}

export interface ModelHostOptions {
  readonly models: readonly ModelSpec[];
  readonly jit: boolean;
  /** How long every load takes. */
  readonly loadDelayMs: number;
  /** Awaited during every load: a test holds a load with it instead of sleeping. */
  readonly beforeLoad: (key: string) => Promise<void>;
  /** §2.3 BT#2318, BT#2304: the MLX engine of 0.4.20-0.4.21 loads with the default context, whatever was asked. */
  readonly mlxIgnoresContextLength: boolean;
}

// §2.9 DOC: time to live of a JIT model when the request names none.
const DEFAULT_JIT_TTL_SECONDS = 60 * 60;
// §2.9: context when neither the request nor the model's own settings name one.
const DEFAULT_CONTEXT = 4096;

interface Slot extends Instance {
  readonly controller: AbortController;
  readonly ttlSeconds: number;
  timer: NodeJS.Timeout | undefined;
  /** Requests that use it now: the time to live counts from the end of the last one. */
  users: number;
}

export class ModelHost {
  private readonly downloaded: ModelSpec[];
  private readonly slots: Slot[] = [];
  private readonly jitLoads = new Map<string, Promise<Slot>>();
  private readonly loadingKeys: string[] = [];
  private readonly closing = new AbortController();

  constructor(private readonly options: ModelHostOptions) {
    this.downloaded = [...options.models];
    for (const spec of this.specs) {
      if (spec.loadedContext !== undefined) this.addSlot(spec, 'manual', { context_length: spec.loadedContext });
    }
  }

  /** What is on the disk. */
  get specs(): readonly ModelSpec[] {
    return this.downloaded;
  }

  get jit(): boolean {
    return this.options.jit;
  }

  get instances(): readonly Instance[] {
    return this.slots;
  }

  instancesOf(key: string): readonly Instance[] {
    return this.slots.filter((slot) => slot.spec.key === key);
  }

  isLoading(key: string): boolean {
    return this.loadingKeys.includes(key);
  }

  spec(key: string): ModelSpec | undefined {
    return this.specs.find((spec) => spec.key === key);
  }

  /** A download is complete: the model is in every list from now on. */
  addSpec(spec: ModelSpec): void {
    this.downloaded.push(spec);
  }

  /** The REST load. §2.3: not idempotent, a loaded key gets a second instance `key:2` (BT#1582). */
  async load(spec: ModelSpec, requested: JsonObject = {}): Promise<Instance> {
    await this.waitForLoad(spec, restLoadFailed);
    return this.addSlot(spec, 'manual', requested);
  }

  /** False where no such instance is in memory. A running generation on it breaks off. */
  unload(id: string): boolean {
    const index = this.slots.findIndex((slot) => slot.id === id);
    const [slot] = index < 0 ? [] : this.slots.splice(index, 1);
    if (slot === undefined) return false;
    clearTimeout(slot.timer);
    slot.controller.abort();
    return true;
  }

  /**
   * The instance that answers a chat request for `id`; loads just in time and holds the caller meanwhile.
   * @throws HttpFailure E1, E3, E4, E5 of §3.3
   */
  async resolve(id: string, ttlSeconds: number | undefined, type: ModelSpec['type'] = 'llm'): Promise<Instance> {
    const direct = this.slots.find((slot) => slot.id === id) ?? this.slots.find((slot) => names(slot.spec, id));
    if (direct !== undefined) return ofType(direct, direct.spec, type);
    const downloaded = this.specs.find((spec) => names(spec, id));
    if (this.jit && downloaded !== undefined) {
      return this.loadJustInTime(ofType(downloaded, downloaded, type), ttlSeconds ?? DEFAULT_JIT_TTL_SECONDS);
    }
    return this.substitute(id, type);
  }

  /** Call when a request starts to use an instance; the returned function when it is done. §2.9: the timer resets. */
  use(instance: Instance): () => void {
    const slot = this.slots.find((candidate) => candidate === instance);
    if (slot === undefined) return () => undefined;
    slot.users += 1;
    clearTimeout(slot.timer);
    return () => {
      slot.users -= 1;
      if (slot.users === 0) this.armTtl(slot);
    };
  }

  dispose(): void {
    this.closing.abort();
    for (const slot of [...this.slots]) this.unload(slot.id);
  }

  private substitute(id: string, type: ModelSpec['type']): Instance {
    const llms = this.slots.filter((slot) => slot.spec.type === type);
    const [only] = llms;
    // §3.3 E2 BT#619: with exactly one model in memory, it answers for any name; only `model` in the answer tells.
    if (only !== undefined && llms.length === 1) return only;
    if (this.jit) throw invalidModelIdentifier(id, this.exampleNames());
    if (only === undefined) throw noModelsLoaded();
    throw modelNotFound(
      id,
      llms.map((slot) => slot.id),
    );
  }

  private exampleNames(): string[] {
    const spec = this.specs.find((candidate) => candidate.type === 'llm');
    if (spec === undefined) return [];
    const short = spec.key.split('/').at(-1) ?? spec.key;
    return [...new Set([...(spec.variants ?? []), spec.key, short])].slice(0, 3);
  }

  /** Requests for the same model share one load. */
  private loadJustInTime(spec: ModelSpec, ttlSeconds: number): Promise<Slot> {
    const running = this.jitLoads.get(spec.key);
    if (running !== undefined) return running;
    const load = this.startJitLoad(spec, ttlSeconds).finally(() => this.jitLoads.delete(spec.key));
    this.jitLoads.set(spec.key, load);
    return load;
  }

  private async startJitLoad(spec: ModelSpec, ttlSeconds: number): Promise<Slot> {
    // §2.9 DOC auto-evict: at most one JIT model; §2.9 BT#1796: even one that is still generating.
    for (const slot of this.slots.filter((candidate) => candidate.lane === 'jit')) this.unload(slot.id);
    await this.waitForLoad(spec, (fault) => jitLoadFailed(spec.key, fault));
    const slot = this.addSlot(spec, 'jit', {}, ttlSeconds);
    this.armTtl(slot);
    return slot;
  }

  private async waitForLoad(spec: ModelSpec, failure: (fault: LoadFault) => HttpFailure): Promise<void> {
    this.loadingKeys.push(spec.key);
    try {
      await this.options.beforeLoad(spec.key);
      await this.delay(this.options.loadDelayMs);
      if (spec.loadFault !== undefined) throw failure(spec.loadFault);
    } finally {
      this.loadingKeys.splice(this.loadingKeys.indexOf(spec.key), 1);
    }
  }

  private delay(ms: number): Promise<void> {
    if (ms <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.closing.signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
    });
  }

  private addSlot(spec: ModelSpec, lane: Lane, requested: JsonObject, ttlSeconds = DEFAULT_JIT_TTL_SECONDS): Slot {
    const controller = new AbortController();
    const config = loadConfig(spec, requested, this.options.mlxIgnoresContextLength);
    const slot: Slot = {
      id: this.freeId(spec.key),
      spec,
      lane,
      config,
      unloaded: controller.signal,
      controller,
      ttlSeconds,
      timer: undefined,
      users: 0,
    };
    this.slots.push(slot);
    return slot;
  }

  private freeId(key: string): string {
    const taken = (id: string): boolean => this.slots.some((slot) => slot.id === id);
    if (!taken(key)) return key;
    for (let n = 2; ; n += 1) if (!taken(`${key}:${n}`)) return `${key}:${n}`;
  }

  private armTtl(slot: Slot): void {
    if (slot.lane !== 'jit' || slot.unloaded.aborted) return;
    clearTimeout(slot.timer);
    slot.timer = setTimeout(() => this.unload(slot.id), slot.ttlSeconds * 1000);
    slot.timer.unref();
  }
}

function names(spec: ModelSpec, id: string): boolean {
  return spec.key === id || (spec.variants ?? []).includes(id);
}

/** @throws HttpFailure §3.5: a chat model asked for embeddings is a 400, and INF the reverse too */
function ofType<T>(found: T, spec: ModelSpec, type: ModelSpec['type']): T {
  if (spec.type === type) return found;
  const wanted = type === 'llm' ? 'an LLM' : 'an embedding model';
  throw modelFailure(400, `Model "${spec.key}" is not ${wanted}.`, 'model_not_found');
}

/** What is really applied, in the key order of §2.2. */
function loadConfig(
  spec: ModelSpec,
  requested: JsonObject,
  mlxIgnores: boolean,
): JsonObject & { context_length: number } {
  const asked = requested['context_length'];
  const fallback = spec.defaultContextLength ?? DEFAULT_CONTEXT;
  const initial = spec.loadedContext === asked;
  const honoured = typeof asked === 'number' && (initial || spec.format !== 'mlx' || !mlxIgnores);
  const context = Math.min(honoured ? asked : fallback, spec.maxContextLength);
  // §2.2: MLX has the context (and parallel) only.
  if (spec.format === 'mlx') return { context_length: context, parallel: 4 };
  return {
    context_length: context,
    eval_batch_size: requested['eval_batch_size'] ?? 512,
    parallel: requested['parallel'] ?? 4,
    flash_attention: requested['flash_attention'] ?? true,
    ...(spec.numExperts === undefined ? {} : { num_experts: requested['num_experts'] ?? spec.numExperts }),
    offload_kv_cache_to_gpu: requested['offload_kv_cache_to_gpu'] ?? true,
  };
}
