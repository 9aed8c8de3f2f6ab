/**
 * Numbers as people write them. The language is English until a door hands in its own: the command line and the journals
 * stay as they are. In English nothing of `Intl` is made, in others only with the first number, because its data takes
 * milliseconds to load.
 */

let language = 'en';
const formats = new Map<number, Intl.NumberFormat>();

/** From now on numbers are written as in this language: a BCP 47 tag, such as `vscode.env.language`. Makes nothing yet. */
export function writeNumbersIn(tag: string): void {
  language = tag;
  formats.clear();
}

/** A whole number: 32768 as "32,768", in German as "32.768". */
export function countText(count: number): string {
  return formatOf(0)?.format(count) ?? inEnglish(Math.round(count).toFixed(0));
}

/** With exactly this many digits after the point: 1234.56 with one as "1,234.6", in German as "1.234,6". */
export function decimalText(value: number, digits: number): string {
  return formatOf(digits)?.format(value) ?? inEnglish(value.toFixed(digits));
}

function inEnglish(written: string): string {
  const [whole = '', ...rest] = written.split('.');
  return [whole.replace(/\B(?=(\d{3})+$)/g, ','), ...rest].join('.');
}

/** Undefined in English, and in what is no language. */
function formatOf(digits: number): Intl.NumberFormat | undefined {
  if (/^en\b/i.test(language)) return undefined;
  const known = formats.get(digits);
  if (known) return known;
  try {
    const format = new Intl.NumberFormat(language, { minimumFractionDigits: digits, maximumFractionDigits: digits });
    formats.set(digits, format);
    return format;
  } catch {
    language = 'en';
    return undefined;
  }
}
