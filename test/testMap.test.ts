/** docs/test-map.md and docs/predecessor.md name tests that exist. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(__dirname, '..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

interface Row {
  readonly cells: readonly string[];
  /** The tests that it names. */
  readonly tests: readonly { readonly file: string; readonly title: string }[];
}

/** The rows below a heading, without the head of the table. */
function rowsOf(page: string, heading: string): readonly Row[] {
  const section = page.split(/^## /m).find((text) => text.startsWith(heading)) ?? assert.fail(`no section ${heading}`);
  return section
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2)
    .map((line) => ({
      cells: line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
      tests: [...line.matchAll(/`(test\/[^`]+\.ts)`: `([^`]+)`/g)].map(([, file = '', title = '']) => ({
        file,
        title,
      })),
    }));
}

const map = read('docs/test-map.md');
const predecessor = read('docs/predecessor.md');
const [errors, quirks, traps] = ['The error catalogue', 'Quirks', 'Traps'].map((name) => rowsOf(map, name)) as [
  readonly Row[],
  readonly Row[],
  readonly Row[],
];
const features = rowsOf(predecessor, 'Core features');
const scenarios = rowsOf(predecessor, 'Failure scenarios');

describe('the pages that name our tests', () => {
  it('name at least one in each row, by a file that is there and a title that it has', () => {
    for (const { cells, tests } of [...errors, ...quirks, ...traps, ...features, ...scenarios]) {
      assert.ok(tests.length > 0, `no test: ${cells.join(' | ')}`);
      for (const { file, title } of tests) {
        assert.ok(existsSync(join(ROOT, file)), file);
        const source = read(file);
        const quoted = [`'${title}'`, `"${title}"`, `\`${title}\``];
        assert.ok(
          quoted.some((text) => source.includes(text)),
          `${file} has no test "${title}"`,
        );
      }
    }
  });

  it('name only tests against the simulator', () => {
    for (const { file } of [...errors, ...quirks, ...traps, ...features, ...scenarios].flatMap(({ tests }) => tests)) {
      assert.match(read(file), /\/(simulator\/server|support\/opened|soak\/soak)'/, file);
    }
  });

  it('leave nothing out: the rows of the catalogue, the features and the scenarios', () => {
    assert.deepEqual(
      errors.map(({ cells }) => cells[0]),
      Array.from({ length: 17 }, (_, index) => `E${String(index + 1)}`),
    );
    assert.deepEqual(
      features.map(({ cells }) => cells[0]),
      Array.from({ length: 13 }, (_, index) => String(index + 1)),
    );
    assert.equal(scenarios.length, 28);
  });
});
