/**
 * Characters that change how other text is shown instead of being shown themselves: terminal escapes and other
 * controls, bidirectional marks and overrides, invisible separators and tag characters. Models and tools can write them;
 * people must see them.
 */
const INVISIBLE =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]|[\u{e0000}-\u{e007f}]/gu;
const ESCAPE_SEQUENCE = /\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)/g;

/** The text as it may be shown to a person: escape sequences removed, other hidden characters replaced by `�`. Keeps tab and line feed. */
export function visibleText(text: string): string {
  return text.replace(ESCAPE_SEQUENCE, '').replace(/\r\n/g, '\n').replace(INVISIBLE, '�');
}
