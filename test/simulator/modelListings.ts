/** The three listings of the same models, key by key in the recorded order. */
import type { JsonObject } from './json';
import type { ModelHost } from './modelHost';
import type { ModelSpec } from './models';
import type { ProfileTraits } from './profiles';

/** `GET /api/v1/models`. */
// §2.2 DOC, REC
export function listV1(host: ModelHost): JsonObject {
  return { models: host.specs.map((spec) => describeV1(host, spec)) };
}

function describeV1(host: ModelHost, spec: ModelSpec): JsonObject {
  const instances = host.instancesOf(spec.key).map(({ id, config }) => ({ id, config }));
  const llm = spec.type === 'llm';
  const quantization = spec.quantization && { name: spec.quantization.name, bits_per_weight: spec.quantization.bits };
  return {
    type: spec.type,
    publisher: publisher(spec),
    key: spec.key,
    display_name: spec.displayName,
    // §2.2: absent on embeddings, and so are capabilities and description.
    ...(llm ? { architecture: spec.architecture } : {}),
    quantization,
    size_bytes: spec.sizeBytes,
    params_string: spec.params,
    loaded_instances: instances,
    max_context_length: spec.maxContextLength,
    format: spec.format,
    ...(llm ? { capabilities: capabilities(spec), description: null } : {}),
    ...(spec.variants?.[0] === undefined ? {} : { variants: [...spec.variants], selected_variant: spec.variants[0] }),
  };
}

function capabilities(spec: ModelSpec): JsonObject {
  const { reasoning } = spec;
  return {
    vision: spec.vision ?? false,
    trained_for_tool_use: spec.toolUse ?? false,
    ...(reasoning ? { reasoning: { allowed_options: [...reasoning.options], default: reasoning.default } } : {}),
  };
}

/** `GET /api/v0/models`. */
// §2.7 DOC, REC
export function listV0(host: ModelHost, traits: ProfileTraits): JsonObject {
  return { data: host.specs.map((spec) => describeV0(host, spec, traits)), object: 'list' };
}

/** `GET /api/v0/models/{id}`; undefined where there is no such model. */
export function findV0(host: ModelHost, id: string, traits: ProfileTraits): JsonObject | undefined {
  const spec = host.spec(id);
  return spec && describeV0(host, spec, traits);
}

function describeV0(host: ModelHost, spec: ModelSpec, traits: ProfileTraits): JsonObject {
  const [instance] = host.instancesOf(spec.key);
  const chatType = spec.vision ? 'vlm' : 'llm';
  return {
    id: spec.key,
    object: 'model',
    type: spec.type === 'embedding' ? 'embeddings' : chatType,
    publisher: publisher(spec),
    arch: spec.architecture,
    compatibility_type: spec.format,
    quantization: spec.quantization?.name ?? null,
    // §2.7: "loading" follows from the builder in the bundle; never captured live.
    state: instance ? 'loaded' : host.isLoading(spec.key) ? 'loading' : 'not-loaded',
    max_context_length: spec.maxContextLength,
    ...(instance && traits.v0LoadedContext ? { loaded_context_length: instance.config.context_length } : {}),
    ...(spec.type === 'llm' && spec.toolUse ? { capabilities: ['tool_use'] } : {}),
  };
}

/** `GET /v1/models`. */
// §3.1 REC, §2.9: with JIT every downloaded model, without it only what is in memory.
export function listOpenAi(host: ModelHost): JsonObject {
  const ids = host.jit ? host.specs.map((spec) => spec.key) : host.instances.map((instance) => instance.id);
  return { data: ids.map(describeOpenAi), object: 'list' };
}

/** `GET /v1/models/{id}`; undefined where it is not listed. */
export function findOpenAi(host: ModelHost, id: string): JsonObject | undefined {
  const known = host.jit ? host.spec(id) !== undefined : false;
  return known || host.instances.some((instance) => instance.id === id) ? describeOpenAi(id) : undefined;
}

function describeOpenAi(id: string): JsonObject {
  return { id, object: 'model', owned_by: 'organization_owner' };
}

export function publisher(spec: ModelSpec): string {
  return spec.key.includes('/') ? (spec.key.split('/')[0] ?? '') : 'nomic-ai';
}
