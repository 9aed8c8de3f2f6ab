import assert from 'node:assert/strict';
import fc from 'fast-check';
import { limitText } from '../../../src/agent/resultText';

const NOTE = /\n\[… (\d+) of (\d+) characters left out here[^\n]*\]\n/;

describe('the limit of a result', () => {
  it('leaves what fits as it is', () => {
    assert.deepEqual(limitText('12345', 5), { text: '12345', truncated: false });
    assert.deepEqual(limitText('', 0), { text: '', truncated: false });
  });

  it('keeps the beginning and the end, and says what is missing', () => {
    const { text, truncated } = limitText('b'.repeat(700) + 'm'.repeat(1_000) + 'e'.repeat(300), 1_000);
    assert.equal(truncated, true);
    assert.equal(text.replace(NOTE, '|'), `${'b'.repeat(700)}|${'e'.repeat(300)}`);
    assert.deepEqual(NOTE.exec(text)?.slice(1), ['1000', '2000']);
  });

  it('never cuts a character in half, exceeds the limit, or miscounts', () => {
    const texts = fc.string({ unit: fc.constantFrom('a', 'é', '漢', '👍', '𝄞'), minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(texts, fc.nat(200), (whole, limit) => {
        const { text, truncated } = limitText(whole, limit);
        assert.equal(truncated, whole.length > limit);
        assert.equal(Buffer.from(text).toString(), text, 'half a character has no bytes');
        if (!truncated) return;
        const [head = '', tail = ''] = text.split(NOTE).filter((_, index) => index === 0 || index === 3);
        assert.ok(whole.startsWith(head) && whole.endsWith(tail));
        assert.ok(head.length + tail.length <= limit);
        assert.equal(Number(NOTE.exec(text)?.[1]), whole.length - head.length - tail.length);
      }),
      { numRuns: 1_000 },
    );
  });
});
