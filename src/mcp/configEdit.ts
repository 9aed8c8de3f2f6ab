/** Adds to a configuration file without losing what is in it: comments, order and form stay. Pure. */
import * as l10n from '@vscode/l10n';
import { applyEdits, type FormattingOptions, modify, type Node, parseTree, type ParseError } from 'jsonc-parser';
import { findNodeAtLocation, printParseErrorCode } from 'jsonc-parser';
import { createPositionIndex } from './textPosition';
import type { NewEntry } from './newServer';

export type ConfigEdit =
  | {
      readonly ok: true;
      /** The whole new text of the file. */
      readonly text: string;
      /** Where the entry stands in it, counted from 1. */
      readonly line: number;
      readonly column: number;
    }
  | { readonly ok: false; readonly problem: string; readonly line: number; readonly column: number };

/**
 * The file with the entry at the end of its servers, and its inputs.
 * @param text of the file; undefined where there is none yet
 * @param topKey where servers stand in a file that has none yet
 */
export function addEntry(
  text: string | undefined,
  topKey: 'mcpServers' | 'servers',
  { name, entry, inputs }: NewEntry,
): ConfigEdit {
  const written = text ?? '';
  const mark = written.startsWith('\uFEFF') ? '\uFEFF' : '';
  const before = written.slice(mark.length);
  const start = before.trim() === '' ? '{}\n' : before;
  const read = readRoot(start);
  if (!read.ok) return { ...read, ...createPositionIndex(start)(read.offset) };
  const refuse = (problem: string, node: Node): ConfigEdit => ({
    ok: false,
    problem,
    ...createPositionIndex(start)(node.offset),
  });

  const key = topKeyOf(read.root) ?? topKey;
  const table = findNodeAtLocation(read.root, [key]);
  if (table && table.type !== 'object') return refuse(l10n.t('"{0}" is not an object.', key), table);
  const known = findNodeAtLocation(read.root, [key, name]);
  if (known) return refuse(l10n.t('There is an entry "{0}" already.', name), known);
  const declared = findNodeAtLocation(read.root, ['inputs']);
  if (inputs.length > 0 && declared && declared.type !== 'array')
    return refuse(l10n.t('"inputs" is not a list.'), declared);

  const formattingOptions = formatOf(start);
  let result = applyEdits(start, modify(start, [key, name], entry, { formattingOptions }));
  for (const input of inputs) result = addInput(result, input, formattingOptions);
  const tree = parseTree(result, [], { allowTrailingComma: true });
  const added = tree && findNodeAtLocation(tree, [key, name]);
  return { ok: true, text: mark + result, ...createPositionIndex(result)(added?.parent?.offset ?? 0) };
}

type ReadRoot =
  | { readonly ok: true; readonly root: Node }
  | { readonly ok: false; readonly problem: string; readonly offset: number };

function readRoot(text: string): ReadRoot {
  const errors: ParseError[] = [];
  try {
    const root = parseTree(text, errors, { allowTrailingComma: true });
    const [error] = errors;
    if (error) {
      const words = printParseErrorCode(error.error).replace(/([a-z])([A-Z])/g, '$1 $2');
      return { ok: false, problem: l10n.t('It has a syntax error: {0}.', words.toLowerCase()), offset: error.offset };
    }
    if (root?.type === 'object') return { ok: true, root };
    return { ok: false, problem: l10n.t('It does not hold an object.'), offset: root?.offset ?? 0 };
  } catch (error) {
    // The parser recurses; text that nests thousands of levels deep exhausts the stack.
    if (error instanceof RangeError)
      return { ok: false, problem: l10n.t('It nests too deeply to be read.'), offset: 0 };
    throw error;
  }
}

/** The key that the file uses, where it has servers already. */
function topKeyOf(root: Node): 'mcpServers' | 'servers' | undefined {
  return (['mcpServers', 'servers'] as const).find((key) => findNodeAtLocation(root, [key]));
}

function addInput(text: string, input: NewEntry['inputs'][number], formattingOptions: FormattingOptions): string {
  const root = parseTree(text, [], { allowTrailingComma: true });
  const inputs = root && findNodeAtLocation(root, ['inputs']);
  const ids = (inputs?.children ?? []).map((node) => String(findNodeAtLocation(node, ['id'])?.value ?? ''));
  if (ids.includes(input.id)) return text;
  const path = ['inputs', inputs ? -1 : 0];
  const value = inputs ? input : [input];
  const edits = modify(text, inputs ? path : ['inputs'], value, { formattingOptions, isArrayInsertion: true });
  return applyEdits(text, edits);
}

/** As the file is written: its indentation and its line ends. */
function formatOf(text: string): FormattingOptions {
  const indent = /^([ \t]+)\S/m.exec(text)?.[1] ?? '  ';
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  return indent.startsWith('\t')
    ? { insertSpaces: false, tabSize: 1, eol }
    : { insertSpaces: true, tabSize: indent.length, eol };
}
