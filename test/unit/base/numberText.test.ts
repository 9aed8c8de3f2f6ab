import assert from 'node:assert/strict';
import { countText, decimalText, writeNumbersIn } from '../../../src/base/numberText';

describe('numbers for people', () => {
  afterEach(() => writeNumbersIn('en'));

  /** How often a format is made while `work` goes on. */
  function formatsMade(work: () => void): number {
    const { NumberFormat } = Intl;
    let made = 0;
    Intl.NumberFormat = new Proxy(NumberFormat, {
      construct(target, args: ConstructorParameters<typeof NumberFormat>) {
        made += 1;
        return new target(...args);
      },
    });
    try {
      work();
    } finally {
      Intl.NumberFormat = NumberFormat;
    }
    return made;
  }

  it('are English until a door says otherwise', () => {
    assert.deepEqual([0, 999, 32_768, 1_234_567, -1_000].map(countText), ['0', '999', '32,768', '1,234,567', '-1,000']);
    assert.deepEqual([decimalText(5, 1), decimalText(1234.56, 1), decimalText(0.05, 2)], ['5.0', '1,234.6', '0.05']);
  });

  it('are those of the language of the editor', () => {
    writeNumbersIn('de');
    assert.equal(countText(32_768), '32.768');
    assert.equal(decimalText(1234.56, 1), '1.234,6');
    writeNumbersIn('fr');
    assert.equal(decimalText(5, 1), '5,0');
  });

  it('are English where nobody knows the language', () => {
    writeNumbersIn('not a language');
    assert.equal(countText(32_768), '32,768');
    assert.equal(decimalText(0.5, 1), '0.5');
  });

  it('cost nothing in English, and elsewhere nothing before the first one', () => {
    assert.equal(
      formatsMade(() => countText(32_768)),
      0,
    );
    assert.equal(
      formatsMade(() => writeNumbersIn('de')),
      0,
    );
    assert.equal(
      formatsMade(() => {
        for (const count of [1_000, 2_000]) countText(count);
      }),
      1,
    );
  });
});
