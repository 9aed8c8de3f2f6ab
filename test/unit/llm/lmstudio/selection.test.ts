import assert from 'node:assert/strict';
import { isBridgeError, ModelNotFoundError } from '../../../../src/base/errors';
import { chooseModel, hasModel, isAnswerOf } from '../../../../src/llm/lmstudio/selection';
import { loaded, model } from '../../../support/models';

describe('the choice of a model', () => {
  const chosen = (...args: Parameters<typeof chooseModel>) => chooseModel(...args).id;

  it('without a wish takes the loaded one, one trained for tools first', () => {
    assert.equal(chosen([model('a', { toolUse: true }), loaded('b')], undefined), 'b');
    assert.equal(chosen([loaded('a'), loaded('b', 1, { toolUse: true })], undefined), 'b');
    assert.equal(chosen([loaded('a'), loaded('b')], 'default'), 'a');
  });

  it('without a loaded one takes the first that is trained for tools, else the first', () => {
    assert.equal(chosen([model('a'), model('b', { toolUse: true })], undefined), 'b');
    assert.equal(
      chosen([model('a', { toolUse: null, instances: null }), model('b', { instances: null })], undefined),
      'a',
    );
  });

  it('never takes an embedding model', () => {
    const embedding = loaded('text-embedding-x', 2_048, { kind: 'embedding' });
    assert.equal(chosen([embedding, model('a')], undefined), 'a');
    assert.throws(
      () => chooseModel([embedding], undefined),
      (error) => isBridgeError(error, 'no-model'),
    );
    assert.throws(
      () => chooseModel([], 'default'),
      (error) => isBridgeError(error, 'no-model'),
    );
    assert.throws(() => chooseModel([embedding, model('a')], 'text-embedding-x'), ModelNotFoundError);
  });

  it('finds a model by key, by instance and by variant, and sends what reaches it', () => {
    const models = [
      model('other', { variants: ['other@q8'] }),
      model('qwen/qwen3-8b', {
        variants: ['qwen/qwen3-8b@q4_k_m'],
        instances: [
          { id: 'qwen/qwen3-8b:2', contextLength: 4_096 },
          { id: 'qwen/qwen3-8b', contextLength: 8_192 },
        ],
      }),
    ];
    assert.equal(chosen(models, 'qwen/qwen3-8b'), 'qwen/qwen3-8b');
    assert.equal(chosen(models, 'qwen/qwen3-8b@q4_k_m'), 'qwen/qwen3-8b');
    assert.equal(chosen(models, 'other@q8'), 'other', 'a variant can be refused: the key is sent');
    const second = chooseModel(models, 'qwen/qwen3-8b:2');
    assert.deepEqual([second.id, second.contextLength], ['qwen/qwen3-8b:2', 4_096]);
  });

  it('is told beforehand to find a name exactly where it does', () => {
    const instances = [{ id: 'my-coder', contextLength: null }];
    const embedding = model('text-embedding-x', { kind: 'embedding' });
    const models = [model('qwen/qwen3-8b', { variants: ['qwen/qwen3-8b@q4_k_m'], instances }), embedding];
    for (const name of [undefined, 'default', 'qwen/qwen3-8b', 'qwen/qwen3-8b@q4_k_m', 'my-coder']) {
      assert.equal(hasModel(models, name), true, name);
      chooseModel(models, name);
    }
    for (const name of ['qwen/qwen3', 'text-embedding-x']) {
      assert.equal(hasModel(models, name), false, name);
      assert.throws(() => chooseModel(models, name), ModelNotFoundError);
    }
  });

  it('names an instance that has a name of its own', () => {
    const named = model('qwen/qwen3-8b', { instances: [{ id: 'my-coder', contextLength: null }] });
    assert.equal(chosen([named], 'qwen/qwen3-8b'), 'my-coder');
    assert.equal(chosen([named], 'my-coder'), 'my-coder');
  });

  it('is exact: what is alike is not the same', () => {
    assert.throws(
      () => chooseModel([model('qwen/qwen3-8b'), model('b')], 'qwen3-8b'),
      (error) => {
        assert.ok(error instanceof ModelNotFoundError);
        assert.equal(error.modelName, 'qwen3-8b');
        assert.deepEqual(error.availableModels, ['qwen/qwen3-8b', 'b']);
        assert.deepEqual(error.suggestions, ['qwen/qwen3-8b']);
        return true;
      },
    );
  });

  it('takes the surer of two names', () => {
    const models = [
      model('a', { variants: ['b', 'c'] }),
      model('b'),
      model('c2', { variants: ['c'] }),
      model('d', { instances: [{ id: 'e', contextLength: 1 }] }),
      model('e'),
    ];
    assert.equal(chosen(models, 'b'), 'b', 'a key is surer than a variant');
    assert.equal(chosen(models, 'c'), 'a', 'of two variants the first');
    assert.equal(chooseModel(models, 'e').model.key, 'd', 'a copy in memory is what answers to its id');
  });

  it('knows the context and where the number comes from', () => {
    const context = (entry: ReturnType<typeof model>) => {
      const { contextLength, contextSource } = chooseModel([entry], undefined);
      return [contextLength, contextSource];
    };
    assert.deepEqual(context(loaded('a', 8_192)), [8_192, 'loaded-instance']);
    assert.deepEqual(context(loaded('a', null)), [32_768, 'model-maximum']);
    assert.deepEqual(context(model('a')), [32_768, 'model-maximum']);
    assert.deepEqual(context(model('a', { maxContextLength: null, instances: null })), [null, null]);
  });
});

describe('an answer', () => {
  const chosen = chooseModel([loaded('qwen/qwen3-8b', 1, { variants: ['qwen/qwen3-8b@q4_k_m'] })], undefined);

  it('comes from the chosen model whatever form of its name it bears', () => {
    for (const name of [
      'qwen/qwen3-8b',
      'qwen3-8b',
      'Qwen/Qwen3-8B',
      'qwen/qwen3-8b@q4_k_m',
      'qwen/qwen3-8b:2',
      'qwen3-8b@4bit:3',
    ]) {
      assert.equal(isAnswerOf(chosen, name), true, name);
    }
  });

  it('comes from a substitute where the name is another', () => {
    for (const name of ['google/gemma-3-12b', 'qwen/qwen3-14b', 'qwen/qwen3-8b-instruct', 'qwen3', '']) {
      assert.equal(isAnswerOf(chosen, name), false, name);
    }
  });

  it('may bear the name that a person gave the instance', () => {
    const named = chooseModel(
      [model('qwen/qwen3-8b', { instances: [{ id: 'my-coder', contextLength: 1 }] })],
      undefined,
    );
    assert.equal(isAnswerOf(named, 'my-coder'), true);
    assert.equal(isAnswerOf(named, 'qwen/qwen3-8b'), true);
  });
});
