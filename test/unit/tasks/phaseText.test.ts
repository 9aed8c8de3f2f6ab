import assert from 'node:assert/strict';
import { formatSeconds, waitWords } from '../../../src/tasks/phaseText';

describe('a wait in words', () => {
  it('says "about" of an estimate only, and drops one that is over or not worth reading', () => {
    assert.equal(waitWords(0, null), '');
    assert.equal(waitWords(0, 11_200), 'about 12 s');
    assert.equal(waitWords(5_900, 11_200), '5 s of about 12 s');
    assert.equal(waitWords(11_200, 11_200), '11 s');
    assert.equal(waitWords(5_000, null), '5 s');
    assert.equal(waitWords(0, 999), '');
  });

  it('counts minutes from one on', () => {
    assert.equal(formatSeconds(59_999), '59 s');
    assert.equal(formatSeconds(125_000), '2 min 5 s');
  });
});
