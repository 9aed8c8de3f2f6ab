interface Run {
  readonly char: string;
  count: number;
  readonly isAtLineStart: boolean;
}

/**
 * Follows a text in Markdown character by character and knows what stands in code: in fences of ``` and ~~~, also in
 * lists and quotes, and in `inline` code, which ends with its line here, so that one stray backtick spoils one line.
 */
export class CodeSpans {
  #fence: { readonly char: string; readonly length: number } | undefined;
  /** Only on the line that opens a fence of backticks: one more of them makes it inline code. */
  #isOpeningLine = false;
  /** The line so far could close the fence. */
  #isClosing = false;
  #inline = 0;
  #run: Run | undefined;
  #isLineStart = true;

  /** Whether `char`, which comes next, stands in code. */
  holds(char: string): boolean {
    if (this.#run && char !== this.#run.char) this.#endRun(this.#run);
    return this.#fence !== undefined || this.#inline > 0;
  }

  /** Takes the next character, after `holds` was asked about it. */
  take(char: string): void {
    if (char === '`' || char === '~') {
      if (this.#run?.char === char) this.#run.count++;
      else this.#run = { char, count: 1, isAtLineStart: this.#isLineStart };
      this.#isLineStart = false;
    } else if (char === '\n') this.#endLine();
    else {
      if (this.#isClosing && !/\s/.test(char)) this.#isClosing = false;
      this.#isLineStart &&= /[\s>*+\-.\d)]/.test(char);
    }
  }

  #endLine(): void {
    if (this.#isClosing) this.#fence = undefined;
    this.#isClosing = false;
    this.#isOpeningLine = false;
    this.#inline = 0;
    this.#isLineStart = true;
  }

  #endRun({ char, count, isAtLineStart }: Run): void {
    this.#run = undefined;
    if (this.#fence) {
      if (this.#isOpeningLine && char === '`') {
        this.#inline = this.#fence.length === count ? 0 : this.#fence.length;
        this.#fence = undefined;
        this.#isOpeningLine = false;
      } else {
        this.#isClosing = isAtLineStart && char === this.#fence.char && count >= this.#fence.length;
      }
    } else if (this.#inline > 0) {
      if (char === '`' && count === this.#inline) this.#inline = 0;
    } else if (isAtLineStart && count >= 3) {
      this.#fence = { char, length: count };
      this.#isOpeningLine = char === '`';
    } else if (char === '`') this.#inline = count;
  }
}
