import assert from 'node:assert/strict';
import { checkRunOptions, parseRunRequest } from '../../../../src/vscode/api/runRequest';
import type { RunDefaults } from '../../../../src/vscode/tasks/runArguments';

const own: RunDefaults = {
  model: 'mine',
  maxRounds: 20,
  maxTokens: 1000,
  timeoutMs: 60_000,
  toolCalls: 'auto',
};
const unlimited: RunDefaults = { ...own, maxTokens: undefined, timeoutMs: undefined };

describe('what other extensions ask for', () => {
  it("takes from the person's settings what it leaves open", () => {
    assert.deepEqual(
      parseRunRequest({ task: 'Count' }, () => own),
      { ...own, task: 'Count', servers: { kind: 'none' } },
    );
  });

  it('names servers, all of them, or none', () => {
    const kindOf = (servers: unknown) => parseRunRequest({ task: 'x', servers }, () => own).servers;
    assert.deepEqual(kindOf('all'), { kind: 'all' });
    assert.deepEqual(kindOf(['a', 'b']), { kind: 'named', names: ['a', 'b'] });
    assert.deepEqual(kindOf([]), { kind: 'none' });
  });

  it("lowers the person's limits, and never raises them", () => {
    const limits = (asked: object, defaults: RunDefaults) => {
      const { maxRounds, maxTokens, timeoutMs } = parseRunRequest({ task: 'x', ...asked }, () => defaults);
      return [maxRounds, maxTokens, timeoutMs];
    };
    assert.deepEqual(limits({ maxRounds: 3, maxTokens: 10, timeoutSeconds: 5 }, own), [3, 10, 5000]);
    assert.deepEqual(limits({ maxRounds: 30, maxTokens: 9999, timeoutSeconds: 90 }, own), [20, 1000, 60_000]);
    assert.deepEqual(limits({ maxTokens: 9999, timeoutSeconds: 0.5 }, unlimited), [20, 9999, 500]);
  });

  it('is wrong where a field is wrong or unknown, and says which', () => {
    for (const [raw, message] of [
      [null, /^request must be an object with the field task\.$/],
      [{}, /^request\.task must be a text\.$/],
      [{ task: 'x', servers: [''] }, /^request\.servers(\.0)? must /],
      [{ task: 'x', model: '' }, /^request\.model must not be empty\.$/],
      [{ task: 'x', maxRounds: Infinity }, /^request\.maxRounds must be a whole number of at least 1\.$/],
      [{ task: 'x', timeoutSeconds: NaN }, /^request\.timeoutSeconds must be a number above 0\.$/],
      [{ task: 'x', approve: 'all' }, /^request has the unknown field approve\.$/],
    ] as const) {
      assert.throws(
        () => parseRunRequest(raw, () => own),
        (error: Error & { code?: string }) => error.code === 'usage' && message.test(error.message),
        JSON.stringify(raw),
      );
    }
  });

  it('has options that are functions and signals, or none', () => {
    checkRunOptions(undefined);
    checkRunOptions({ onEvent: () => undefined, signal: new AbortController().signal });
    checkRunOptions({ token: { isCancellationRequested: false, onCancellationRequested: () => undefined } });
    assert.throws(() => checkRunOptions('fast'), /^ConfigurationError: options must be an object\.$/);
    assert.throws(() => checkRunOptions({ signal: { aborted: false } }), /options\.signal must be an AbortSignal\./);
  });
});
