/**
 * The three list endpoints of LM Studio, oldest to newest, each read into `Model`. Unknown fields are ignored, an odd
 * field counts as one that the server did not state, and an odd entry is left out: one strange model must never cost a
 * person the others.
 */
import * as z from 'zod/v4';
import { readLoadConfig } from './loadOptions';
import type { Model, ModelInstance } from './model';

export interface ReadList {
  /** Each key once. */
  readonly models: readonly Model[];
  /** Entries that could not be read. */
  readonly skipped: number;
}

export interface Listing {
  readonly path: '/api/v1/models' | '/api/v0/models' | '/v1/models';
  /** The models in a body of this endpoint, or undefined where the body is not of its shape. */
  read(body: unknown): ReadList | undefined;
}

const text = z.string().nullish().catch(null);
const flag = z.boolean().nullish().catch(null);
const tokens = z.number().positive().nullish().catch(null);
const texts = z.array(z.unknown()).nullish().catch(null);

// Reference 2.2. Members are nullable or absent depending on build, format and model type.
const nativeModel = z.looseObject({
  type: text,
  publisher: text,
  key: z.string().min(1),
  display_name: text,
  architecture: text,
  quantization: z.looseObject({ name: text }).nullish().catch(null),
  size_bytes: z.number().nonnegative().nullish().catch(null),
  params_string: text,
  loaded_instances: z.unknown().optional(),
  max_context_length: tokens,
  format: text,
  capabilities: z
    .looseObject({
      vision: flag,
      trained_for_tool_use: flag,
      reasoning: z.looseObject({ allowed_options: texts, default: text }).nullish().catch(null),
    })
    .nullish()
    .catch(null),
  variants: texts,
  selected_variant: text,
});

const nativeInstance = z.looseObject({
  id: z.string().min(1),
  config: z.looseObject({ context_length: tokens }).nullish().catch(null),
});

// Reference 2.7.
const betaModel = z.looseObject({
  id: z.string().min(1),
  type: z.string(),
  publisher: text,
  arch: text,
  compatibility_type: text,
  quantization: text,
  state: text,
  max_context_length: tokens,
  loaded_context_length: tokens,
  capabilities: texts,
});

// Reference 3.1.
const openaiModel = z.looseObject({ id: z.string().min(1) });

const nativeList = z.looseObject({ models: z.array(z.unknown()) });
const dataList = z.looseObject({ data: z.array(z.unknown()) });

/** Best first: what a later one lacks stands as null in its models. */
export const LISTINGS: readonly Listing[] = [
  {
    path: '/api/v1/models',
    read: (body) => readEntries(nativeList.safeParse(body).data?.models, nativeModel, fromNative),
  },
  { path: '/api/v0/models', read: (body) => readEntries(dataList.safeParse(body).data?.data, betaModel, fromBeta) },
  {
    path: '/v1/models',
    read: (body) => readEntries(dataList.safeParse(body).data?.data, openaiModel, ({ id }) => unknownModel(id)),
  },
];

function readEntries<T>(
  entries: readonly unknown[] | undefined,
  schema: z.ZodType<T>,
  toModel: (entry: T) => Model,
): ReadList | undefined {
  if (!entries) return undefined;
  const models = new Map<string, Model>();
  let skipped = 0;
  for (const entry of entries) {
    const { data } = schema.safeParse(entry);
    if (data === undefined) {
      skipped++;
      continue;
    }
    const model = toModel(data);
    const known = models.get(model.key);
    models.set(model.key, known ? withCopiesOf(known, model) : model);
  }
  // A list of which nothing can be read is another server's list.
  return entries.length > 0 && models.size === 0 ? undefined : { models: [...models.values()], skipped };
}

/** Linked machines can have the same model (reference 1.8); requests name its key, so for us it is one. */
function withCopiesOf(known: Model, same: Model): Model {
  if (!same.instances) return known;
  const own = known.instances ?? [];
  const others = same.instances.filter(({ id }) => own.every((instance) => instance.id !== id));
  return { ...known, instances: [...own, ...others], isLoading: known.isLoading || same.isLoading };
}

function fromNative(model: z.infer<typeof nativeModel>): Model {
  const { capabilities } = model;
  return {
    key: model.key,
    displayName: model.display_name ?? model.key,
    kind: kindOf(model.key, model.type),
    instances: readInstances(model.loaded_instances),
    isLoading: false,
    vision: capabilities?.vision ?? null,
    toolUse: capabilities?.trained_for_tool_use ?? null,
    reasoning: capabilities?.reasoning
      ? { allowed: onlyTexts(capabilities.reasoning.allowed_options), default: capabilities.reasoning.default ?? null }
      : null,
    maxContextLength: model.max_context_length ?? null,
    quantization: model.quantization?.name ?? null,
    sizeBytes: model.size_bytes ?? null,
    format: model.format ?? null,
    parameters: model.params_string ?? null,
    architecture: model.architecture ?? null,
    publisher: model.publisher ?? null,
    variants: onlyTexts(model.variants),
    selectedVariant: model.selected_variant ?? null,
  };
}

/** Null, for "the server does not say", where it is no list at all. */
function readInstances(value: unknown): readonly ModelInstance[] | null {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) return null;
  return value.flatMap((entry) => {
    const { data } = nativeInstance.safeParse(entry);
    return data
      ? [{ id: data.id, contextLength: data.config?.context_length ?? null, ...settingsOf(data.config) }]
      : [];
  });
}

function settingsOf(config: unknown): Pick<ModelInstance, 'settings'> {
  const settings = readLoadConfig(config);
  return Object.keys(settings).length > 0 ? { settings } : {};
}

function fromBeta(model: z.infer<typeof betaModel>): Model {
  const loaded = [{ id: model.id, contextLength: model.loaded_context_length ?? null }];
  return {
    ...unknownModel(model.id),
    kind: kindOf(model.id, model.type),
    instances: model.state === 'loaded' ? loaded : typeof model.state === 'string' ? [] : null,
    isLoading: model.state === 'loading',
    vision: model.type === 'vlm',
    toolUse: model.capabilities?.includes('tool_use') ?? false,
    maxContextLength: model.max_context_length ?? null,
    quantization: model.quantization ?? null,
    format: model.compatibility_type ?? null,
    architecture: model.arch ?? null,
    publisher: model.publisher ?? null,
  };
}

function unknownModel(id: string): Model {
  return {
    key: id,
    displayName: id,
    kind: kindOf(id, null),
    instances: null,
    isLoading: false,
    vision: null,
    toolUse: null,
    reasoning: null,
    maxContextLength: null,
    quantization: null,
    sizeBytes: null,
    format: null,
    parameters: null,
    architecture: null,
    publisher: null,
    variants: [],
    selectedVariant: null,
  };
}

/** Where no type is given: LM Studio gives the ids of embedding models this prefix. */
function kindOf(id: string, type: string | null | undefined): Model['kind'] {
  const isEmbedding = typeof type === 'string' ? type.startsWith('embedding') : id.startsWith('text-embedding-');
  return isEmbedding ? 'embedding' : 'chat';
}

function onlyTexts(values: readonly unknown[] | null | undefined): readonly string[] {
  return (values ?? []).filter((value) => typeof value === 'string');
}
