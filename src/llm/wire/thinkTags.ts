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
 */
export class ThinkTagSplitter {
  #state: 'start' | 'opened' | 'thinking' | 'after' | 'text' = 'start';
  #held = '';

  push(content: string): readonly Piece[] {
    if (this.#state === 'text') return content === '' ? [] : [{ type: 'text', text: content }];
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
    } else if (isEnd || !OPEN.startsWith(trimmed)) {
      this.#state = 'text';
    }
  }

  #think(isEnd: boolean, pieces: Piece[]): void {
    const close = this.#held.indexOf(CLOSE);
    const ready = close >= 0 ? close : isEnd ? this.#held.length : this.#held.length - partialTagLength(this.#held);
    if (ready > 0) pieces.push({ type: 'reasoning', text: this.#held.slice(0, ready) });
    this.#held = this.#held.slice(close >= 0 ? close + CLOSE.length : ready);
    if (close >= 0) this.#state = 'after';
  }
}

/** How many characters at the end of `text` could be the beginning of the closing tag. */
function partialTagLength(text: string): number {
  for (let length = Math.min(CLOSE.length - 1, text.length); length > 0; length--) {
    if (text.endsWith(CLOSE.slice(0, length))) return length;
  }
  return 0;
}
