/** What docs/ says of the interface for other extensions is so: its types, its example, its page. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import ts from 'typescript';
import { ROOT } from './support/manifest';

const SOURCE = 'src/vscode/api/apiTypes.ts';
const TYPES = 'docs/api/lmstudio-bridge.d.ts';
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

const EXAMPLE = 'docs/example-extension/extension.js';

/** What the page shows, with what stands around it in an extension. */
function codeOfPage(): string {
  const code = /```js\n([^]*?)```/.exec(read('docs/api.md'))?.[1] ?? assert.fail('the page has no code');
  return [
    "import * as vscode from 'vscode';",
    "import type { BridgeApi } from './api/lmstudio-bridge';",
    'export async function activate(context: vscode.ExtensionContext, token: vscode.CancellationToken) {',
    // The page does without the check that it is installed.
    code.replace("getExtension('", "getExtension<BridgeApi>('").replace('extension.activate', 'extension!.activate'),
    '}',
  ].join('\n');
}

/** Files that other people could have written; with a text: it is not on the disk. */
const FILES: Readonly<Record<string, string | undefined>> = {
  [TYPES]: undefined,
  [EXAMPLE]: undefined,
  'docs/example-extension/wrong.js': read(EXAMPLE).replace('maxRounds: 1', 'maxRounds: "one"'),
  'docs/page.ts': codeOfPage(),
};

/** What the compiler says of each. */
function compile(): ReadonlyMap<string, readonly string[]> {
  const options: ts.CompilerOptions = {
    allowJs: true,
    checkJs: true,
    strict: true,
    noEmit: true,
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.CommonJS,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    types: ['node', 'vscode'],
    skipLibCheck: true,
  };
  const host = ts.createCompilerHost(options);
  const onDisk = { ...host };
  const textOf = (name: string): string | undefined => FILES[relative(ROOT, name).split(sep).join('/')];
  host.readFile = (name) => textOf(name) ?? onDisk.readFile(name);
  host.fileExists = (name) => textOf(name) !== undefined || onDisk.fileExists(name);
  const names = Object.keys(FILES).map((file) => join(ROOT, file));
  const program = ts.createProgram(names, options, host);
  return new Map(
    Object.keys(FILES).map((file) => {
      const source = program.getSourceFile(join(ROOT, file));
      const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
      return [file, found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '))];
    }),
  );
}

describe('the documented interface', () => {
  let problems: ReadonlyMap<string, readonly string[]>;

  before(function () {
    // A whole program of the compiler, with the types of Node and VS Code.
    this.timeout(120_000);
    problems = compile();
  });

  it('is the one in the source', () => {
    assert.equal(read(TYPES), read(SOURCE), `cp ${SOURCE} ${TYPES}`);
  });

  it('needs no other file', () => {
    assert.doesNotMatch(read(SOURCE), /\bimport\b|\brequire\b|\/\/\/ *<reference/);
    assert.deepEqual(problems.get(TYPES), []);
  });

  it('is what the example extension uses', () => {
    assert.deepEqual(problems.get(EXAMPLE), []);
    const [wrong = ''] = problems.get('docs/example-extension/wrong.js') ?? [];
    assert.match(wrong, /'string' is not assignable to type 'number'/);
  });

  it('is what the page shows', () => {
    assert.deepEqual(problems.get('docs/page.ts'), []);
  });

  it('is on the page, every member of it', () => {
    const page = read('docs/api.md');
    const body = /export interface BridgeApi \{([^]*?)\n\}/.exec(read(SOURCE))?.[1] ?? '';
    const members = [...body.matchAll(/^ {2}(?:readonly )?(\w+)[(:]/gm)].map(([, name = '']) => name);
    assert.ok(members.length >= 8);
    for (const name of members) assert.match(page, new RegExp(`\`${name}[\`(]`), name);
  });
});
