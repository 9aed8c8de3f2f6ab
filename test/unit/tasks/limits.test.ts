import assert from 'node:assert/strict';
import fc from 'fast-check';
import { resultCharLimit } from '../../../src/tasks/limits';

describe('the longest result of a tool', () => {
  it('is a fifth of the context', () => {
    assert.equal(resultCharLimit(32_768), 26_214);
  });

  it('has a floor, a ceiling, and a guess where the context is unknown', () => {
    assert.equal(resultCharLimit(1_024), 2_000);
    assert.equal(resultCharLimit(1_000_000), 100_000);
    assert.equal(resultCharLimit(null), 26_000);
  });

  it('never shrinks with a larger context', () => {
    fc.assert(
      fc.property(
        fc.nat(2_000_000),
        fc.nat(2_000_000),
        (a, b) => resultCharLimit(Math.max(a, b)) >= resultCharLimit(Math.min(a, b)),
      ),
    );
  });
});
