import assert from 'node:assert/strict';
import fc from 'fast-check';
import { activityOf } from '../../../../src/llm/lmstudio/activity';
import { applyPs, parsePs } from '../../../../src/llm/lmstudio/ps';
import { loaded, model } from '../../../support/models';

/** Shape as in the reference, section 4. */
const SAMPLE = {
  ...{ type: 'llm', modelKey: 'qwen/qwen3-coder-30b', format: 'gguf', displayName: 'Qwen3 Coder 30B' },
  ...{ identifier: 'qwen/qwen3-coder-30b', ttlMs: 3_600_000, lastUsedTime: 1_790_683_201_000 },
  ...{ maxContextLength: 262_144, contextLength: 32_768, status: 'generating', queued: 1, parallel: 4 },
};
const line = (...records: unknown[]) => JSON.stringify(records);
const KEY = SAMPLE.modelKey;

describe('what lms ps says', () => {
  it('is read as documented', () => {
    assert.deepEqual(parsePs(`${line(SAMPLE)}\n`), [
      {
        identifier: KEY,
        modelKey: KEY,
        contextLength: 32_768,
        ttlMs: 3_600_000,
        lastUsedAt: 1_790_683_201_000,
        work: 'generating',
      },
    ]);
    assert.deepEqual(parsePs('[]'), []);
  });

  it('knows every status, and does not guess at others', () => {
    const works = { idle: 'idle', processingPrompt: 'processing-prompt', generating: 'generating' };
    for (const [status, work] of Object.entries(works))
      assert.equal(parsePs(line({ ...SAMPLE, status }))?.[0]?.work, work);
    assert.equal(parsePs(line({ ...SAMPLE, status: 'computingEmbedding' }))?.[0]?.work, 'generating');
    for (const status of ['dreaming', null, 3, undefined]) {
      assert.equal(parsePs(line({ ...SAMPLE, status }))?.[0]?.work, undefined, String(status));
    }
  });

  it('may be odd in a field or a record without being lost', () => {
    const odd = { ...SAMPLE, ttlMs: 'soon', contextLength: -1 };
    const records = parsePs(line(null, { identifier: 'x' }, odd, { ...SAMPLE, ttlMs: null }));
    assert.deepEqual(
      records?.map(({ ttlMs, contextLength }) => [ttlMs, contextLength]),
      [
        [undefined, null],
        [null, 32_768],
      ],
    );
    for (const output of ['', 'No models loaded', '{}', '{"error":"x"}'])
      assert.equal(parsePs(output), undefined, output);
    fc.assert(fc.property(fc.array(fc.jsonValue()), (values) => Array.isArray(parsePs(JSON.stringify(values)))));
  });

  it('makes a model busy, and "idle" never means unloaded', () => {
    const activity = (status: string) => {
      const [merged] = applyPs([loaded(KEY)], parsePs(line({ ...SAMPLE, status })) ?? []);
      return merged && activityOf(merged, undefined);
    };
    assert.equal(activity('idle'), 'idle');
    assert.equal(activity('processingPrompt'), 'processing-prompt');
    assert.equal(activity('generating'), 'generating');
    assert.equal(activity('something new'), 'idle');
  });

  it('leaves it to the list which copies there are, and touches no other model', () => {
    const models = [model(KEY), loaded('other'), loaded('third', null)];
    const records = parsePs(line(SAMPLE, { ...SAMPLE, modelKey: 'third', identifier: 'third', ttlMs: null })) ?? [];
    const merged = applyPs(models, records);
    assert.equal(merged[0], models[0], 'the list came later: it is unloaded');
    assert.equal(merged[1], models[1]);
    assert.deepEqual(merged[2]?.instances, [
      { id: 'third', contextLength: 32_768, ttlMs: null, lastUsedAt: 1_790_683_201_000, work: 'generating' },
    ]);
  });

  it('tells what is loaded where the list cannot', () => {
    const [merged] = applyPs([model(KEY, { instances: null })], parsePs(line(SAMPLE)) ?? []);
    assert.deepEqual(
      merged?.instances?.map(({ id, contextLength }) => [id, contextLength]),
      [[KEY, 32_768]],
    );
  });
});
