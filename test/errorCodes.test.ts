/** docs/errors.md, docs/cli.md, the list of codes and the tests say the same. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ERROR_CODES } from '../src/base/errors';
import { ERROR_ROWS, HINTS } from '../src/llm/errorCatalogue';
import { RESILIENCE_DEFAULTS } from '../src/llm/resilience';

const ROOT = resolve(__dirname, '..');
const read = (...path: string[]): string => readFileSync(join(ROOT, ...path), 'utf8');

const errorsPage = read('docs', 'errors.md');
/** The rows whose first cell is a code. */
const rows = errorsPage.split('\n').flatMap((line) => {
  const code = /^\| `([a-z-]+)` \|/.exec(line)?.[1];
  return code === undefined ? [] : [{ code, line }];
});
const tests = readdirSync(join(ROOT, 'test'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.test.ts') && !file.endsWith('errorCodes.test.ts'))
  .map((file) => read('test', file))
  .join('\n');

describe('the pages about errors', () => {
  it('have a line for every code, and for nothing else', () => {
    assert.deepEqual(rows.map(({ code }) => code).sort(), [...ERROR_CODES].sort());
  });

  it('list the same codes for the command line', () => {
    const list = /^Codes: ([\s\S]*?)\.$/m.exec(read('docs', 'cli.md'))?.[1] ?? '';
    assert.deepEqual([...list.matchAll(/`([a-z-]+)`/g)].map(([, code]) => code).sort(), [...ERROR_CODES].sort());
  });

  it('name a test for every code, and one that exists', () => {
    for (const { code, line } of rows) {
      const name = /"([^"]+)" \|$/.exec(line)?.[1];
      assert.ok(name, `${code} names no test`);
      const quoted = [`'${name}'`, `"${name}"`, `\`${name}\``];
      assert.ok(
        quoted.some((text) => tests.includes(text)),
        `${code}: there is no test "${name}"`,
      );
    }
  });

  it('know every row of the error catalogue', () => {
    for (let row = 1; row <= 17; row++) {
      assert.match(errorsPage, new RegExp(`\\bE${String(row)}\\b`), `E${String(row)} does not stand in docs/errors.md`);
      assert.match(tests, new RegExp(`['"\`]E${String(row)} `), `no test is named after E${String(row)}`);
    }
  });

  it('tell the limits as they are', () => {
    const { reads, turns, breaker } = RESILIENCE_DEFAULTS;
    const seconds = (ms: number): string => `${String(ms / 1_000)} s`;
    const line = ({ attempts, baseMs, maxMs, maxRetryAfterMs }: typeof reads): string =>
      `| ${[String(attempts), ...[baseMs, maxMs, maxRetryAfterMs].map(seconds)].join(' | ')} |`;
    assert.ok(errorsPage.includes(`only read ${line(reads)}`));
    assert.ok(errorsPage.includes(`of a task ${line(turns)}`));
    assert.deepEqual([breaker.failures, breaker.openMs], [5, 5_000], 'docs/errors.md says five and five seconds');
  });

  it('and every text of a server that we know leads to a code with a hint', () => {
    for (const { code, hint, pattern } of ERROR_ROWS) assert.ok(hint ?? HINTS[code], String(pattern));
  });
});
