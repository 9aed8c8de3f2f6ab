import assert from 'node:assert/strict';
import fc from 'fast-check';
import { placeAt } from '../../../src/tasks/taskFilePlaces';

/** The place of the mark `|` in the text. */
function at(marked: string) {
  const offset = marked.indexOf('|');
  const before = marked.slice(0, offset).split('\n');
  const text = marked.slice(0, offset) + marked.slice(offset + 1);
  const found = placeAt(text, before.length - 1, before.at(-1)?.length ?? 0);
  if (!found) return undefined;
  const { place, word } = found;
  const what = place.kind === 'key' ? place.of : place.kind === 'value' ? place.key : 'input';
  return `${place.kind} ${what} "${word}"`;
}

const front = (lines: string): string => `---\n${lines}\n---\nDo it.`;

describe('a place in a task file', () => {
  it('is a key, a value, an item or a reference', () => {
    const cases: readonly (readonly [string, string | undefined])[] = [
      [front('|'), 'key file ""'],
      [front('ser|'), 'key file "ser"'],
      [front('mod|el: qwen'), 'key file "model"'],
      [front('model: qw|en/qwen3-8b'), 'value model "qwen/qwen3-8b"'],
      [front('model:|'), 'value model ""'],
      [front('approval: |'), 'value approval ""'],
      [front('servers: [files, me|]'), 'value servers "me"'],
      [front('servers:\n  - fi|'), 'value servers "fi"'],
      [front('servers:\n- fi|'), 'value servers "fi"'],
      [front('tools:\n  - a\n  - |'), 'value tools ""'],
      [front('limits:\n  |'), 'key limits ""'],
      [front('limits:\n  rounds: 3\n  to|'), 'key limits "to"'],
      [front('limits:\n  rounds: |'), 'value rounds ""'],
      [front('inputs:\n  topic:\n    de|'), 'key input "de"'],
      [front('inputs:\n  topic:\n    default: a|'), 'value default "a"'],
      [front('inputs:\n  to|'), undefined],
      [front('limits:\n  rounds: 3\nmo|'), 'key file "mo"'],
      [front('# mo|'), undefined],
      ['-|--\nmodel: a\n---\nx', undefined],
      ['---\nmodel: a\n-|--\nx', undefined],
      ['---\nmodel: a\n---\nmod|', undefined],
      ['---\nmodel: a\n---\nAbout ${input:to|pic}.', 'reference input "topic"'],
      ['---\nmodel: a\n---\nAbout ${input:|', 'reference input ""'],
      ['---\nmodel: a\n---\nAbout ${input:topic} |', undefined],
      ['Without ${input:|a}', 'reference input "a"'],
      // Not closed yet: all of it is front matter.
      ['---\nmod|', 'key file "mod"'],
    ];
    for (const [marked, expected] of cases) assert.equal(at(marked), expected, JSON.stringify(marked));
  });

  it('is found anywhere in any text without a throw, and within its line', () => {
    const bit = fc.oneof(
      fc.string(),
      fc.constantFrom('---\n', '\n', '  ', 'limits:', 'inputs:\n', '- ', '${input:', '"'),
    );
    fc.assert(
      fc.property(fc.array(bit), fc.nat(12), fc.nat(40), (bits, line, column) => {
        const text = bits.join('');
        const current = text.split(/\r\n|\r|\n/)[line] ?? '';
        const found = placeAt(text, line, Math.min(column, current.length));
        if (!found) return;
        assert.equal(current.slice(found.start, found.end), found.word);
      }),
    );
  });
});
