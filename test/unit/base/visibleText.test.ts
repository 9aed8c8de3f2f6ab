import assert from 'node:assert/strict';
import fc from 'fast-check';
import { visibleText } from '../../../src/base/visibleText';

describe('visible text', () => {
  it('keeps text, tabs, line feeds and any script', () => {
    const text = 'a\tb\nçé 漢字 العربية 👩‍👩‍👧 ✓';
    assert.equal(visibleText(text), text);
  });

  it('removes terminal colours, titles and links', () => {
    assert.equal(visibleText('\u001b[31mred\u001b[0m'), 'red');
    assert.equal(visibleText('\u001b]0;title\u0007text'), 'text');
    assert.equal(visibleText('\u001b]8;;http://evil\u001b\\link\u001b]8;;\u001b\\'), 'link');
  });

  it('shows other controls, bidirectional overrides and invisible characters as �', () => {
    const hidden = ['\u0000', '\u0008', '\r', '\u001b', '\u007f', '\u009b', '\u200e', '\u202e', '\u2066', '\u{e0041}'];
    const alsoHidden = ['\u061c', '\u200b', '\u2060', '\u2063', '\ufeff'];
    for (const character of [...hidden, ...alsoHidden]) {
      assert.equal(visibleText(`a${character}b`), 'a�b', `U+${character.codePointAt(0)?.toString(16) ?? ''}`);
    }
  });

  it('writes Windows line ends as line feeds', () => {
    assert.equal(visibleText('a\r\nb'), 'a\nb');
  });

  it('cannot be tricked into making an escape sequence out of the pieces of others', () => {
    const piece = fc.constantFrom('\u001b', '[', ']', '31m', '0;', '\u0007', '\\', '\u001b[0m', 'x', '\u009b');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        assert.doesNotMatch(visibleText(pieces.join('')), /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
      }),
      { numRuns: 2_000 },
    );
  });
});
