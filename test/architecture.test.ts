/** The import rules of the house, derived from the source again, so that the lint rules cannot be weakened silently. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import ts from 'typescript';

const SRC = resolve(__dirname, '../src');

const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  base: [],
  agent: ['base'],
  llm: ['base', 'agent'],
  mcp: ['base', 'agent'],
  policy: ['base', 'agent'],
  tasks: ['base', 'agent', 'llm', 'mcp', 'policy'],
  cli: ['base', 'agent', 'llm', 'mcp', 'policy', 'tasks'],
  bridge: ['base', 'agent', 'llm', 'mcp', 'policy', 'tasks'],
  vscode: ['base', 'agent', 'llm', 'mcp', 'policy', 'tasks'],
};
/** Rooms that implement the agent's ports: they need its contracts, not its workings. */
const CONTRACTS_ONLY = ['llm', 'mcp', 'policy'];

interface Import {
  readonly from: string;
  readonly to: string;
  readonly isLocal: boolean;
}

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => join(SRC, file));

const imports: readonly Import[] = files.flatMap((file) =>
  ts.preProcessFile(readFileSync(file, 'utf8'), true, true).importedFiles.map(({ fileName }) => {
    const isLocal = fileName.startsWith('.');
    return { from: inSrc(file), to: isLocal ? inSrc(resolve(dirname(file), fileName)) : fileName, isLocal };
  }),
);

function inSrc(path: string): string {
  return relative(SRC, path).split(sep).join('/');
}

function roomOf(path: string): string {
  return path.split('/')[0] ?? '';
}

const COMPARING = ['includes', 'startsWith', 'endsWith', 'indexOf', 'lastIndexOf', 'split', 'has'];
/** What package.json's menus, and code of ours, go by. */
const IDENTIFYING = ['context', 'contextValue', 'kind', 'id'];

function comparedTexts(file: string): readonly string[] {
  return comparedIn(inSrc(file), readFileSync(file, 'utf8'));
}

/** Where a text for people is used as if it were the same in every language. */
function comparedIn(name: string, code: string): readonly string[] {
  const found: string[] = [];
  const source = ts.createSourceFile(name, code, ts.ScriptTarget.Latest, true);
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && node.expression.getText() === 'l10n.t' && isCompared(node)) {
      found.push(`${name}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function isCompared(text: ts.CallExpression): boolean {
  const { parent } = text;
  if (ts.isCaseClause(parent)) return parent.expression === text;
  if (ts.isPropertyAssignment(parent)) return IDENTIFYING.includes(parent.name.getText());
  if (ts.isCallExpression(parent)) {
    const called = parent.expression;
    return ts.isPropertyAccessExpression(called) && COMPARING.includes(called.name.text);
  }
  if (!ts.isBinaryExpression(parent)) return false;
  const { kind } = parent.operatorToken;
  if (kind === ts.SyntaxKind.EqualsToken) return parent.left.getText().endsWith('.contextValue');
  return kind === ts.SyntaxKind.EqualsEqualsEqualsToken || kind === ts.SyntaxKind.ExclamationEqualsEqualsToken;
}

describe('the architecture', () => {
  it('is read from a source that is there', () => {
    assert.ok(files.length > 20);
    assert.ok(imports.some(({ to }) => to === 'openai'));
  });

  it('has only the rooms that CONTRIBUTING.md names', () => {
    const rooms = new Set(files.map((file) => roomOf(inSrc(file))).filter((room) => !room.endsWith('.ts')));
    assert.deepEqual(
      [...rooms].filter((room) => !(room in MAY_IMPORT)),
      [],
    );
  });

  it('lets a room import only the rooms below it', () => {
    const wrong = imports.filter(({ from, to, isLocal }) => {
      if (!isLocal || from === 'extension.ts' || to.startsWith('../package.json')) return false;
      const room = roomOf(from);
      return roomOf(to) !== room && !MAY_IMPORT[room]?.includes(roomOf(to));
    });
    assert.deepEqual(wrong, []);
  });

  it('has no circles of files, not even of types', () => {
    const next = new Map<string, string[]>();
    for (const { from, to, isLocal } of imports) {
      if (isLocal) next.set(from, [...(next.get(from) ?? []), `${to}.ts`]);
    }
    const done = new Set<string>();
    const circleFrom = (file: string, path: readonly string[]): readonly string[] | undefined => {
      if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
      if (done.has(file)) return undefined;
      for (const imported of next.get(file) ?? []) {
        const circle = circleFrom(imported, [...path, file]);
        if (circle) return circle;
      }
      done.add(file);
      return undefined;
    };
    for (const file of next.keys()) assert.equal(circleFrom(file, []), undefined);
  });

  it('lets the rooms behind the ports import nothing of the agent but its contracts', () => {
    const wrong = imports.filter(
      ({ from, to }) => CONTRACTS_ONLY.includes(roomOf(from)) && roomOf(to) === 'agent' && to !== 'agent/types',
    );
    assert.deepEqual(wrong, []);
  });

  it('keeps the editor behind src/vscode and src/extension.ts', () => {
    const wrong = imports.filter(
      ({ from, to }) => to === 'vscode' && roomOf(from) !== 'vscode' && from !== 'extension.ts',
    );
    assert.deepEqual(wrong, []);
  });

  it('uses each big library in one room only', () => {
    const homes: readonly (readonly [RegExp, readonly string[]])[] = [
      [/^openai(\/|$)/, ['llm']],
      [/^@modelcontextprotocol\/sdk\//, ['mcp', 'bridge']],
      [/^ajv(\/|$)/, ['base']],
    ];
    for (const [library, rooms] of homes) {
      const wrong = imports.filter(
        ({ from, to, isLocal }) => !isLocal && library.test(to) && !rooms.includes(roomOf(from)),
      );
      assert.deepEqual(wrong, []);
    }
  });

  it('keeps the agent pure: no input or output, no clock, no process', () => {
    const wrong = imports.filter(({ from, to }) => roomOf(from) === 'agent' && to.startsWith('node:'));
    assert.deepEqual(wrong, []);
    for (const file of files.filter((path) => roomOf(inSrc(path)) === 'agent')) {
      assert.doesNotMatch(
        readFileSync(file, 'utf8'),
        /\b(setTimeout|Date\.now|performance\.now|process\.|fetch\()/,
        inSrc(file),
      );
    }
  });

  it('parses JSON in one place', () => {
    const parsing = files.filter((file) => /\bJSON\.parse\(/.test(readFileSync(file, 'utf8'))).map(inSrc);
    assert.deepEqual(parsing, ['base/json.ts']);
  });

  it('compares no text for people, and lets no menu go by one: in another language it is another one', () => {
    assert.deepEqual(files.flatMap(comparedTexts), []);
  });

  it('sees where a text for people is compared', () => {
    const wrong = [
      "switch (a) { case l10n.t('a'): }",
      "a === l10n.t('a')",
      "a.split(l10n.t('a'))",
      "({ context: l10n.t('a') })",
      "item.contextValue = l10n.t('a')",
    ];
    for (const code of wrong) assert.equal(comparedIn('x.ts', code).length, 1, code);
    for (const code of ["({ label: l10n.t('a') })", "a.push(l10n.t('a'))", "a === 'a' ? l10n.t('a') : ''"])
      assert.deepEqual(comparedIn('x.ts', code), [], code);
  });

  it('does not switch its own lint rules off', () => {
    const weakened = files.filter((file) =>
      /eslint-disable|@ts-(ignore|expect-error|nocheck)/.test(readFileSync(file, 'utf8')),
    );
    assert.deepEqual(weakened.map(inSrc), []);
  });
});
