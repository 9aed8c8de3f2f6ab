import type { LoadOptions } from './loadOptions';

/** What we know about a model, whichever list endpoint told us. Null means: this server does not say. */
export interface Model {
  /** What requests name; unique on a server. */
  readonly key: string;
  readonly displayName: string;
  readonly kind: 'chat' | 'embedding';
  /** Copies in memory; null where the server does not tell loaded models from others. */
  readonly instances: readonly ModelInstance[] | null;
  /** The server says that it is being loaded right now (only `/api/v0`, reference 2.7). */
  readonly isLoading: boolean;
  readonly vision: boolean | null;
  /** Trained for tool use. Others can often use tools too, but less reliably. */
  readonly toolUse: boolean | null;
  /** Which values of `reasoning_effort` it takes; any other is refused (reference 2.2, 3.2). */
  readonly reasoning: ReasoningOptions | null;
  readonly maxContextLength: number | null;
  readonly quantization: string | null;
  readonly sizeBytes: number | null;
  /** `gguf`, `mlx` or whatever comes next. */
  readonly format: string | null;
  /** Such as `8B`. */
  readonly parameters: string | null;
  readonly architecture: string | null;
  readonly publisher: string | null;
  /** Ids of the same model in other quantisations. They are listed but can be refused, so `key` is sent (reference 2.2). */
  readonly variants: readonly string[];
  /** The one of them that the key stands for. */
  readonly selectedVariant: string | null;
}

/** `off`, `on`, `low`, `medium`, `high` or whatever comes next. */
export interface ReasoningOptions {
  readonly allowed: readonly string[];
  readonly default: string | null;
}

/** One copy of a model in memory. */
export interface ModelInstance {
  /** The key, or `key:2` for a second copy, or a name that the person gave it. */
  readonly id: string;
  /** Tokens it was loaded with: the real limit of a prompt. */
  readonly contextLength: number | null;
  /** All that the server says of how it was loaded; absent where it says nothing. */
  readonly settings?: LoadOptions;
  /** Milliseconds without a request after which it is unloaded; null: never. Absent where `lms ps` was not asked and nobody here loaded it. */
  readonly ttlMs?: number | null;
  /** Milliseconds since 1970 of its last request, as of the last `lms ps`; absent where that does not say. */
  readonly lastUsedAt?: number;
  /** As of the last `lms ps`, until the next list of the server: no list tells it (reference 2.8). */
  readonly work?: InstanceWork;
}

/** What a copy in memory is doing. `idle`: ready, and never unloaded. */
export type InstanceWork = 'idle' | 'processing-prompt' | 'generating';

/** "idle" would be a lie here: in memory and ready is all that a list can tell (reference 2.8). */
export type ModelState = 'loaded' | 'loading' | 'not-loaded' | 'unknown';

export function modelState(model: Model): ModelState {
  if (model.instances && model.instances.length > 0) return 'loaded';
  if (model.isLoading) return 'loading';
  return model.instances ? 'not-loaded' : 'unknown';
}
