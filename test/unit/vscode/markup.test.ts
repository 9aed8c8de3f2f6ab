import assert from 'node:assert/strict';
import fc from 'fast-check';
import { markupFree, plainRow, plainWords, withoutIcons, withoutLinks } from '../../../src/vscode/markup';

/** As VS Code finds links (`parseLinkedText`) and icons (`renderLabelWithIcons`), and takes icons out (`stripIcons`). */
const LINK = /\[([^\]]+)\]\(((?:https?:\/\/|command:|file:)[^)\s]+)(?: (["'])(.+?)(\3))?\)/i;
const ICON = /(\\)?\$\([a-z0-9-]+(?:~[a-z]+)?\)/i;
const ICONS_TO_STRIP = /(\s)?(\\)?\$\([A-Za-z0-9-]+(?:~[A-Za-z]+)?\)(\s)?/g;

function stripIcons(text: string): string {
  return text.replace(ICONS_TO_STRIP, (all, before?: string, escaped?: string, after?: string) =>
    escaped ? all : (before ?? after ?? ''),
  );
}

/** What a notification of progress reads for links. */
function progressText(title: string, message: string): string {
  return stripIcons(`${title}: ${message}`)
    .replace(/\r\n|\n|\r/g, ' ')
    .trim();
}

const PIECES = ['[', ']', '(', ')', 'a', ' ', '\\', '$', '$(x)', '](', 'command:b', 'https://c.d', '\n', '\r\n', '!'];
const nasty = fc.array(fc.constantFrom(...PIECES), { maxLength: 14 }).map((pieces) => pieces.join(''));

describe('words of others', () => {
  it('become neither links nor icons', () => {
    assert.equal(withoutLinks('a [b](command:c) d'), 'a [b] (command:c) d');
    assert.equal(withoutIcons('a $(check)'), 'a $ (check)');
    assert.equal(markupFree('a\n$(check)'), 'a $ (check)');
  });

  it('become no link where VS Code takes the icons out first', () => {
    const task = '"[Free seats]$(x)(command:workbench.action.quit)"';
    assert.match(progressText('LM Studio task', withoutLinks(task)), LINK);
    assert.doesNotMatch(progressText('LM Studio task', plainWords(task)), LINK);
  });

  it('stand in the row of a pick as they did, on one line', () => {
    assert.equal(plainRow('a\r\n![b][c]\n\n[c]: https://d.e'), 'a⏎![b][c]⏎⏎[c]: https://d.e');
  });

  it('stay plain whatever they are', () => {
    fc.assert(
      fc.property(nasty, nasty, (one, other) => {
        const [title, message] = [plainWords(one), plainWords(other)];
        for (const text of [title, plainRow(one), progressText(title, message)]) {
          assert.doesNotMatch(text, LINK);
          assert.doesNotMatch(text, ICON);
        }
        assert.equal(plainWords(title), title);
        assert.equal(title.replaceAll(' ', ''), one.replaceAll(' ', ''));
      }),
    );
  });
});
