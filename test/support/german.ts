/** Our texts in German, and what of a text did not come from there. */
import * as l10n from '@vscode/l10n';
import { readTexts } from './manifest';

const OPEN = '\u2039';
const CLOSE = '\u203a';

export const GERMAN = readTexts('l10n/bundle.l10n.de.json');

/** Runs it with German texts, and leaves English behind. */
export function inGerman<T>(write: () => T): T {
  return withTexts(GERMAN, write);
}

export interface GermanLine {
  readonly text: string;
  /** The whole line is one text of ours, but for Markdown's signs before it. */
  readonly isFixed: boolean;
  /** What is no part of a text of ours: names, numbers, signs, and whatever was never translated. */
  readonly stray: string;
}

/** What is written in German, with every part of it that came from our texts known. */
export function germanLines(write: () => string): readonly GermanLine[] {
  const marked = Object.fromEntries(Object.entries(GERMAN).map(([key, text]) => [key, mark(text)]));
  return withTexts(marked, write)
    .split('\n')
    .map((line) => ({
      text: line.replaceAll(OPEN, '').replaceAll(CLOSE, ''),
      isFixed: new RegExp(`^(?:#+ |- |\\d+\\. )?${OPEN}[^${CLOSE}]*${CLOSE}$`, 'u').test(line),
      stray: line.replaceAll(new RegExp(`${OPEN}[^${CLOSE}]*${CLOSE}`, 'gu'), ' '),
    }));
}

/** Each part of it between two places. */
function mark(text: string): string {
  return text
    .split(/(\{\d+\})/)
    .map((part) => (/^(?:\{\d+\})?$/.test(part) ? part : `${OPEN}${part}${CLOSE}`))
    .join('');
}

function withTexts<T>(contents: Readonly<Record<string, string>>, write: () => T): T {
  l10n.config({ contents });
  try {
    return write();
  } finally {
    l10n.config({ contents: {} });
  }
}
