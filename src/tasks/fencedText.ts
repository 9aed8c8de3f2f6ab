/**
 * Text of models and tools as Markdown source that stays what it is: in fences that it cannot close, and on lines where
 * it becomes no link, no tag and no heading. Pure.
 */
import { visibleText, VisibleStream } from '../base/visibleText';

/** A whole text between fences that are longer than any run of backticks in it; the last line ends with a line feed. */
export function fenced(text: string, language: string): string {
  const shown = visibleText(text);
  let longest = 2;
  for (const [run] of shown.matchAll(/`+/g)) longest = Math.max(longest, run.length);
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${shown}${shown.endsWith('\n') ? '' : '\n'}${fence}\n`;
}

/** On one line, in the middle of words of ours. What Markdown reads as a link or a tag gets a space. */
export function inlineText(text: string): string {
  return visibleText(text)
    .replace(/\s*\n\s*/g, ' ')
    .trim()
    .replace(/\](?=[([:])/g, '] ')
    .replace(/<(?=[a-z/!?])/gi, '< ');
}

const FIRST_LENGTH = 6;

/**
 * A text between fences while it still arrives. Nobody knows yet how long a run is in it, so a line that could end the
 * fence ends it indeed, and begins the next one, which is longer. Every character of the text is there.
 */
export class FencedStream {
  readonly #visible = new VisibleStream();
  #length = FIRST_LENGTH;
  #isAtLineStart = true;
  /** The blanks and tildes that begin a line, as long as there is nothing else on it. */
  #held = '';

  constructor(private readonly language: string) {}

  begin(): string {
    return `${'~'.repeat(this.#length)}${this.language}\n`;
  }

  add(piece: string): string {
    return this.#addVisible(this.#visible.add(piece));
  }

  end(): string {
    const rest = this.#addVisible(this.#visible.end()) + this.#release();
    const lineEnd = this.#isAtLineStart ? '' : '\n';
    return `${rest}${lineEnd}${'~'.repeat(this.#length)}\n`;
  }

  #addVisible(text: string): string {
    let shown = '';
    for (const part of text.split(/(?<=\n)/)) shown += this.#addPart(part);
    return shown;
  }

  /** A line, or a part of one. */
  #addPart(part: string): string {
    if (!this.#isAtLineStart) {
      this.#isAtLineStart = part.endsWith('\n');
      return part;
    }
    this.#held += part;
    return /^[ \t]*~*$/.test(this.#held) && !this.#held.endsWith('\n') ? '' : this.#release();
  }

  #release(): string {
    const line = this.#held;
    this.#held = '';
    if (line === '') return '';
    this.#isAtLineStart = line.endsWith('\n');
    const run = /^[ \t]*(~*)/.exec(line)?.[1]?.length ?? 0;
    if (run < this.#length) return line;
    const closing = `${'~'.repeat(this.#length)}\n`;
    this.#length = run + 1;
    return closing + this.begin() + line;
  }
}
