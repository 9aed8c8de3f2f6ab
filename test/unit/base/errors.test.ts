import assert from 'node:assert/strict';
import {
  BridgeError,
  ConfigurationError,
  isBridgeError,
  LLMClientError,
  LLMConnectionError,
  ModelNotFoundError,
  ModelValidationError,
  systemErrorCode,
  toBridgeError,
} from '../../../src/base/errors';

describe('errors', () => {
  it('carry code, hint and cause, and the name of their class', () => {
    const cause = new Error('below');
    const error = new LLMConnectionError('server-unreachable', 'Nobody there.', { hint: 'Start it.', cause });
    assert.equal(error.name, 'LLMConnectionError');
    assert.equal(error.code, 'server-unreachable');
    assert.equal(error.hint, 'Start it.');
    assert.equal(error.cause, cause);
    assert.ok(error instanceof LLMClientError && error instanceof BridgeError && error instanceof Error);
  });

  it('name the models that do exist where one does not', () => {
    const error = new ModelNotFoundError('gpt-9', ['a/b', 'c']);
    assert.equal(error.code, 'model-not-found');
    assert.deepEqual(error.availableModels, ['a/b', 'c']);
    assert.match(error.message, /"gpt-9".*a\/b, c/);
    assert.ok(error.hint);
    assert.ok(error instanceof ModelValidationError);
    assert.match(new ModelNotFoundError('gpt-9', []).message, /no other/);
  });

  it('suggest the nearest of the models that do exist, and name no more of them than can be read', () => {
    const many = Array.from({ length: 1_000 }, (_, index) => `publisher/model-${String(index)}`);
    const error = new ModelNotFoundError('qwen3-8b', ['qwen/qwen3-8b', ...many]);
    assert.deepEqual(error.suggestions, ['qwen/qwen3-8b']);
    assert.equal(error.availableModels.length, 1_001);
    assert.match(error.message, /Did you mean qwen\/qwen3-8b\? It has: qwen.* and 981 more\.$/);
    assert.deepEqual(new ModelNotFoundError('a', ['b'], { suggestions: ['b'] }).suggestions, ['b']);
  });

  it('are narrowed by code', () => {
    const error: unknown = new ConfigurationError('usage', 'Wrong.');
    assert.equal(isBridgeError(error), true);
    assert.equal(isBridgeError(error, 'usage'), true);
    assert.equal(isBridgeError(error, 'cancelled'), false);
    assert.equal(isBridgeError(Object.assign(new Error('x'), { code: 'usage' })), false);
  });

  it('keep what is one of ours, and make everything else internal', () => {
    const own = new BridgeError('cancelled', 'Stopped.');
    assert.equal(toBridgeError(own), own);
    for (const thrown of [new TypeError('x is not a function'), 'a string', undefined, null, 42]) {
      const error = toBridgeError(thrown);
      assert.equal(error.code, 'internal');
      assert.equal(error.cause, thrown);
    }
    assert.match(toBridgeError(new TypeError('x is not a function')).message, /x is not a function/);
  });

  it('give the system code from anywhere in the chain of causes', () => {
    const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
    const wrapped = new BridgeError('server-unreachable', 'No.', {
      cause: new TypeError('fetch failed', { cause: refused }),
    });
    assert.equal(systemErrorCode(wrapped), 'ECONNREFUSED');
    assert.equal(systemErrorCode(new BridgeError('usage', 'No.')), undefined, 'our own codes are no system codes');
    assert.equal(systemErrorCode('ECONNREFUSED'), undefined);
  });

  it('do not follow a chain of causes that bites its own tail for ever', () => {
    const error: Error = new Error('a');
    error.cause = error;
    assert.equal(systemErrorCode(error), undefined);
  });
});
