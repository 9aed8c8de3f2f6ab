/** The three list endpoints of LM Studio, oldest to newest, each read into `Model`. Unknown fields are ignored. */
import * as z from 'zod/v4';
import type { Model } from './model';

const text = z.string().nullish();
const count = z.number().nullish();

// Reference 2.2. Members are nullable or absent depending on build, format and model type.
const nativeList = z.looseObject({
  models: z.array(
    z.looseObject({
      type: z.string(),
      publisher: text,
      key: z.string().min(1),
      display_name: text,
      architecture: text,
      quantization: z.looseObject({ name: text }).nullish(),
      size_bytes: count,
      params_string: text,
      loaded_instances: z
        .array(z.looseObject({ id: z.string(), config: z.looseObject({ context_length: count }).nullish() }))
        .nullish(),
      max_context_length: count,
      format: text,
      capabilities: z
        .looseObject({ vision: z.boolean().nullish(), trained_for_tool_use: z.boolean().nullish() })
        .nullish(),
      variants: z.array(z.string()).nullish(),
    }),
  ),
});

// Reference 2.7.
const betaList = z.looseObject({
  data: z.array(
    z.looseObject({
      id: z.string().min(1),
      type: z.string(),
      publisher: text,
      arch: text,
      compatibility_type: text,
      quantization: text,
      state: z.string(),
      max_context_length: count,
      loaded_context_length: count,
      capabilities: z.array(z.string()).nullish(),
    }),
  ),
});

// Reference 3.1.
const openaiList = z.looseObject({ data: z.array(z.looseObject({ id: z.string().min(1) })) });

export interface Listing {
  readonly path: '/api/v1/models' | '/api/v0/models' | '/v1/models';
  /** The models in a body of this endpoint, or undefined where the body is not of its shape. */
  read(body: unknown): readonly Model[] | undefined;
}

/** Best first: what a later one lacks stands as null in its models. */
export const LISTINGS: readonly Listing[] = [
  { path: '/api/v1/models', read: readNativeList },
  { path: '/api/v0/models', read: readBetaList },
  { path: '/v1/models', read: readOpenaiList },
];

function readNativeList(body: unknown): readonly Model[] | undefined {
  const parsed = nativeList.safeParse(body);
  return parsed.data?.models.map((model) => ({
    key: model.key,
    displayName: model.display_name ?? model.key,
    kind: model.type.startsWith('embedding') ? 'embedding' : 'chat',
    instances: (model.loaded_instances ?? []).map((instance) => ({
      id: instance.id,
      contextLength: instance.config?.context_length ?? null,
    })),
    isLoading: false,
    vision: model.capabilities?.vision ?? null,
    toolUse: model.capabilities?.trained_for_tool_use ?? null,
    maxContextLength: model.max_context_length ?? null,
    quantization: model.quantization?.name ?? null,
    sizeBytes: model.size_bytes ?? null,
    format: model.format ?? null,
    parameters: model.params_string ?? null,
    architecture: model.architecture ?? null,
    publisher: model.publisher ?? null,
    variants: model.variants ?? [],
  }));
}

function readBetaList(body: unknown): readonly Model[] | undefined {
  const parsed = betaList.safeParse(body);
  return parsed.data?.data.map((model) => ({
    ...unknownModel(model.id),
    kind: model.type.startsWith('embedding') ? 'embedding' : 'chat',
    instances: model.state === 'loaded' ? [{ id: model.id, contextLength: model.loaded_context_length ?? null }] : [],
    isLoading: model.state === 'loading',
    vision: model.type === 'vlm',
    toolUse: model.capabilities?.includes('tool_use') ?? false,
    maxContextLength: model.max_context_length ?? null,
    quantization: model.quantization ?? null,
    format: model.compatibility_type ?? null,
    architecture: model.arch ?? null,
    publisher: model.publisher ?? null,
  }));
}

function readOpenaiList(body: unknown): readonly Model[] | undefined {
  return openaiList.safeParse(body).data?.data.map((model) => unknownModel(model.id));
}

function unknownModel(id: string): Model {
  return {
    key: id,
    displayName: id,
    // This list mixes embedding models in; LM Studio gives their ids this prefix.
    kind: id.startsWith('text-embedding-') ? 'embedding' : 'chat',
    instances: null,
    isLoading: false,
    vision: null,
    toolUse: null,
    maxContextLength: null,
    quantization: null,
    sizeBytes: null,
    format: null,
    parameters: null,
    architecture: null,
    publisher: null,
    variants: [],
  };
}
