import assert from 'node:assert/strict';
import { LISTINGS } from '../../../../src/llm/lmstudio/listings';
import { type Model, modelState } from '../../../../src/llm/lmstudio/model';

function read(path: (typeof LISTINGS)[number]['path'], body: unknown): readonly Model[] | undefined {
  return LISTINGS.find((listing) => listing.path === path)?.read(body);
}

/** Word for word as recorded. */
const NATIVE = {
  models: [
    {
      type: 'llm',
      publisher: 'google',
      key: 'google/gemma-4-26b-a4b',
      display_name: 'Gemma 4 26B A4B',
      architecture: 'gemma4',
      quantization: { name: 'Q4_K_M', bits_per_weight: 4 },
      size_bytes: 17990911801,
      params_string: '26B-A4B',
      loaded_instances: [
        {
          id: 'google/gemma-4-26b-a4b',
          config: {
            context_length: 4096,
            eval_batch_size: 512,
            parallel: 4,
            flash_attention: true,
            num_experts: 8,
            offload_kv_cache_to_gpu: true,
          },
        },
      ],
      max_context_length: 262144,
      format: 'gguf',
      capabilities: {
        vision: true,
        trained_for_tool_use: true,
        reasoning: { allowed_options: ['off', 'on'], default: 'on' },
      },
      description: null,
      variants: ['google/gemma-4-26b-a4b@q4_k_m'],
      selected_variant: 'google/gemma-4-26b-a4b@q4_k_m',
    },
    {
      type: 'embedding',
      publisher: 'nomic-ai',
      key: 'text-embedding-nomic-embed-text-v1.5',
      display_name: '…',
      quantization: { name: 'Q4_K_M', bits_per_weight: 4 },
      size_bytes: 84106624,
      params_string: null,
      loaded_instances: [],
      max_context_length: 2048,
      format: 'gguf',
    },
  ],
};

describe('the list of /api/v1/models', () => {
  it('is read as recorded', () => {
    const [gemma, nomic] = read('/api/v1/models', NATIVE) ?? [];
    assert.deepEqual(gemma, {
      key: 'google/gemma-4-26b-a4b',
      displayName: 'Gemma 4 26B A4B',
      kind: 'chat',
      instances: [{ id: 'google/gemma-4-26b-a4b', contextLength: 4096 }],
      isLoading: false,
      vision: true,
      toolUse: true,
      maxContextLength: 262144,
      quantization: 'Q4_K_M',
      sizeBytes: 17990911801,
      format: 'gguf',
      parameters: '26B-A4B',
      architecture: 'gemma4',
      publisher: 'google',
      variants: ['google/gemma-4-26b-a4b@q4_k_m'],
    });
    assert.equal(nomic?.kind, 'embedding');
    assert.equal(nomic.architecture, null);
    assert.deepEqual(nomic.variants, []);
  });

  it('may leave out or null everything but type and key', () => {
    const bare = read('/api/v1/models', { models: [{ type: 'llm', key: 'a/b' }] })?.[0];
    assert.equal(bare?.displayName, 'a/b');
    assert.deepEqual(bare.instances, []);
    const nulls = Object.fromEntries(
      [
        'publisher',
        'display_name',
        'architecture',
        'quantization',
        'size_bytes',
        'params_string',
        'loaded_instances',
        'max_context_length',
        'format',
        'capabilities',
        'variants',
      ].map((field) => [field, null]),
    );
    assert.deepEqual(read('/api/v1/models', { models: [{ type: 'llm', key: 'a/b', ...nulls }] })?.[0], bare);
    const partial = {
      type: 'llm',
      key: 'a/b',
      quantization: { name: null, bits_per_weight: null },
      loaded_instances: [{ id: 'x', config: null }],
      capabilities: { vision: null },
    };
    assert.deepEqual(read('/api/v1/models', { models: [partial] })?.[0]?.instances, [{ id: 'x', contextLength: null }]);
  });

  it('is not taken for one where the body has another shape', () => {
    for (const body of [
      { error: 'Unexpected endpoint or method. (GET /api/v1/models)' },
      { models: {} },
      { models: [{ id: 'x' }] },
      [],
      null,
      'x',
      { data: [] },
    ]) {
      assert.equal(read('/api/v1/models', body), undefined, JSON.stringify(body));
    }
  });

  it('may be empty', () => {
    assert.deepEqual(read('/api/v1/models', { models: [] }), []);
  });
});

describe('the list of /api/v0/models', () => {
  const entry = (fields: object) => ({
    id: 'qwen/qwen3-8b',
    object: 'model',
    type: 'llm',
    publisher: 'qwen',
    arch: 'qwen3',
    compatibility_type: 'gguf',
    quantization: 'Q4_K_M',
    state: 'not-loaded',
    max_context_length: 40960,
    ...fields,
  });

  it('tells what is loaded, being loaded and neither', () => {
    const models = read('/api/v0/models', {
      data: [
        entry({ state: 'loaded', loaded_context_length: 8192, capabilities: ['tool_use'] }),
        entry({ state: 'loading' }),
        entry({ type: 'vlm' }),
        entry({ type: 'embeddings' }),
      ],
      object: 'list',
    });
    assert.deepEqual(models?.map(modelState), ['loaded', 'loading', 'not-loaded', 'not-loaded']);
    assert.deepEqual(models[0]?.instances, [{ id: 'qwen/qwen3-8b', contextLength: 8192 }]);
    assert.deepEqual(
      models.map(({ kind, vision, toolUse }) => [kind, vision, toolUse]),
      [
        ['chat', false, true],
        ['chat', false, false],
        ['chat', true, false],
        ['embedding', false, false],
      ],
    );
  });

  it('need not say with which context a model is loaded', () => {
    const models = read('/api/v0/models', { data: [entry({ state: 'loaded' })], object: 'list' });
    assert.deepEqual(models?.[0]?.instances, [{ id: 'qwen/qwen3-8b', contextLength: null }]);
  });
});

describe('the list of /v1/models', () => {
  it('knows names only, and embedding models by their prefix', () => {
    const body = {
      data: [
        { id: 'google/gemma-4-e4b', object: 'model', owned_by: 'organization_owner' },
        { id: 'text-embedding-nomic', object: 'model' },
      ],
      object: 'list',
    };
    const models = read('/v1/models', body) ?? [];
    assert.deepEqual(
      models.map(({ key, kind, instances, toolUse }) => ({ key, kind, instances, toolUse })),
      [
        { key: 'google/gemma-4-e4b', kind: 'chat', instances: null, toolUse: null },
        { key: 'text-embedding-nomic', kind: 'embedding', instances: null, toolUse: null },
      ],
    );
    assert.deepEqual(models.map(modelState), ['unknown', 'unknown']);
  });
});
