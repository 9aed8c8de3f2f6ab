import assert from 'node:assert/strict';
import fc from 'fast-check';
import { placesIn } from '../../../../src/vscode/documents/textPlaces';

/** What is named where: the text of the link, its path, and its place. */
const named = (line: string) =>
  placesIn(line).map(({ start, end, path, line: at, column }) => [line.slice(start, end), path, at, column]);

describe('the files that a line of text names', () => {
  it('are paths and names of files, with line and column where they are given', () => {
    assert.deepEqual(named('See src/a.ts:12:3, ./b.md:4 and README.md.'), [
      ['src/a.ts:12:3', 'src/a.ts', 12, 3],
      ['./b.md:4', './b.md', 4, undefined],
      ['README.md', 'README.md', undefined, undefined],
    ]);
    assert.deepEqual(named('(docs/x.md#L7) `/abs/y` at /z/w.js:0'), [
      ['docs/x.md#L7', 'docs/x.md', 7, undefined],
      ['/abs/y', '/abs/y', undefined, undefined],
      ['/z/w.js:0', '/z/w.js', undefined, undefined],
    ]);
  });

  it('are the texts of JSON too, with blanks and backslashes', () => {
    assert.deepEqual(named('  "path": "notes of mine/to do.txt",'), [
      ['notes of mine/to do.txt', 'notes of mine/to do.txt', undefined, undefined],
    ]);
    assert.deepEqual(named('{"path":"C:\\\\work\\\\a.ts"}')[0]?.slice(0, 2), ['C:\\\\work\\\\a.ts', 'C:\\work\\a.ts']);
  });

  it('are those of file URLs, and no other addresses', () => {
    assert.deepEqual(named('file:///w/a%20b.ts#L3 http://x.y/z.html command:foo/bar git@host:x'), [
      ['file:///w/a%20b.ts#L3', '/w/a b.ts', 3, undefined],
    ]);
    assert.deepEqual(named('file://%zz/a.ts'), []);
  });

  it('are no words, numbers and marks', () => {
    assert.deepEqual(named('The end. 1.5 or 3/4? and/or'), [
      ['3/4', '3/4', undefined, undefined],
      ['and/or', 'and/or', undefined, undefined],
    ]);
    assert.deepEqual(named('--- ... / // "" "plain" ## a:1'), []);
  });

  it('stand where they are said to stand, in any text, and are found in no time', () => {
    const piece = fc.oneof(
      fc.constantFrom('a/b.c', '"', '\\', ':', '1', ' ', '#L', 'file://', '/', '.', '(', 'x y', '\u202e', '"a/b":2"'),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (parts) => {
        const line = parts.join('');
        let last = 0;
        for (const { start, end, path } of placesIn(line)) {
          assert.ok(start >= last && end > start && end <= line.length && path !== '');
          last = end;
        }
      }),
    );
    const began = performance.now();
    for (const long of ['a/'.repeat(500_000), '"'.repeat(1e6), '\\'.repeat(1e6), `"${'\\"'.repeat(5e5)}`])
      placesIn(long);
    // On any machine: what grows with the square of the length takes minutes.
    assert.ok(performance.now() - began < 10_000);
  });
});
