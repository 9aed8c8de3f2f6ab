/** What a load really applies, and how much memory it takes. */
import type { JsonObject } from './json';
import type { ModelSpec } from './models';
import type { ProfileTraits } from './profiles';

/** An instance's config, in the key order of §2.2. */
export type InstanceConfig = JsonObject & { readonly context_length: number };

export interface LoadRules {
  readonly traits: ProfileTraits;
  /** §2.3 BT#2318, BT#2304: the MLX engine of 0.4.20-0.4.21 loads with the default context, whatever was asked. */
  readonly mlxIgnoresContextLength: boolean;
}

// §2.9 DOC: Max Concurrent Predictions.
const DEFAULT_PARALLEL = 4;

/**
 * The config of an instance that is loaded with `requested` (the body of §2.3).
 * @param initial in memory from the start: no engine overrules its context
 */
export function loadConfig(
  spec: ModelSpec,
  requested: JsonObject,
  { traits, mlxIgnoresContextLength }: LoadRules,
  initial = false,
): InstanceConfig {
  const asked = requested['context_length'];
  const honoured = typeof asked === 'number' && (initial || spec.format !== 'mlx' || !mlxIgnoresContextLength);
  const wanted = honoured ? asked : (spec.defaultContextLength ?? traits.defaultContext);
  const context = Math.min(wanted, spec.maxContextLength);
  const parallel = requested['parallel'] ?? DEFAULT_PARALLEL;
  // §2.2: MLX has the context (and parallel) only.
  if (spec.format === 'mlx') return { context_length: context, parallel };
  return {
    context_length: context,
    eval_batch_size: requested['eval_batch_size'] ?? 512,
    parallel,
    flash_attention: requested['flash_attention'] ?? true,
    ...(spec.numExperts === undefined ? {} : { num_experts: requested['num_experts'] ?? spec.numExperts }),
    offload_kv_cache_to_gpu: requested['offload_kv_cache_to_gpu'] ?? true,
    ...(traits.reasoningBudgetMessage ? { reasoning_budget_message: '' } : {}),
  };
}

/** Slots of an instance; what is no positive number counts as the default. */
export function parallelOf(config: InstanceConfig): number {
  const { parallel } = config;
  return typeof parallel === 'number' && parallel >= 1 ? Math.floor(parallel) : DEFAULT_PARALLEL;
}

// INF: LM Studio's own estimate is not known; this one grows with the weights and with the context, as any must.
const BYTES_PER_CONTEXT_TOKEN = 100_000;

/** Bytes that the model takes with this context. */
export function memoryNeeded(spec: ModelSpec, contextLength: number): number {
  return spec.sizeBytes + contextLength * BYTES_PER_CONTEXT_TOKEN;
}
