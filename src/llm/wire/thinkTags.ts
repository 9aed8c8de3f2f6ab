const OPEN = '<think>';
const CLOSE = '</think>';

export interface Piece {
  readonly type: 'text' | 'reasoning';
  readonly text: string;
}

/**
 * Splits content whose reasoning stands inline as `<think>…</think>` at its start, which LM Studio sends when
 * "separate reasoning_content" is off (reference 3.2). A tag may be cut anywhere between two pieces; what could still
 * become a tag is held back. Tags anywhere else are ordinary text.
 *
 * Some templates put the opening tag into the prompt, and only the closing one comes (reference 3.2). What stands before
 * it has been shown as text by then, and holding back every answer until it ends, in case a tag comes, would be no
 * streaming. So it stays text, and `hasLoneClosingTag` says that it was reasoning; an answer in one piece is split by
 * `splitLoneClosingTag`.
 */
export class ThinkTagSplitter {
  #state: 'start' | 'opened' | 'thinking' | 'after' | 'text';
  #held = '';
  /** The end of the text so far, as long as a lone closing tag could follow. */
  #tail: string | undefined;
  #isLone = false;

  /** `isRaw`: a text in which tags mean nothing. */
  constructor(isRaw = false) {
    this.#state = isRaw ? 'text' : 'start';
    this.#tail = isRaw ? undefined : '\n';
  }

  /** Whether reasoning was taken for text, because its opening tag never came. */
  get hasLoneClosingTag(): boolean {
    return this.#isLone;
  }

  push(content: string): readonly Piece[] {
    if (this.#state === 'text') {
      if (this.#tail !== undefined) this.#lookForTag(content);
      return content === '' ? [] : [{ type: 'text', text: content }];
    }
    this.#held += content;
    return this.#drain(false);
  }

  /** What was held back, at the end of the stream. */
  end(): readonly Piece[] {
    return this.#drain(true);
  }

  #drain(isEnd: boolean): readonly Piece[] {
    const pieces: Piece[] = [];
    if (this.#state === 'start') this.#open(isEnd);
    if (this.#state === 'opened' && this.#held !== '') {
      this.#held = this.#held.replace(/^\n/, '');
      this.#state = 'thinking';
    }
    if (this.#state === 'thinking') this.#think(isEnd, pieces);
    if (this.#state === 'after') {
      this.#held = this.#held.trimStart();
      if (this.#held !== '') this.#state = 'text';
    }
    if (this.#state === 'text' && this.#held !== '') {
      pieces.push({ type: 'text', text: this.#held });
      this.#held = '';
    }
    return pieces;
  }

  #open(isEnd: boolean): void {
    const trimmed = this.#held.trimStart();
    if (trimmed.startsWith(OPEN)) {
      this.#held = trimmed.slice(OPEN.length);
      this.#state = 'opened';
      this.#tail = undefined;
    } else if (isEnd || !OPEN.startsWith(trimmed)) {
      this.#state = 'text';
      this.#lookForTag(this.#held);
    }
  }

  #lookForTag(content: string): void {
    const seen = (this.#tail ?? '') + content;
    this.#isLone = loneTagAt(seen) >= 0;
    this.#tail = this.#isLone || seen.includes(OPEN) ? undefined : seen.slice(-CLOSE.length);
  }

  #think(isEnd: boolean, pieces: Piece[]): void {
    const close = this.#held.indexOf(CLOSE);
    const ready = close >= 0 ? close : isEnd ? this.#held.length : this.#held.length - partialTagLength(this.#held);
    if (ready > 0) pieces.push({ type: 'reasoning', text: this.#held.slice(0, ready) });
    this.#held = this.#held.slice(close >= 0 ? close + CLOSE.length : ready);
    if (close >= 0) this.#state = 'after';
  }
}

/** The reasoning and the answer of a whole text whose opening tag stood in the prompt. */
export function splitLoneClosingTag(text: string): { readonly reasoning: string; readonly text: string } {
  const at = loneTagAt('\n' + text);
  return at < 0
    ? { reasoning: '', text }
    : { reasoning: text.slice(0, Math.max(0, at - 1)), text: text.slice(at + CLOSE.length).trimStart() };
}

/** Where the line break before a closing tag stands that no opening tag precedes; -1 where there is none. */
function loneTagAt(text: string): number {
  const close = text.indexOf('\n' + CLOSE);
  const open = text.indexOf(OPEN);
  return open >= 0 && open < close ? -1 : close;
}

/** How many characters at the end of `text` could be the beginning of the closing tag. */
function partialTagLength(text: string): number {
  for (let length = Math.min(CLOSE.length - 1, text.length); length > 0; length--) {
    if (text.endsWith(CLOSE.slice(0, length))) return length;
  }
  return 0;
}
