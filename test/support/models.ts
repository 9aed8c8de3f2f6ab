import type { Model } from '../../src/llm/lmstudio/model';

/** A chat model on disk, with what a test wants to be different. */
export function model(key: string, fields: Partial<Model> = {}): Model {
  return {
    key,
    displayName: key,
    kind: 'chat',
    instances: [],
    isLoading: false,
    vision: false,
    toolUse: false,
    reasoning: null,
    maxContextLength: 32_768,
    quantization: null,
    sizeBytes: null,
    format: 'gguf',
    parameters: null,
    architecture: null,
    publisher: null,
    variants: [],
    selectedVariant: null,
    ...fields,
  };
}

/** In memory under its own key. */
export function loaded(key: string, contextLength: number | null = 8_192, fields: Partial<Model> = {}): Model {
  return model(key, { instances: [{ id: key, contextLength }], ...fields });
}
