/**
 * Characters that change how other text is shown instead of being shown themselves: terminal escapes and other
 * controls, bidirectional marks and overrides, invisible separators and fillers, tag characters and the variation
 * selectors that can carry hidden bytes. Joiners are left alone between letters and pictures that need them, and count
 * as hidden beside plain ASCII, where they join nothing. Models and tools can write all of them; people must see them.
 */
const INVISIBLE =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb]|[\u{e0000}-\u{e007f}\u{e0100}-\u{e01ef}]|(?<=[\u0000-\u007f])[\u200c\u200d]|[\u200c\u200d](?=[\u0000-\u007f]|$)/gu;
const ESCAPE_SEQUENCE = /\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)/g;

/** The text as it may be shown to a person: escape sequences removed, other hidden characters replaced by `�`. Keeps tab and line feed. */
export function visibleText(text: string): string {
  return text.replace(ESCAPE_SEQUENCE, '').replace(/\r\n/g, '\n').replace(INVISIBLE, '�');
}

/** The text without anything hidden, for models: they read what a person would not see. Keeps tab and line feed. */
export function withoutHidden(text: string): string {
  return text.replace(ESCAPE_SEQUENCE, '').replace(/\r\n/g, '\n').replace(INVISIBLE, '');
}

/** How many hidden characters the text has; a line break of any system is none. */
export function countHidden(text: string): number {
  return text.replace(/\r\n/g, '\n').match(INVISIBLE)?.length ?? 0;
}

/**
 * The end of a text that only what follows tells how to show: joiners, the beginning of a line break or of a character of
 * two halves, whatever escape sequences stand behind them, and the beginning of an escape sequence.
 */
const UNFINISHED = new RegExp(
  `(?:[\\u200c\\u200d\\r\\ud800-\\udbff](?:[\\u200c\\u200d\\r\\ud800-\\udbff]|${ESCAPE_SEQUENCE.source})*)?` +
    '(?:\\u001b(?:\\[[0-?]*[ -/]*)?|\\u001b\\][^\\u0007\\u001b]*\\u001b?|\\r|[\\ud800-\\udbff])?$',
);
/** What is longer is no beginning any more, and must not hold back what comes after it. */
const MAX_HELD_CHARS = 4_096;

/** `visibleText` for a text that arrives in pieces: together the results are the visible form of the whole. */
export class VisibleStream {
  #held = '';
  /** The last character that was given out, as it came: what follows can depend on it. */
  #before = '';

  add(piece: string): string {
    const whole = this.#held + piece;
    const at = whole.search(UNFINISHED);
    const end = whole.length - at > MAX_HELD_CHARS ? whole.length : at;
    this.#held = whole.slice(end);
    return this.#show(whole.slice(0, end));
  }

  /** What was held back. */
  end(): string {
    const rest = this.#held;
    this.#held = '';
    return this.#show(rest);
  }

  #show(text: string): string {
    if (text === '') return '';
    const before = this.#before;
    // The character before is only looked at: it must not become a part of an escape sequence now.
    const plain = before + text.replace(ESCAPE_SEQUENCE, '').replace(/\r\n/g, '\n');
    this.#before = /[^]$/u.exec(plain.slice(-2))?.[0] ?? '';
    return plain.replace(INVISIBLE, '�').slice(before.replace(INVISIBLE, '�').length);
  }
}
