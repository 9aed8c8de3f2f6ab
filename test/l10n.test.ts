/** Every text for people is there in every language, and the script that keeps it so does what it says. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as l10n from '@vscode/l10n';
import { listFiles, PackageManager } from '@vscode/vsce';
import { visibleText } from '../src/base/visibleText';
import { settingProblem } from '../src/vscode/settings/settingRules';
import { readManifest, readRawManifest, readTexts, ROOT, type Texts } from './support/manifest';

interface CommandsOf {
  readonly contributes: { readonly commands: readonly { readonly category: string; readonly title: string }[] };
}

const LANGUAGES = ['de'];
const english = { manifest: readTexts('package.nls.json'), code: readTexts('l10n/bundle.l10n.json') };
const textsOf = (language: string) => ({
  manifest: readTexts(`package.nls.${language}.json`),
  code: readTexts(`l10n/bundle.l10n.${language}.json`),
});

/** The script, as `npm run l10n` runs it. */
function run(...args: readonly string[]): { readonly status: number | null; readonly lines: readonly string[] } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, 'scripts/l10n.mjs'), ...args], {
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  return { status, lines: `${stdout}${stderr}`.split('\n').filter((line) => line !== '') };
}

describe('the texts', () => {
  it('are up to date and complete in every language', () => {
    const { status, lines } = run('--check');
    assert.equal(status, 0, lines.join('\n'));
    // It reads the whole source with a parser.
  }).timeout(120_000);

  for (const language of LANGUAGES) {
    for (const kind of ['manifest', 'code'] as const) {
      it(`are the same ones in ${language}: ${kind}`, () => {
        const other = textsOf(language)[kind];
        assert.deepEqual(Object.keys(other).sort(), Object.keys(english[kind]).sort());
        const places = (text = ''): readonly string[] =>
          (text.match(/\{\w+\}|\(command:[^)]*\)|`#[^`]*#`/g) ?? []).sort();
        for (const [key, text] of Object.entries(english[kind])) {
          assert.notEqual(other[key]?.trim(), '', key);
          assert.deepEqual(places(other[key]), places(text), key);
        }
        const same = Object.keys(other).filter((key) => other[key] === english[kind][key]);
        assert.ok(same.length < Object.keys(other).length / 10, `not translated: ${same.join(', ')}`);
      });
    }
  }

  it('of package.json stand in package.nls.json, but for the name', () => {
    const found: string[] = [];
    const visit = (value: unknown, path: string): void => {
      if (typeof value === 'object' && value !== null) {
        for (const [key, item] of Object.entries(value)) visit(item, `${path}.${key}`);
      } else if (typeof value === 'string' && /\p{L}{2,} \p{L}{2,}|[…]$/u.test(value)) found.push(`${path}: ${value}`);
    };
    const { contributes, capabilities, description } = readRawManifest() as Readonly<Record<string, unknown>>;
    visit({ contributes, capabilities, description }, '');
    // What models read, conditions, and our name beside a problem.
    const forNobody =
      /\.(modelDescription|inputSchema\b.*|disambiguation\b.*|when|pattern|key|mac|default\b.*|source): /;
    assert.deepEqual(
      found.filter((line) => !forNobody.test(line)),
      [],
    );
  });

  it('are looked up wherever the code names one for people', () => {
    const written = readdirSync(join(ROOT, 'src/vscode'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .flatMap((name) => {
        const source = readFileSync(join(ROOT, 'src/vscode', name), 'utf8');
        const found = source.matchAll(
          /(?:\b(?:title|placeholder|prompt|detail|description|tooltip): |notify\('\w+', )(['"`])(.*?)\1/g,
        );
        return [...found].flatMap(([, , text = '']) =>
          /[a-z]{2,} [a-z]{2,}/i.test(text) && !text.includes('l10n.t(') ? [`${name}: ${text}`] : [],
        );
      });
    // Examples of what can be written there.
    const examples = [
      'models/arrangementActions.ts: qwen q4',
      'servers/addServer.ts: node "${workspaceFolder}/server.mjs" --verbose',
      'servers/addServer.ts: API_KEY REGION=eu',
    ];
    assert.deepEqual(
      written.filter((line) => !examples.includes(line)),
      [],
    );
  });

  it('are what VS Code shows in that language', () => {
    const german = readManifest('de') as { contributes: { commands: { command: string; title: string }[] } };
    const title = german.contributes.commands.find(({ command }) => command === 'lmstudioBridge.openSettings')?.title;
    assert.equal(title, 'Einstellungen öffnen');
    l10n.config({ contents: textsOf('de').code });
    try {
      assert.equal(
        settingProblem('task.maxRounds', 0),
        'Die Einstellung lmstudioBridge.task.maxRounds muss eine ganze Zahl von mindestens 1 sein; sie ist 0.',
      );
    } finally {
      l10n.config({ contents: {} });
    }
    assert.match(settingProblem('task.maxRounds', 0) ?? '', /^The setting /);
  });

  it('name commands as the palette shows them in that language', () => {
    const titlesIn = (language?: string): readonly string[] =>
      (readManifest(language) as CommandsOf).contributes.commands.map(({ category, title }) => `${category}: ${title}`);
    for (const language of LANGUAGES) {
      const titles = titlesIn(language);
      const translated = new Map(titlesIn().map((title, index) => [title, titles[index] ?? '']));
      const other = textsOf(language);
      const pairs = (['manifest', 'code'] as const).flatMap((kind) =>
        Object.entries(english[kind]).map(([key, text]) => [text, other[kind][key] ?? ''] as const),
      );
      const named = pairs.flatMap(([text, told]) => [
        ...[...text.matchAll(/\*(LM Studio: [^*]+)\*/g)].map(([, title = '']) => ({ title, told })),
        ...(translated.has(text) ? [{ title: text, told }] : []),
      ]);
      assert.ok(named.length > 10);
      for (const { title, told } of named)
        assert.ok(told.includes(translated.get(title) ?? assert.fail(`no command ${title}`)), told);
    }
  });

  it('have no hidden characters: VS Code has no layout from right to left, and names could turn a sentence round', () => {
    const files = [english, ...LANGUAGES.map(textsOf)].flatMap(({ manifest, code }): readonly Texts[] => [
      manifest,
      code,
    ]);
    for (const text of files.flatMap((texts) => Object.entries(texts).flat())) assert.equal(visibleText(text), text);
    // A name that comes from a server is stripped of what changes the direction (src/base/visibleText.ts).
    assert.equal(visibleText('qwen\u202egnp.exe\u2066'), 'qwen�gnp.exe�');
  });

  it('are in the package', async () => {
    const files = await listFiles({ cwd: ROOT, packageManager: PackageManager.None });
    const translated = LANGUAGES.flatMap((name) => [`package.nls.${name}.json`, `l10n/bundle.l10n.${name}.json`]);
    for (const file of ['package.nls.json', ...translated]) assert.ok(files.includes(file), file);
    // For translators: VS Code never asks for it.
    assert.ok(!files.includes('l10n/bundle.l10n.json'));
  });
});

describe('the colours', () => {
  it('are those of the theme, so that every theme of high contrast has its own', () => {
    const files = readdirSync(join(ROOT, 'src/vscode'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(ROOT, 'src/vscode', name));
    assert.ok(files.length > 50);
    const { contributes } = readRawManifest() as { contributes: object };
    for (const [name, text] of [
      ...files.map((file) => [file, readFileSync(file, 'utf8')] as const),
      ['package.json', JSON.stringify(contributes)] as const,
    ])
      assert.doesNotMatch(text, /['"`]#(?:[\da-f]{3,4}){1,2}['"`]|\brgba?\(/i, name);
  });
});

describe('npm run l10n', () => {
  let folder: string;

  const write = (file: string, content: unknown): void =>
    writeFileSync(join(folder, file), typeof content === 'string' ? content : JSON.stringify(content, null, 2) + '\n');
  const read = (file: string): unknown => JSON.parse(readFileSync(join(folder, file), 'utf8'));
  const manifest = (title: string) => ({
    name: 'x',
    description: '%extension.description%',
    contributes: {
      commands: [{ command: 'lmstudioBridge.go', title, category: 'X', icon: '$(play)' }],
      viewsWelcome: [{ view: 'lmstudioBridge.a', when: 'lmstudioBridge.s == off && b', contents: 'Nothing here' }],
      languageModelTools: [
        { name: 'run', displayName: 'Run it', modelDescription: 'Runs it.', inputSchema: { title: 'In' } },
      ],
      configuration: [
        {
          id: 'g',
          title: 'Group',
          properties: { 'lmstudioBridge.k': { enum: ['a', 'b'], enumDescriptions: ['First', 'Second'], default: 'a' } },
        },
      ],
    },
  });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'l10n-'));
    mkdirSync(join(folder, 'src/vscode'), { recursive: true });
    mkdirSync(join(folder, 'l10n'));
    write('package.nls.json', { 'extension.description': 'A thing' });
    write('package.json', manifest('Go on'));
    write('src/extension.ts', '');
    write(
      'src/vscode/a.ts',
      "import * as l10n from '@vscode/l10n';\nexport const a = [l10n.t('Hello {0}', 'x'), l10n.t(\"It's done\")];\n",
    );
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  it('moves what stands in package.json, once, under keys that come from ids', () => {
    assert.equal(run('--root', folder).status, 0);
    assert.deepEqual(read('package.nls.json'), {
      'extension.description': 'A thing',
      'commands.go.title': 'Go on',
      category: 'X',
      'viewsWelcome.a.s.off.b.contents': 'Nothing here',
      'languageModelTools.run.displayName': 'Run it',
      'configuration.g.title': 'Group',
      'configuration.k.enumDescriptions.a': 'First',
      'configuration.k.enumDescriptions.b': 'Second',
    });
    assert.deepEqual(read('l10n/bundle.l10n.json'), { 'Hello {0}': 'Hello {0}', "It's done": "It's done" });
    const moved = readFileSync(join(folder, 'package.json'), 'utf8');
    assert.match(moved, /"title": "%commands\.go\.title%"/);
    assert.match(moved, /"modelDescription": "Runs it\."/);
    assert.match(moved, /"title": "In"/);
    assert.equal(run('--root', folder, '--check').status, 0);
    run('--root', folder);
    assert.equal(readFileSync(join(folder, 'package.json'), 'utf8'), moved);
  });

  it('says what a language lacks, has too much, and has with other placeholders', () => {
    run('--root', folder);
    write('l10n/bundle.l10n.de.json', { 'Hello {0}': 'Hallo', Gone: 'Weg' });
    const { status, lines } = run('--root', folder, '--check');
    assert.equal(status, 1);
    assert.ok(lines.includes('l10n/bundle.l10n.de.json lacks "It\'s done"'));
    assert.ok(lines.includes('package.nls.de.json lacks "commands.go.title"'));
    assert.ok(lines.includes('l10n/bundle.l10n.de.json has "Gone", which nobody needs'));
    assert.ok(
      lines.includes('l10n/bundle.l10n.de.json: "Hello {0}" has other placeholders or links than the English text'),
    );
  });

  it('fills a language from what it lists as missing, and takes away what nobody needs', () => {
    run('--root', folder);
    write('l10n/bundle.l10n.de.json', { Gone: 'Weg' });
    const { lines } = run('--root', folder, '--missing', 'de');
    const missing = JSON.parse(lines.join('\n')) as { manifest: Texts; code: Texts };
    assert.equal(missing.code['Hello {0}'], 'Hello {0}');
    const translated = (texts: Texts) =>
      Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, `ü ${text}`]));
    write('filled.json', { manifest: translated(missing.manifest), code: translated(missing.code) });
    assert.equal(run('--root', folder, '--fill', 'de', join(folder, 'filled.json'), '--prune').status, 0);
    assert.deepEqual(read('l10n/bundle.l10n.de.json'), { 'Hello {0}': 'ü Hello {0}', "It's done": "ü It's done" });
    assert.equal(run('--root', folder, '--check').status, 0);
  });

  it('forgets the translation of a text that is another one now', () => {
    run('--root', folder);
    write('package.nls.de.json', read('package.nls.json'));
    write('l10n/bundle.l10n.de.json', read('l10n/bundle.l10n.json'));
    const moved = read('package.json') as ReturnType<typeof manifest>;
    moved.contributes.commands[0]!.title = 'Go on now';
    write('package.json', moved);
    const { status, lines } = run('--root', folder);
    assert.equal(status, 1);
    assert.ok(lines.includes('package.nls.de.json lacks "commands.go.title"'), lines.join('\n'));
    assert.equal((read('package.nls.json') as Texts)['commands.go.title'], 'Go on now');
  });

  it('makes texts that stand out and are longer, to look at', () => {
    assert.equal(run('--root', folder, '--pseudo').status, 0);
    const pseudo = read('out/l10n/l10n/bundle.l10n.qps-ploc.json') as Texts;
    const text = pseudo['Hello {0}'] ?? '';
    assert.ok(text.length > 'Hello {0}'.length && text.includes('{0}') && !text.includes('Hello'), text);
  });
});
