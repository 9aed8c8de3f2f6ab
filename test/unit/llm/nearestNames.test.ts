import assert from 'node:assert/strict';
import fc from 'fast-check';
import { nearestNames } from '../../../src/llm/nearestNames';

const NAMES = ['qwen/qwen3-8b', 'qwen/qwen3-coder-30b', 'openai/gpt-oss-20b', 'google/gemma-3-12b'];

describe('the nearest names', () => {
  it('are those that a person may have meant', () => {
    const meant: Readonly<Record<string, string>> = {
      'qwen3-8b': 'qwen/qwen3-8b',
      'Qwen/Qwen3-8B': 'qwen/qwen3-8b',
      'qwen/qwen-3-8b': 'qwen/qwen3-8b',
      'gpt-oss': 'openai/gpt-oss-20b',
      'opnai/gpt-oss-20b': 'openai/gpt-oss-20b',
      'gema-3-12b': 'google/gemma-3-12b',
      'qwen3-coder': 'qwen/qwen3-coder-30b',
    };
    for (const [name, expected] of Object.entries(meant)) assert.equal(nearestNames(name, NAMES)[0], expected, name);
  });

  it('are none where nothing is alike', () => {
    for (const name of ['', '   ', 'mistral', 'x', '/', '../../etc/passwd', '\0', 'q'.repeat(10_000)]) {
      assert.deepEqual(nearestNames(name, NAMES), [], JSON.stringify(name.slice(0, 20)));
    }
    assert.deepEqual(nearestNames('a', []), []);
  });

  it('are at most as many as asked for, of the given ones, the same name first', () => {
    const name = fc.string({ minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(name, fc.uniqueArray(name), fc.integer({ min: 1, max: 5 }), (wanted, names, limit) => {
        const nearest = nearestNames(wanted, [...names, wanted], limit);
        assert.ok(nearest.length <= limit && nearest.every((each) => each === wanted || names.includes(each)));
        if (wanted.trim() !== '') assert.equal(nearest[0]?.trim().toLowerCase(), wanted.trim().toLowerCase());
      }),
      { numRuns: 300 },
    );
  });
});
