/** What can be done about a problem in a configuration file with one change of its text. */
import * as l10n from '@vscode/l10n';
import {
  findNodeAtOffset,
  findNodeAtLocation,
  getNodePath,
  type JSONPath,
  modify,
  type Node,
  parseTree,
} from 'jsonc-parser';
import { looksSecret } from './environment';
import type { ConfigDiagnostic } from './serverSpec';

/** Offsets and lengths in UTF-16 units of the text as it was; no two changes overlap. */
export interface TextChange {
  readonly offset: number;
  readonly length: number;
  readonly text: string;
}

export interface ConfigFix {
  readonly title: string;
  readonly changes: readonly TextChange[];
}

const FORMAT = { formattingOptions: { insertSpaces: true, tabSize: 2 } };

/** The remedies for a problem that was found in this very text; none where it has changed since. */
export function fixesFor(text: string, problem: ConfigDiagnostic): readonly ConfigFix[] {
  const root = parseTree(text, [], { allowTrailingComma: true });
  const offset = offsetOf(text, problem);
  if (root?.type !== 'object' || offset === undefined) return [];
  switch (problem.code) {
    case 'no-servers':
      return wrap(root, text, problem);
    case 'unknown-type':
      return removeType(root, text, offset);
    case 'duplicate-name':
      return rename(root, offset);
    case 'undeclared-input':
      return declareInput(root, text, problem);
    case 'unknown-variable':
      return replaceVariable(text, problem, offset);
    case undefined:
      return [];
  }
}

function wrap(root: Node, text: string, { source }: ConfigDiagnostic): readonly ConfigFix[] {
  const key = source?.kind === 'vscode' ? 'servers' : 'mcpServers';
  const inner = text.slice(root.offset, root.offset + root.length).replaceAll('\n', '\n  ');
  const whole = `{\n  "${key}": ${inner}\n}`;
  return [
    { title: l10n.t('Wrap in "{0}"', key), changes: [{ offset: root.offset, length: root.length, text: whole }] },
  ];
}

function removeType(root: Node, text: string, offset: number): readonly ConfigFix[] {
  const path = entryAt(root, offset);
  if (!path) return [];
  const edits = modify(text, [...path, 'type'], undefined, FORMAT);
  return edits.length > 0 ? [{ title: l10n.t('Remove "type"'), changes: toChanges(edits) }] : [];
}

function rename(root: Node, offset: number): readonly ConfigFix[] {
  const key = findNodeAtOffset(root, offset);
  const table = key?.parent?.parent;
  if (key?.type !== 'string' || !table) return [];
  const taken = new Set((table.children ?? []).map((property) => String(property.children?.[0]?.value)));
  const name = String(key.value);
  let number = 2;
  while (taken.has(`${name}-${number}`)) number++;
  const { offset: at, length } = key;
  const fresh = `${name}-${number}`;
  return [{ title: l10n.t('Rename to "{0}"', fresh), changes: [{ offset: at, length, text: JSON.stringify(fresh) }] }];
}

function declareInput(root: Node, text: string, problem: ConfigDiagnostic): readonly ConfigFix[] {
  const id = /\$\{input:([^}]*)\}/.exec(problem.message)?.[1];
  if (!id || problem.source?.kind === 'setting' || problem.source?.kind.startsWith('claude')) return [];
  const path = problem.file.endsWith('.code-workspace') ? ['settings', 'mcp', 'inputs'] : ['inputs'];
  const input = { type: 'promptString', id, description: id, password: looksSecret(id) };
  const list = findNodeAtLocation(root, path);
  if ((list && list.type !== 'array') || findNodeAtLocation(root, path.slice(0, -1))?.type !== 'object') return [];
  const edits = list
    ? modify(text, [...path, list.children?.length ?? 0], input, { ...FORMAT, isArrayInsertion: true })
    : modify(text, path, [input], FORMAT);
  return [{ title: l10n.t('Declare the input "{0}"', id), changes: toChanges(edits) }];
}

/** What other products and shells write, in words that are known here. */
function replaceVariable(text: string, problem: ConfigDiagnostic, offset: number): readonly ConfigFix[] {
  const [written, name = ''] = /^\$\{([^}"]*)\}/.exec(text.slice(offset)) ?? [];
  if (!written || !problem.message.includes(written)) return [];
  const fix = (known: string): ConfigFix => {
    return { title: l10n.t('Replace by {0}', known), changes: [{ offset, length: written.length, text: known }] };
  };
  if (['workspaceRoot', 'cwd', 'workspace', 'projectRoot'].includes(name)) return [fix('${workspaceFolder}')];
  const variable = /^(?:env\.)?([A-Za-z_]\w*)(?::-.*)?$/.exec(name)?.[1];
  if (variable === undefined) return [];
  const ofEnvironment = fix(`\${env:${variable}}`);
  return ['HOME', 'USERPROFILE', 'home'].includes(variable) ? [fix('${userHome}'), ofEnvironment] : [ofEnvironment];
}

/** The path of the entry with a type whose name stands here. */
function entryAt(root: Node, offset: number): JSONPath | undefined {
  const value = findNodeAtOffset(root, offset)?.parent?.children?.[1];
  return value?.type === 'object' && findNodeAtLocation(value, ['type']) ? getNodePath(value) : undefined;
}

function toChanges(edits: readonly { offset: number; length: number; content: string }[]): readonly TextChange[] {
  return edits.map(({ offset, length, content }) => ({ offset, length, text: content }));
}

function offsetOf(text: string, { line, column }: ConfigDiagnostic): number | undefined {
  let start = 0;
  for (const [index, content] of text.split(/(?<=\r\n|\r(?!\n)|\n)/).entries()) {
    if (index === line - 1) return column - 1 <= content.length ? start + column - 1 : undefined;
    start += content.length;
  }
  return undefined;
}
