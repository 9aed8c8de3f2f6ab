/** docs/multi-model.md names commands that exist, and that a test runs in the editor. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { COMMANDS } from '../../../../src/vscode/ids';

const ROOT = resolve(__dirname, '../../../..');
const read = (...path: string[]): string => readFileSync(join(ROOT, ...path), 'utf8');

interface Manifest {
  readonly contributes: { readonly commands: readonly { readonly command: string; readonly title: string }[] };
}

describe('the guide for several models', () => {
  it('names only commands that exist, and each of them is run by a host test', () => {
    const manifest = JSON.parse(read('package.json')) as Manifest;
    // The titles may stand in package.nls.json.
    const texts = JSON.parse(
      readdirSync(ROOT).includes('package.nls.json') ? read('package.nls.json') : '{}',
    ) as Record<string, string>;
    const commands = manifest.contributes.commands.map(({ command, title }) => ({
      command,
      title: texts[title.replaceAll('%', '')] ?? title,
    }));
    const page = read('docs', 'multi-model.md').replace(/\s+/g, ' ');
    const named = [...new Set([...page.matchAll(/\*LM Studio: ([^*]+)\*/g)].map(([, title]) => title))];
    assert.ok(named.length > 15);
    const folder = join(ROOT, 'test', 'host');
    const tests = readdirSync(folder).filter((name) => name.endsWith('.test.ts'));
    const code = tests.map((name) => readFileSync(join(folder, name), 'utf8')).join('\n');
    for (const title of named) {
      const id = commands.find((command) => command.title === title)?.command;
      const key = Object.entries(COMMANDS).find(([, known]) => known === id)?.[0];
      assert.ok(key, `there is no command "${String(title)}"`);
      assert.ok(code.includes(`COMMANDS.${key}`), `no host test runs "${String(title)}"`);
    }
  });
});
