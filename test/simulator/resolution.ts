/** How a request's `model` finds the instance that answers it (§3.3 E1–E4). */
import { invalidModelIdentifier, modelFailure, modelNotFound, noModelsLoaded } from './failures';
import type { Instance } from './instance';
import type { ModelSpec } from './models';

export type ModelType = ModelSpec['type'];

/** True where a request may mean this model: by its key or by one of its variants. */
export function names(spec: ModelSpec, id: string): boolean {
  return spec.key === id || (spec.variants ?? []).includes(id);
}

/** In memory, by instance id before key. */
export function findLoaded<T extends Instance>(instances: readonly T[], id: string): T | undefined {
  return instances.find((instance) => instance.id === id) ?? instances.find(({ spec }) => names(spec, id));
}

/** @throws HttpFailure 400 where the model is of the other kind. §3.5: a chat model for embeddings; the rest is INF */
export function checkType(spec: ModelSpec, id: string, type: ModelType): void {
  if (spec.type === type) return;
  const wanted = type === 'llm' ? 'an LLM' : 'an embedding model';
  throw modelFailure(400, `Model "${id}" is not ${wanted}.`, 'model_not_found');
}

/**
 * Who answers for an id that names nothing.
 * @throws HttpFailure E1, E3, E4 of §3.3
 */
export function substitute<T extends Instance>(
  id: string,
  type: ModelType,
  { instances, specs, jit }: { instances: readonly T[]; specs: readonly ModelSpec[]; jit: boolean },
): T {
  const candidates = instances.filter(({ spec }) => spec.type === type);
  const [only] = candidates;
  // §3.3 E2 BT#619: with exactly one model in memory, it answers for any name; only `model` in the answer tells.
  if (only !== undefined && candidates.length === 1) return only;
  if (jit) throw invalidModelIdentifier(id, exampleNames(specs, type));
  if (only === undefined) throw noModelsLoaded();
  throw modelNotFound(
    id,
    candidates.map((instance) => instance.id),
  );
}

// §3.3 E1 REC: a variant, the key, the short name.
function exampleNames(specs: readonly ModelSpec[], type: ModelType): string[] {
  const spec = specs.find((candidate) => candidate.type === type);
  if (spec === undefined) return [];
  const short = spec.key.split('/').at(-1) ?? spec.key;
  return [...new Set([...(spec.variants ?? []), spec.key, short])].slice(0, 3);
}
