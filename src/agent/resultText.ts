export interface LimitedText {
  readonly text: string;
  readonly truncated: boolean;
}

const ASK_FOR_LESS = 'ask for a smaller part to see them';
const LEFT_OUT = /^\[… \d+ of \d+ characters left out here; (.*) …\]$/m;

/** How much of a cut text is its beginning; the rest is its end, where errors and totals tend to stand. */
const HEAD_SHARE = 0.7;

/**
 * At most about `limit` characters of a tool's result: beginning and end, and a line that says what is missing and
 * `where` it is.
 */
export function limitText(text: string, limit: number, where = ASK_FOR_LESS): LimitedText {
  if (text.length <= limit) return { text, truncated: false };
  const head = sliceWhole(text, 0, Math.floor(limit * HEAD_SHARE));
  const tail = sliceWhole(text, text.length - (limit - head.length), text.length);
  const missing = text.length - head.length - tail.length;
  return {
    text: `${head}\n[… ${String(missing)} of ${String(text.length)} characters left out here; ${where} …]\n${tail}`,
    truncated: true,
  };
}

/** Where the rest of a text is that `limitText` cut; undefined where it was not cut, or the rest is nowhere. */
export function whereRestIs(text: string): string | undefined {
  const where = LEFT_OUT.exec(text)?.[1];
  return where === ASK_FOR_LESS ? undefined : where;
}

/** A slice that does not cut a surrogate pair in half. */
export function sliceWhole(text: string, from: number, to: number): string {
  const start = isLowSurrogate(text.charCodeAt(from)) ? from + 1 : from;
  const end = isLowSurrogate(text.charCodeAt(to)) ? to - 1 : to;
  return text.slice(start, end);
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
