import type { TaskBlock } from '../../tasks/blockPage';
import type { TaskMarkdown } from '../../tasks/taskMarkdown';
import type { TaskEvent } from '../../tasks/types';

/** The document of one task: its text, which only grows, and where the parts of it stand. */
export class TaskPage {
  #chunks: Uint8Array[] = [];
  /** Not yet among the chunks: most pieces are a few letters long. */
  #pending: string[] = [];
  #size = 0;
  #changedAt: number;

  constructor(
    private readonly markdown: TaskMarkdown,
    /** What the text begins with. */
    text: string,
    /** Milliseconds since 1970. */
    private readonly wallClock: () => number,
  ) {
    this.createdAt = wallClock();
    this.#changedAt = this.createdAt;
    this.#append(text);
  }

  /** Milliseconds since 1970. */
  readonly createdAt: number;

  get changedAt(): number {
    return this.#changedAt;
  }

  get blocks(): readonly TaskBlock[] {
    return this.markdown.blocks;
  }

  add(event: TaskEvent): void {
    this.#append(this.markdown.add(event));
  }

  /** In UTF-8. */
  get size(): number {
    this.#encode();
    return this.#size;
  }

  /** In UTF-8. */
  read(): Uint8Array {
    this.#encode();
    const [first, ...others] = this.#chunks;
    if (others.length > 0) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0] ?? first ?? new Uint8Array();
  }

  #append(text: string): void {
    if (text === '') return;
    this.#pending.push(text);
    this.#changedAt = this.wallClock();
  }

  #encode(): void {
    if (this.#pending.length === 0) return;
    const chunk = Buffer.from(this.#pending.join(''), 'utf8');
    this.#pending = [];
    this.#chunks.push(chunk);
    this.#size += chunk.length;
  }
}
