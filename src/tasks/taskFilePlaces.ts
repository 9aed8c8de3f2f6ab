/** What stands at a place of a task file, for an editor's completion and hover. By its lines, because half of what is typed is no YAML yet. */
import { INPUT_KEYS, type InputKey, LIMIT_KEYS, type LimitKey, TASK_FILE_KEYS, type TaskFileKey } from './taskFileKeys';
import { splitTaskFile } from './taskFileParts';

export type TaskFilePlace =
  /** A key of the front matter, of `limits`, or of an input. */
  | { readonly kind: 'key'; readonly of: 'file' | 'limits' | 'input' }
  /** Something behind a key, or an item of its list. */
  | { readonly kind: 'value'; readonly key: TaskFileKey | LimitKey | InputKey }
  /** The name of an input in the text. */
  | { readonly kind: 'reference' };

export interface PlaceInTaskFile {
  readonly place: TaskFilePlace;
  /** The word there, up to its end; empty where none has begun. Columns from 0, in UTF-16 units. */
  readonly word: string;
  readonly start: number;
  readonly end: number;
}

const KEY = /^(\s*)(?:"([^"]*)"|'([^']*)'|([\w.-]+))\s*:/u;

/** `line` and `column` count from 0. Undefined: nothing that a task file knows of. */
export function placeAt(text: string, line: number, column: number): PlaceInTaskFile | undefined {
  const lines = text.split(/\r\n|\r|\n/);
  const current = lines[line] ?? '';
  const { front } = splitTaskFile(text);
  const last = front ? lineOf(text, front.end) - (text.slice(0, front.end).endsWith('\n') ? 1 : 0) : 0;
  if (!front || line === 0) return front && line === 0 ? undefined : referenceAt(current, column);
  // The line "---" that closes it is none of it.
  if (line > last || /^---[ \t]*$/.test(current)) return referenceAt(current, column);
  const place = frontPlace(lines, line, column);
  return place && { place, ...wordAt(current, column, place.kind === 'value' ? (keyOf(current)?.end ?? 0) : 0) };
}

function frontPlace(lines: readonly string[], line: number, column: number): TaskFilePlace | undefined {
  const current = lines[line] ?? '';
  if (current.trimStart().startsWith('#')) return undefined;
  const own = keyOf(current);
  const isBehindKey = own !== undefined && column >= own.end;
  const indent = /^\s*/.exec(current)?.[0].length ?? 0;
  const parent = parentsOf(lines, line, indent);
  if (parent.length === 0) return placeOf([own?.name ?? ''], isBehindKey, current);
  return placeOf([...parent, own?.name ?? ''], isBehindKey, current);
}

/** `path`: the keys around the place, the last one its own, or empty. */
function placeOf(path: readonly string[], isBehindKey: boolean, line: string): TaskFilePlace | undefined {
  const [top = '', ...inner] = path;
  const isItem = /^\s*-/.test(line);
  if (inner.length === 0) {
    if (!isBehindKey) return isItem ? undefined : { kind: 'key', of: 'file' };
    const key = TASK_FILE_KEYS.find((known) => known === top);
    return key && { kind: 'value', key };
  }
  const own = inner.at(-1) ?? '';
  if (top === 'limits' && inner.length === 1) {
    const key = LIMIT_KEYS.find((known) => known === own);
    return isBehindKey ? key && { kind: 'value', key } : { kind: 'key', of: 'limits' };
  }
  if (top === 'inputs' && inner.length === 2) {
    const key = INPUT_KEYS.find((known) => known === own);
    return isBehindKey ? key && { kind: 'value', key } : { kind: 'key', of: 'input' };
  }
  const isList = top === 'servers' || top === 'tools';
  return isList && inner.length === 1 && !isBehindKey ? { kind: 'value', key: top } : undefined;
}

/** The keys of the lines above that this one is indented under, outermost first. An item of a list may stand under its key without an indentation. */
function parentsOf(lines: readonly string[], line: number, indent: number): readonly string[] {
  const parents: string[] = [];
  let least = /^\s*-/.test(lines[line] ?? '') ? indent + 1 : indent;
  for (let above = line - 1; above > 0 && least > 0; above--) {
    const key = keyOf(lines[above] ?? '');
    if (!key || key.indent >= least) continue;
    parents.unshift(key.name);
    least = key.indent;
  }
  return parents;
}

function keyOf(line: string): { readonly name: string; readonly indent: number; readonly end: number } | undefined {
  const match = KEY.exec(line);
  if (!match) return undefined;
  const [whole, indent = '', ...names] = match;
  return { name: names.find((name) => name) ?? '', indent: indent.length, end: whole.length };
}

function referenceAt(line: string, column: number): PlaceInTaskFile | undefined {
  const opening = line.lastIndexOf('${input:', column - 1);
  const start = opening + '${input:'.length;
  if (opening < 0 || column < start || line.slice(start, column).includes('}')) return undefined;
  const word = /^[^}\s]*/.exec(line.slice(start))?.[0] ?? '';
  return { place: { kind: 'reference' }, word, start, end: start + word.length };
}

/** Names of models and servers hold more than letters. `from`: what stands before it is no part of the word. */
function wordAt(line: string, column: number, from: number) {
  const before = /[^\s,[\]"']*$/.exec(line.slice(Math.min(from, column), column))?.[0] ?? '';
  const after = /^[^\s,[\]"']*/.exec(line.slice(column))?.[0] ?? '';
  const word = (before + after).replace(/:$/, '');
  const start = column - before.length;
  return { word, start, end: start + word.length };
}

function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split(/\r\n|\r|\n/).length - 1;
}
