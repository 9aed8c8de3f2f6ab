import assert from 'node:assert/strict';
import fc from 'fast-check';
import { LISTINGS } from '../../../../src/llm/lmstudio/listings';
import { type Model, modelState } from '../../../../src/llm/lmstudio/model';

function read(path: (typeof LISTINGS)[number]['path'], body: unknown): readonly Model[] | undefined {
  return LISTINGS.find((listing) => listing.path === path)?.read(body)?.models;
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
      instances: [
        {
          id: 'google/gemma-4-26b-a4b',
          contextLength: 4096,
          settings: {
            contextLength: 4096,
            evalBatchSize: 512,
            flashAttention: true,
            offloadKvCacheToGpu: true,
            numExperts: 8,
          },
        },
      ],
      isLoading: false,
      vision: true,
      toolUse: true,
      reasoning: { allowed: ['off', 'on'], default: 'on' },
      maxContextLength: 262144,
      quantization: 'Q4_K_M',
      sizeBytes: 17990911801,
      format: 'gguf',
      parameters: '26B-A4B',
      architecture: 'gemma4',
      publisher: 'google',
      variants: ['google/gemma-4-26b-a4b@q4_k_m'],
      selectedVariant: 'google/gemma-4-26b-a4b@q4_k_m',
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
        entry({ id: 'b', state: 'loading' }),
        entry({ id: 'c', type: 'vlm' }),
        entry({ id: 'd', type: 'embeddings' }),
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

describe('a list with oddities', () => {
  const good = { type: 'llm', key: 'good/model' };
  const keys = (models: readonly Model[] | undefined) => models?.map(({ key }) => key);

  it('loses the entry that cannot be read, not the others, and says how many it lost', () => {
    const bodies = {
      '/api/v1/models': { models: [null, 1, 'x', [], {}, { key: '' }, { key: 7 }, good] },
      '/api/v0/models': { data: [null, { id: 'x' }, { type: 'llm' }, { id: 'good/model', type: 'llm' }] },
      '/v1/models': { data: [null, {}, { id: 3 }, { id: 'good/model' }] },
    };
    for (const listing of LISTINGS) {
      const list = listing.read(bodies[listing.path]);
      assert.deepEqual(keys(list?.models), ['good/model'], listing.path);
      assert.equal(list?.skipped, listing.path === '/api/v1/models' ? 7 : 3);
    }
  });

  it('takes an odd field for one that was not stated', () => {
    const odd = {
      ...{ key: 'a', type: 1, display_name: {}, quantization: 'Q4', size_bytes: -1, params_string: 8 },
      ...{ max_context_length: '4096', format: [], capabilities: 'all', variants: [1, 'a@q4', null] },
      loaded_instances: [{ id: 'a', config: { context_length: 0 } }, { id: 2 }, 'x'],
    };
    const [model] = read('/api/v1/models', { models: [odd] }) ?? [];
    assert.deepEqual(model, {
      ...read('/api/v1/models', { models: [{ key: 'a' }] })?.[0],
      instances: [{ id: 'a', contextLength: null }],
      variants: ['a@q4'],
    });
    const strange = read('/api/v1/models', { models: [{ key: 'a', loaded_instances: 'many' }] })?.[0];
    assert.equal(strange && modelState(strange), 'unknown', 'not "not loaded": a load could make a second copy');
    const stateless = read('/api/v0/models', { data: [{ id: 'a', type: 'llm', state: 3 }] })?.[0];
    assert.equal(stateless && modelState(stateless), 'unknown');
    const reasoning = { allowed_options: ['low', 4], default: 2 };
    const thinker = read('/api/v1/models', { models: [{ key: 'a', capabilities: { vision: true, reasoning } }] })?.[0];
    assert.deepEqual([thinker?.vision, thinker?.reasoning], [true, { allowed: ['low'], default: null }]);
  });

  it('knows a model once, with the copies of all machines that have it', () => {
    const entry = (id: string) => ({ ...good, loaded_instances: [{ id }] });
    const models = read('/api/v1/models', { models: [entry('x'), entry('y'), entry('x')] });
    assert.deepEqual(
      models?.map(({ instances }) => instances?.map(({ id }) => id)),
      [['x', 'y']],
    );
  });

  it('never breaks the reader, and never hides a model that is well', () => {
    const fields = [
      'type',
      'publisher',
      'display_name',
      'quantization',
      'loaded_instances',
      'capabilities',
      'variants',
    ];
    const odd = fc.dictionary(fc.constantFrom(...fields, 'size_bytes', 'max_context_length', 'key'), fc.jsonValue());
    fc.assert(
      fc.property(fc.array(fc.oneof(odd, fc.jsonValue())), (entries) => {
        const list = read('/api/v1/models', { models: [...entries, good] });
        assert.ok(keys(list)?.includes('good/model'));
        assert.equal(new Set(keys(list)).size, list?.length);
      }),
    );
  });
});
