import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Matcher {
  readonly name: string;
  readonly pattern: {
    readonly regexp: string;
    readonly file: number;
    readonly line: number;
    readonly column: number;
    readonly severity: number;
    readonly message: number;
  };
}

const manifest = readFileSync(join(__dirname, '../../../../package.json'), 'utf8');
const { contributes } = JSON.parse(manifest) as { contributes: { problemMatchers: readonly Matcher[] } };

/** Which matcher finds a problem in the line, and what. */
function found(line: string): string[] {
  return contributes.problemMatchers.flatMap(({ name, pattern }) => {
    const match = new RegExp(pattern.regexp).exec(line);
    if (!match) return [];
    const parts = [pattern.file, pattern.line, pattern.column, pattern.severity, pattern.message];
    return [`${name} ${parts.map((index) => match[index]).join('|')}`];
  });
}

const within = (what: string): string[] => [`lmstudio-bridge ${what}`];
const whole = (what: string): string[] => [`lmstudio-bridge-absolute ${what}`];

describe('the problem matchers of tasks', () => {
  it('find a problem in a line of the answer, each path by one of them', () => {
    assert.deepEqual(found('src/a.ts:3:5: error: Bad thing'), within('src/a.ts|3|5|error|Bad thing'));
    assert.deepEqual(found('a:1:1: warning: x'), within('a|1|1|warning|x'));
    assert.deepEqual(found('- src/a b.ts:3:5: warning: Bad: thing'), within('src/a b.ts|3|5|warning|Bad: thing'));
    assert.deepEqual(found('* `src/a.ts:3:5`: info note'), within('src/a.ts|3|5|info|note'));
    assert.deepEqual(found('/home/a/b.ts:3:5: error: x'), whole('/home/a/b.ts|3|5|error|x'));
    assert.deepEqual(found('C:\\a\\b.ts:3:5: error: x'), whole('C:\\a\\b.ts|3|5|error|x'));
    assert.deepEqual(found('c:/a/b.ts:3:5: error: x'), whole('c:/a/b.ts|3|5|error|x'));
  });

  it('find none in what a tool gave, and in plain words', () => {
    for (const line of ['  src/a.ts:3:5: error: x', 'src/a.ts:3: error: x', 'Round 1', 'a.ts:3:5: fatal: x']) {
      assert.deepEqual(found(line), [], line);
    }
  });

  it('take no time for lines that were made to', () => {
    const started = performance.now();
    for (const bit of ['a ', 'a:', '1:1:', '- ', '`']) found(`${bit.repeat(300_000)}!`);
    // On any machine: what grows with the square of the length takes minutes.
    assert.ok(performance.now() - started < 10_000);
  });
});
