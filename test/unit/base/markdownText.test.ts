import assert from 'node:assert/strict';
import fc from 'fast-check';
import { markdownText } from '../../../src/base/markdownText';

describe('a text in Markdown', () => {
  it('makes no link, icon, tag, picture or address of what somebody wrote', () => {
    assert.equal(markdownText('[a](command:x)'), '\\[a\\]\\(command&#58;x\\)');
    assert.equal(markdownText('$(rocket)'), '&#36;\\(rocket\\)');
    assert.equal(markdownText('<img src=x>'), '&lt;img src=x&gt;');
    assert.equal(markdownText('http://a.b me@b.c'), 'http&#58;//a\\.b me&#64;b\\.c');
    assert.equal(markdownText('plain words, 12'), 'plain words, 12');
  });

  it('leaves nothing that Markdown reads as markup, and loses nothing', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const written = markdownText(text);
        assert.doesNotMatch(
          written.replace(/\\[!-/:-@[-`{-~]/g, '').replace(/&(lt|gt|amp|#\d+);/g, ''),
          /[`*_[\]()<>$:@|~]/,
        );
        const read = written
          .replace(/\\([!-/:-@[-`{-~])/g, (_, character: string) => (character === '\\' ? '\u0000' : character))
          .replaceAll('\u0000', '\\')
          .replaceAll('&lt;', '<')
          .replaceAll('&gt;', '>')
          .replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
          .replaceAll('&amp;', '&');
        if (!/[&\u0000]/.test(text)) assert.equal(read, text);
      }),
    );
  });
});
