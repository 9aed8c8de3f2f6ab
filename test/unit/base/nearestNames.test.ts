import assert from 'node:assert/strict';
import fc from 'fast-check';
import { nearestNames } from '../../../src/base/nearestNames';

const KEYS = [
  'qwen/qwen3-8b',
  'openai/gpt-oss-20b',
  'mistralai/devstral-small-2507',
  'google/gemma-4-e4b',
  'llama-3.2-1b-instruct',
];

describe('the nearest names', () => {
  it('are what a person meant: without the publisher, mistyped, in part, in capitals', () => {
    const cases: Readonly<Record<string, string>> = {
      'qwen3-8b': 'qwen/qwen3-8b',
      'Qwen/Qwen3-8B': 'qwen/qwen3-8b',
      'qwen-3-8b': 'qwen/qwen3-8b',
      'gpt-oss': 'openai/gpt-oss-20b',
      'openai/gtp-oss-20b': 'openai/gpt-oss-20b',
      devstral: 'mistralai/devstral-small-2507',
      'lmstudio-community/gemma-4-e4b': 'google/gemma-4-e4b',
      'llama 3.2 1b': 'llama-3.2-1b-instruct',
    };
    for (const [name, expected] of Object.entries(cases)) assert.equal(nearestNames(name, KEYS)[0], expected, name);
  });

  it('are none where nothing is near', () => {
    for (const name of ['claude-opus', 'x-8b', '', '   ', '/', '漢字', '../../etc/passwd', '\0'])
      assert.deepEqual(nearestNames(name, KEYS), [], JSON.stringify(name));
    assert.deepEqual(nearestNames('qwen3-8b', []), []);
  });

  it('come nearest first, and no more than are wanted', () => {
    const names = ['a/qwen3-14b', 'a/qwen3-8c', 'a/qwen3-8b', 'a/qwen3-80b'];
    assert.deepEqual(nearestNames('qwen3-8b', names, 2), ['a/qwen3-8b', 'a/qwen3-80b']);
  });

  it('cost nothing for a name of any length', () => {
    const many = Array.from({ length: 1_000 }, (_, index) => `publisher/model-${String(index)}`);
    assert.deepEqual(nearestNames('x'.repeat(100_000), many), []);
  });

  it('are always some of the given ones, the name itself first where it is one', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ minLength: 1 }), { maxLength: 8 }), fc.string(), (names, name) => {
        const nearest = nearestNames(name, names);
        assert.ok(nearest.length <= 3 && nearest.every((found) => names.includes(found)));
        if (names.includes(name) && name.trim() !== '')
          assert.equal(nearest[0]?.trim().toLowerCase().split('/').at(-1), name.trim().toLowerCase().split('/').at(-1));
      }),
    );
  });
});
