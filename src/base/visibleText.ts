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
