/** Everything that package.json contributes is named by a test in the extension host or in the workbench. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as chatIds from '../src/vscode/chat/participantIds';
import * as ids from '../src/vscode/ids';
import { readManifest, ROOT } from './support/manifest';

interface MenuItem {
  readonly command?: string;
  readonly submenu?: string;
  readonly when?: string;
}

interface Contributions {
  readonly commands: readonly { readonly command: string; readonly title: string; readonly category: string }[];
  readonly menus: Readonly<Record<string, readonly MenuItem[]>>;
  readonly keybindings: readonly { readonly command: string }[];
  readonly views: Readonly<Record<string, readonly { readonly id: string; readonly name: string }[]>>;
  readonly viewsContainers: Readonly<Record<string, readonly { readonly id: string; readonly title: string }[]>>;
  readonly viewsWelcome: readonly { readonly view: string; readonly when?: string; readonly contents: string }[];
  readonly configuration: readonly { readonly properties: Readonly<Record<string, object>> }[];
}

/** What no test can name, and why. An entry that is named all the same, or does not exist, fails. */
const REASONS: Readonly<Record<string, string>> = {
  'viewsWelcome lmstudioBridge.serverState == unknown': 'gone before a test could see it',
  'viewsWelcome lmstudioBridge.mcpWelcome == reading': 'gone before a test could see it',
  'viewsWelcome lmstudioBridge.tasksWelcome == reading': 'gone before a test could see it',
  'viewsWelcome lmstudioBridge.serverState == offline && !lmstudioBridge.lmsFound && !lmstudioBridge.serverConfigured':
    'without an address LM Studio is looked for on the whole computer, where one may run',
  'viewsWelcome lmstudioBridge.serverState == online && lmstudioBridge.modelsFiltered':
    'the same sentence as above the rows, which test/host/modelsView.test.ts reads',
};

const sources = ['test/host', 'test/ui'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.test\.ts$|\.ui\.mjs$|^(harness-front\.mjs)$/.test(name))
    .map((name) => ({ name, text: withoutComments(readFileSync(join(ROOT, folder, name), 'utf8')) })),
);
const all = sources.map(({ text }) => text).join('\n');
/** Where every setting is set to something wrong: that alone tells nothing of what it is for. */
const butSettings = sources
  .filter(({ name }) => name !== 'settings.test.ts')
  .map(({ text }) => text)
  .join('\n');
const literals = new Set([...all.matchAll(/'([\w.:-]+)'/g)].map(([, text = '']) => text));
const contributes = (readManifest() as { contributes: Contributions }).contributes;

function withoutComments(text: string): string {
  return text.replace(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, '');
}

/** As text of its own, not as the beginning of a longer one. */
function names(text: string, word: string): boolean {
  return new RegExp(`(?<![\\w.])${word.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')}(?![\\w])`).test(text);
}

/** By itself, or by the constant of src/vscode/ids.ts that stands for it. */
function isNamed(id: string): boolean {
  const constants = Object.entries({ ...ids, ...chatIds }).flatMap(([name, value]) => (value === id ? [name] : []));
  const commands = Object.entries(ids.COMMANDS).flatMap(([name, value]) => (value === id ? [`COMMANDS.${name}`] : []));
  return [id, ...constants, ...commands].some((name) => names(all, name));
}

function isCommandNamed(id: string): boolean {
  const command = contributes.commands.find((one) => one.command === id);
  return isNamed(id) || (command !== undefined && all.includes(`${command.category}: ${command.title}`));
}

/** Its command is run, and a row that it is offered for is looked at. */
function isActionNamed({ command = '', submenu = '', when = '' }: MenuItem): boolean {
  const pattern = /viewItem =~ \/(.*?)\/(?: |$)/.exec(when)?.[1];
  const value = /viewItem == (\w+)/.exec(when)?.[1];
  const isRowSeen =
    (pattern === undefined || [...literals].some((text) => new RegExp(pattern).test(text))) &&
    (value === undefined || literals.has(value));
  return isRowSeen && (submenu === '' ? isCommandNamed(command) : isNamed(submenu));
}

/** The first line that stands there, which a test in the workbench waits for. */
function isWelcomeNamed(contents: string): boolean {
  const [first = ''] = contents.split('\n');
  return all.includes(first.slice(0, 30));
}

interface Contribution {
  readonly what: string;
  readonly isNamed: boolean;
}

/** What every other contribution is told apart by. */
const OTHER_IDS = ['id', 'name', 'vendor', 'type', 'command', 'language', 'scopeName'] as const;

function others(): readonly Contribution[] {
  const known = ['commands', 'menus', 'keybindings', 'views', 'viewsContainers', 'viewsWelcome', 'configuration'];
  return Object.entries(contributes)
    .filter(([kind]) => !known.includes(kind))
    .flatMap(([kind, items]) =>
      [items].flat().flatMap((item) => ofItem(kind, item as Readonly<Record<string, unknown>>)),
    );
}

function ofItem(kind: string, item: Readonly<Record<string, unknown>>): readonly Contribution[] {
  const id = OTHER_IDS.map((key) => item[key]).find((value) => typeof value === 'string') ?? kind;
  const own = { what: `${kind} ${id}`, isNamed: isNamed(id) };
  // Commands of a chat participant, steps of a walkthrough.
  const parts = [item['commands'], item['steps']].flat().filter((part) => typeof part === 'object' && part !== null);
  return [own, ...parts.flatMap((part) => ofItem(own.what, part as Readonly<Record<string, unknown>>))];
}

function contributions(): readonly Contribution[] {
  const { commands, menus, keybindings, views, viewsContainers, viewsWelcome, configuration } = contributes;
  const prefix = `${ids.SETTINGS_SECTION}.`;
  const settings = configuration.flatMap(({ properties }) => Object.keys(properties));
  const isOlder = (key: string): boolean => ids.OLDER_SETTINGS.some((older) => key === prefix + older);
  return [
    ...commands.map(({ command }) => ({ what: `command ${command}`, isNamed: isCommandNamed(command) })),
    ...Object.entries(menus).flatMap(([menu, items]) =>
      items
        .filter(({ when }) => when !== 'false')
        .map((item) => ({
          what: `${menu} ${item.command ?? item.submenu ?? ''} when ${item.when ?? 'always'}`,
          isNamed: isActionNamed(item),
        })),
    ),
    ...keybindings.map(({ command }) => ({ what: `keybinding ${command}`, isNamed: isCommandNamed(command) })),
    ...Object.values(views)
      .flat()
      .map(({ id, name }) => ({ what: `view ${id}`, isNamed: isNamed(id) || names(all, `'${name}'`) })),
    ...Object.values(viewsContainers)
      .flat()
      .map(({ id, title }) => ({ what: `container ${id}`, isNamed: isNamed(id) || names(all, `'${title}'`) })),
    ...viewsWelcome.map(({ when = '', contents }) => ({
      what: `viewsWelcome ${when}`,
      isNamed: isWelcomeNamed(contents),
    })),
    ...settings.map((key) => {
      const text = isOlder(key) ? all : butSettings;
      const isKeyNamed = names(text, `'${key.slice(prefix.length)}'`) || names(text, key);
      return { what: `setting ${key}`, isNamed: isKeyNamed };
    }),
    ...others(),
  ];
}

describe('what package.json contributes', () => {
  it('is named by a test in the extension host or in the workbench', () => {
    const missing = contributions().filter((one) => !one.isNamed && !(one.what in REASONS));
    assert.deepEqual(
      missing.map(({ what }) => what),
      [],
    );
  });

  it('has no reason to be without a test where it has one', () => {
    const found = new Map(contributions().map((one) => [one.what, one]));
    for (const what of Object.keys(REASONS)) assert.equal(found.get(what)?.isNamed, false, what);
  });

  it('would be missed', () => {
    assert.ok(contributions().length > 150);
    assert.ok(!isCommandNamed('lmstudioBridge.nothing'));
    assert.ok(!names("'lmstudioBridge.models'", 'lmstudioBridge.model'), 'the beginning of a longer id is not the id');
    assert.ok(names('(COMMANDS.loadModel)', 'COMMANDS.loadModel'));
    assert.ok(!isActionNamed({ command: ids.COMMANDS.loadModel, when: 'viewItem =~ /^nothing\\.like$/' }));
    assert.ok(!isWelcomeNamed('No such text stands anywhere.'));
  });
});
