/** Markdown that grows, block by block, and where its blocks stand. Pure. */
import { inlineText } from './fencedText';

export type TaskBlockKind = 'task' | 'round' | 'reasoning' | 'answer' | 'call' | 'result' | 'message' | 'end';

/** A part of the document, for an outline and for folding. */
export interface TaskBlock {
  readonly kind: TaskBlockKind;
  /** On one line, without markup of ours. */
  readonly title: string;
  /** Of its heading, from 0. */
  readonly first: number;
  /** Undefined while it goes on. */
  readonly last: number | undefined;
}

/** A block while it is written. */
type Block = { -readonly [K in keyof TaskBlock]: TaskBlock[K] };

const LEVELS: Readonly<Record<TaskBlockKind, number>> = {
  ...{ task: 1, round: 2, end: 2 },
  ...{ reasoning: 3, answer: 3, call: 3, message: 3, result: 4 },
};

export class BlockPage {
  readonly #blocks: Block[] = [];
  #line = 0;
  #isAfterBlank = false;
  /** Of the present piece. */
  #written = '';

  /** In the order of their headings. */
  get blocks(): readonly TaskBlock[] {
    return this.#blocks;
  }

  /** Lines that have ended. */
  get lineCount(): number {
    return this.#line;
  }

  /** Returns what `render` writes. */
  piece(render: () => void): string {
    this.#written = '';
    render();
    return this.#written;
  }

  /** Begins a block, and ends those before it. `heading`: the title, with more where there is more to say. */
  open(kind: TaskBlockKind, title: string, heading = title): TaskBlock {
    this.close(kind);
    if (this.#line > 0 && !this.#isAfterBlank) this.write('\n');
    const block = this.push(kind, title);
    this.write(`${'#'.repeat(LEVELS[kind])} ${heading}\n\n`);
    return block;
  }

  /** Begins a block that has no heading. */
  push(kind: TaskBlockKind, title: string): TaskBlock {
    const block: Block = { kind, title, first: this.#line, last: undefined };
    this.#blocks.push(block);
    return block;
  }

  /** Ends what is open at the level of this kind and below it. */
  close(kind: TaskBlockKind): void {
    const level = LEVELS[kind];
    for (let index = this.#blocks.length - 1; index >= 0; index--) {
      const block = this.#blocks[index];
      if (!block) continue;
      if (block.last === undefined && LEVELS[block.kind] >= level) block.last = Math.max(block.first, this.#line - 1);
      // What comes before was ended when this one began.
      if (LEVELS[block.kind] <= Math.min(level, LEVELS.round)) break;
    }
  }

  /** A line of ours. */
  fact(text: string): void {
    this.write(`- ${inlineText(text)}\n`);
  }

  /** As it stands. */
  write(text: string): void {
    this.#written += text;
    if (text !== '') this.#isAfterBlank = text.endsWith('\n\n');
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.#line++;
  }
}
