/** docs/troubleshooting.md is the doctor's own list, and every command that it or the doctor names exists by that title. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { FINDINGS } from '../src/tasks/doctorCatalogue';
import { editorCommands } from '../src/vscode/firstRun/remedies';
import { SETTING_DEFAULTS } from '../src/vscode/ids';

const REMEDIES = editorCommands();
const ROOT = resolve(__dirname, '..');
const page = readFileSync(join(ROOT, 'docs', 'troubleshooting.md'), 'utf8');
const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  contributes: { commands: readonly { command: string; title: string; category: string }[] };
};
const nls = readNls();
const titles = new Map(
  manifest.contributes.commands.map(({ command, title, category }) => [command, `${text(category)}: ${text(title)}`]),
);

/** The texts of package.json stand in a file of their own where it names them by `%key%`. */
function readNls(): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(readFileSync(join(ROOT, 'package.nls.json'), 'utf8')) as Record<string, unknown>;
  } catch {
    return {};
  }
}

function text(written: string): string {
  const entry = nls[/^%(.*)%$/.exec(written)?.[1] ?? ''];
  const message = typeof entry === 'object' && entry !== null && 'message' in entry ? entry.message : entry;
  return typeof message === 'string' ? message : written;
}

describe('the troubleshooting guide', () => {
  const sections = new Map(
    page
      .split(/^### /m)
      .slice(1)
      .map((section) => [/^`([\w-]+)`/.exec(section)?.[1] ?? section, section]),
  );

  it('has a section for every finding of the doctor, and no other', () => {
    assert.deepEqual([...sections.keys()].sort(), Object.keys(FINDINGS).sort());
  });

  it('says of each how bad it is and which command helps', () => {
    const words = { error: 'Error', warning: 'Warning', info: 'Note' };
    for (const [id, { severity, remedy }] of Object.entries(FINDINGS)) {
      const section = sections.get(id) ?? '';
      assert.match(section, new RegExp(`^\\S+\\n\\n${words[severity]}\\. `), id);
      assert.ok(section.includes(`What helps: *${REMEDIES[remedy].title}*.`), `${id}: ${REMEDIES[remedy].title}`);
    }
  });

  it('calls commands and settings by their names', () => {
    for (const { command, title } of Object.values(REMEDIES))
      if (command.startsWith('lmstudioBridge.')) assert.equal(title, titles.get(command), command);
    for (const [, name = ''] of page.matchAll(/`lmstudioBridge\.([\w.]+)`/g))
      assert.ok(name in SETTING_DEFAULTS, `lmstudioBridge.${name}`);
    const named = [...page.matchAll(/\*(LM Studio: [^*]+)\*/g)].map(([, title]) => title);
    for (const title of named) assert.ok([...titles.values()].includes(title ?? ''), title);
  });
});
