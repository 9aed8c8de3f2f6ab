import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { CatalogModel } from '../../../../src/llm/lmstudio/catalog';
import { chatModelInformation, limitsOf } from '../../../../src/vscode/chat/chatModelInfo';

const MODEL: CatalogModel = {
  key: 'a/model',
  displayName: 'Model',
  kind: 'chat',
  instances: [],
  isLoading: false,
  vision: null,
  toolUse: null,
  reasoning: null,
  maxContextLength: 100_000,
  quantization: null,
  sizeBytes: null,
  format: null,
  parameters: null,
  architecture: null,
  publisher: null,
  variants: [],
  selectedVariant: null,
  activity: 'not-loaded',
};
const loaded = (...lengths: (number | null)[]): CatalogModel => ({
  ...MODEL,
  instances: lengths.map((contextLength, index) => ({ id: `a:${index}`, contextLength })),
});

describe('what the pickers are told of a model', () => {
  it('is its context in memory, the smallest of several copies, whatever the settings say', () => {
    assert.deepEqual(limitsOf(loaded(40_000), 5_000), {
      context: 40_000,
      input: 31_808,
      output: 8_192,
      source: 'loaded',
    });
    assert.equal(limitsOf(loaded(40_000, 4_096), undefined).context, 4_096);
  });

  it('is what our settings would load with, no more than the model takes', () => {
    assert.deepEqual([limitsOf(MODEL, 16_384).context, limitsOf(MODEL, 16_384).source], [16_384, 'setting']);
    assert.equal(limitsOf(MODEL, 200_000).context, 100_000);
  });

  it('is cautious where nobody can know', () => {
    const unknown = [
      limitsOf(MODEL, undefined),
      limitsOf(loaded(null), undefined),
      // A server that does not tell what is in memory is not asked to load either.
      limitsOf({ ...MODEL, instances: null }, 16_384),
    ];
    for (const { context, source } of unknown) assert.deepEqual([context, source], [8_192, 'assumed']);
    assert.equal(limitsOf({ ...MODEL, maxContextLength: 2_048 }, undefined).context, 2_048);
  });

  it('leaves room for an answer in every context', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 2_000_000 }), (length) => {
        const { context, input, output } = limitsOf(loaded(length), undefined);
        assert.equal(context, length);
        assert.equal(input + output, length);
        assert.ok(input > 0 && output > 0 && output <= 8_192);
      }),
    );
  });

  it('is not what was in memory when the server was last seen', () => {
    const information = chatModelInformation(loaded(40_000), undefined, true);
    assert.equal(information.maxInputTokens + information.maxOutputTokens, 8_192);
    assert.equal(information.detail, 'server not reachable');
    assert.equal(chatModelInformation({ ...MODEL, toolUse: false }, undefined, false).capabilities.toolCalling, false);
    assert.equal(chatModelInformation({ ...MODEL, displayName: 'a\u202eb' }, undefined, false).name, 'a�b');
  });

  it('names the server where that is not the main one, in the id too', () => {
    const here = chatModelInformation(loaded(40_000), undefined, false);
    assert.deepEqual([here.id, here.detail], ['a/model', 'loaded']);
    assert.match(here.tooltip, /^a\/model in LM Studio: loaded\. /);
    const there = chatModelInformation(loaded(40_000), undefined, false, 'gpu');
    assert.deepEqual([there.id, there.name, there.detail], ['gpu::a/model', 'Model', 'gpu · loaded']);
    assert.match(there.tooltip, /^a\/model on the server gpu: loaded\. /);
    assert.equal(there.family, here.family);
  });
});
