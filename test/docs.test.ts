/** What the documents name is there: commands by their titles, pictures, other documents. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { COMMANDS, SETTING_DEFAULTS } from '../src/vscode/ids';

const ROOT = resolve(__dirname, '..');
const CATEGORY = 'LM Studio';
/** On one line, or broken once. */
const ITALICS = /(?<![*\w])\*([^*\n]+(?:\n[^*\n]+)?)\*(?![*\w])/g;
/** With dots as a command has them. */
const BUTTONS = ['More…', 'Change…'];

interface Manifest {
  readonly contributes: {
    readonly commands: readonly { readonly command: string; readonly title: string }[];
    readonly views: Readonly<Record<string, readonly { readonly name: string }[]>>;
  };
}

const texts = existsSync(join(ROOT, 'package.nls.json'))
  ? (JSON.parse(read('package.nls.json')) as Readonly<Record<string, string>>)
  : {};
const { contributes } = JSON.parse(read('package.json')) as Manifest;
/** Ids by title. */
const commands = new Map(contributes.commands.map(({ command, title }) => [inWords(title), command]));
/** VS Code makes one for every view. */
const focusCommands = Object.values(contributes.views).flatMap((views) =>
  views.map(({ name }) => `Focus on ${inWords(name)} View`),
);
const documents = [
  'README.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

describe('the documents', () => {
  it('name commands as the palette does', () => {
    const wrong = documents.flatMap((file) =>
      namedCommands(read(file))
        .filter((title) => !commands.has(title) && !focusCommands.includes(title))
        .map((title) => `${file}: ${title}`),
    );
    assert.deepEqual(wrong, []);
  });

  it('name only commands that a test in the extension host or in the workbench runs', () => {
    const tests = [...sources('test/host', '.ts'), ...sources('test/ui', '.mjs')].map(read).join('\n');
    const ids: readonly (readonly [string, string])[] = Object.entries(COMMANDS);
    const untested = [...new Set(documents.flatMap((file) => namedCommands(read(file))))].filter((title) => {
      const id = commands.get(title);
      const key = ids.find(([, value]) => value === id)?.[0];
      const traces = [`${CATEGORY}: ${title}`, ...(id ? [`'${id}'`, `COMMANDS.${key ?? id}`] : [`Focus on \${`])];
      return !traces.some((trace) => tests.includes(trace));
    });
    assert.deepEqual(untested, []);
  });

  it('name every command and every setting somewhere', () => {
    const named = new Set(
      documents.flatMap((file) => [...read(file).matchAll(ITALICS)].map(([, span]) => plain(span))),
    );
    const all = documents.map(read).join('\n');
    const commandsLeft = [...commands.keys()].filter((title) => !named.has(title));
    const settingsLeft = Object.keys(SETTING_DEFAULTS).filter((key) => !all.includes(`\`lmstudioBridge.${key}\``));
    assert.deepEqual([...commandsLeft, ...settingsLeft], []);
  });

  it('lead to files that are there', () => {
    const broken = documents.flatMap((file) =>
      [...read(file).matchAll(/\]\((?!\w+:|#)([^)#\s]+)/g)]
        .map(([, target]) => target ?? '')
        .filter((target) => !existsSync(join(ROOT, dirname(file), target)))
        .map((target) => `${file}: ${target}`),
    );
    assert.deepEqual(broken, []);
  });

  it('use every picture that there is', () => {
    const all = documents.map(read).join('\n');
    assert.deepEqual(
      readdirSync(join(ROOT, 'docs/images')).filter((name) => !all.includes(`images/${name}`)),
      [],
    );
  });
});

/** Set in italics with the category before it, or with the dots of a command that asks for something. */
function namedCommands(text: string): readonly string[] {
  const spans = [...text.replace(/```[\s\S]*?```/g, '').matchAll(ITALICS)];
  return spans
    .map(([, span]) => (span ?? '').replace(/\s+/g, ' '))
    .filter((span) => span.startsWith(`${CATEGORY}: `) || (/^\w[^:]*…$/.test(span) && !BUTTONS.includes(span)))
    .map(plain);
}

/** A title as the palette has it, without its category. */
function plain(span = ''): string {
  return span.replace(/\s+/g, ' ').replace(`${CATEGORY}: `, '');
}

/** Of package.json: `%key%` stands for an entry of package.nls.json. */
function inWords(text: string): string {
  return texts[/^%(.+)%$/.exec(text)?.[1] ?? ''] ?? text;
}

function sources(folder: string, ending: string): readonly string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name));
}

function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}
