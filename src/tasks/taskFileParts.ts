/** The two halves of a task file: the front matter between two lines `---`, and the text below it. Offsets in UTF-16 units. */
export interface TaskFileParts {
  /** What stands between the two lines; undefined: the file has none. */
  readonly front: { readonly start: number; readonly end: number } | undefined;
  /** Where the text begins. */
  readonly body: number;
  /** The front matter is opened and never closed: all of the file belongs to it. */
  readonly isOpen: boolean;
}

/** How the text names an input. */
export const INPUT_REFERENCE = /\$\{input:([^}\r\n]*)\}/g;

const OPENING = /^\ufeff?---[ \t]*(?:\r?\n|$)/;
const CLOSING = /^---[ \t]*(?:\r?\n|$)/gm;

export function splitTaskFile(text: string): TaskFileParts {
  const opening = OPENING.exec(text);
  if (!opening) return { front: undefined, body: text.startsWith('\ufeff') ? 1 : 0, isOpen: false };
  const start = opening[0].length;
  CLOSING.lastIndex = start;
  const closing = CLOSING.exec(text);
  if (!closing) return { front: { start, end: text.length }, body: text.length, isOpen: true };
  return { front: { start, end: closing.index }, body: closing.index + closing[0].length, isOpen: false };
}
