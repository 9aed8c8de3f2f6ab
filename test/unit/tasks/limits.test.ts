import assert from 'node:assert/strict';
import fc from 'fast-check';
import { resultCharLimit } from '../../../src/tasks/limits';

describe('the longest result of a tool', () => {
  it('is a fifth of the context', () => {
    assert.equal(resultCharLimit(32_768), 26_214);
  });

  it('has a floor that is itself a share, and a ceiling', () => {
    assert.equal(resultCharLimit(2_048), 2_000);
    assert.equal(resultCharLimit(1_024), 1_024);
    assert.equal(resultCharLimit(1_000_000), 100_000);
  });

  it('goes by how long the tokens of the model are', () => {
    assert.equal(resultCharLimit(32_768, 3), 19_660);
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
