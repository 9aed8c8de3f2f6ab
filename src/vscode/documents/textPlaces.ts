/** Files that a line of text names, with the place in them: what tools and models write of paths. Pure. */
import { fileURLToPath } from 'node:url';

export interface TextPlace {
  /** In the line, from 0; `end` is behind the last character. */
  readonly start: number;
  readonly end: number;
  /** As written, or the path of a file URL. */
  readonly path: string;
  /** From 1, as editors count. */
  readonly line: number | undefined;
  readonly column: number | undefined;
}

/** What stands further right is not looked at: a result can be one line of a megabyte. */
const MAX_LINE_CHARS = 20_000;
const MAX_PATH_CHARS = 1_024;
const QUOTED = /"((?:[^"\\]|\\.)+)"/g;
const BARE = /[^\s"'`<>()[\]{}|,;=*]+/g;

export function placesIn(line: string): readonly TextPlace[] {
  const text = line.slice(0, MAX_LINE_CHARS);
  const places: TextPlace[] = [];
  let rest = text;
  for (const match of text.matchAll(QUOTED)) {
    const [whole, content = ''] = match;
    // As JSON writes it; a path of Windows has each of its backslashes twice there.
    const written = content.replace(/\\([\\/])/g, '$1');
    const place = placeOf(written, match.index + 1, content.length);
    if (!place) continue;
    places.push(place);
    rest = rest.slice(0, match.index) + ' '.repeat(whole.length) + rest.slice(match.index + whole.length);
  }
  for (const match of rest.matchAll(BARE)) {
    const written = match[0].replace(/[.:!?]+$/, '');
    const place = placeOf(written, match.index, written.length);
    if (place) places.push(place);
  }
  return places.sort((a, b) => a.start - b.start);
}

function placeOf(written: string, start: number, length: number): TextPlace | undefined {
  if (written.length > MAX_PATH_CHARS || written.includes('\n')) return undefined;
  const { 1: named = '', 2: line, 3: column } = /^(.*?)(?:(?::|#L)(\d{1,7})(?:[:,](\d{1,5}))?)?$/.exec(written) ?? [];
  const path = named.startsWith('file://') ? pathOfUrl(named) : named;
  if (path === undefined || !isPathLike(path)) return undefined;
  return { start, end: start + length, path, line: numberOf(line), column: numberOf(column) };
}

/** With a folder, or the name of a file with an ending. Whether there is such a file is asked of the disk. */
function isPathLike(text: string): boolean {
  if (/^[a-z][\w+.-]+:/i.test(text)) return false;
  return /[^/\\.][/\\]|[/\\][^/\\]/.test(text) || /^[^:]*[^.:]\.[a-z]\w{0,9}$/i.test(text);
}

function pathOfUrl(url: string): string | undefined {
  try {
    return fileURLToPath(url);
  } catch {
    return undefined;
  }
}

function numberOf(digits: string | undefined): number | undefined {
  return digits === undefined || Number(digits) === 0 ? undefined : Number(digits);
}
