/** How much of each end of an oversized line is kept: enough to find out what it was. */
const KEPT_BYTES = 256;

export type Line =
  | { readonly kind: 'line'; readonly text: string }
  | { readonly kind: 'oversized'; readonly bytes: number; readonly head: string; readonly tail: string };

/**
 * Cuts a byte stream of another program into lines. A line that is too large is let go, and the next one is read as ever;
 * what has come is copied once, not for each chunk.
 */
export class LineReader {
  #parts: Buffer[] = [];
  #bytes = 0;
  #isOversized = false;

  constructor(private readonly maxBytes: number) {}

  /** The lines that `chunk` completes, without their line ends. */
  push(chunk: Buffer): Line[] {
    const lines: Line[] = [];
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      this.#add(chunk.subarray(start, end));
      lines.push(this.#take());
      start = end + 1;
    }
    if (start < chunk.length) this.#add(chunk.subarray(start));
    return lines;
  }

  #add(part: Buffer): void {
    this.#parts.push(part);
    this.#bytes += part.length;
    if (!this.#isOversized && this.#bytes <= this.maxBytes) return;
    const kept = Buffer.concat(this.#parts);
    // The first part keeps the head, the second one what may turn out to be the tail.
    this.#parts = [
      Buffer.from(kept.subarray(0, KEPT_BYTES)),
      Buffer.from(kept.subarray(KEPT_BYTES).subarray(-KEPT_BYTES)),
    ];
    this.#isOversized = true;
  }

  #take(): Line {
    const content = Buffer.concat(this.#parts);
    const line: Line = this.#isOversized
      ? {
          kind: 'oversized',
          bytes: this.#bytes,
          head: content.toString('utf8', 0, KEPT_BYTES),
          tail: content.toString('utf8', Math.max(0, content.length - KEPT_BYTES)),
        }
      : { kind: 'line', text: content.toString('utf8').replace(/\r$/, '') };
    this.#parts = [];
    this.#bytes = 0;
    this.#isOversized = false;
    return line;
  }
}
