/** Writes the frames of an event stream, as raggedly as it is told. */
import type { ServerResponse } from 'node:http';
import { cutBytes, dressFrame, type Ragged } from './ragged';

export class SseWriter {
  private first = true;
  private held = '';
  private heldFrames = 0;

  constructor(
    private readonly response: ServerResponse,
    private readonly ragged: Ragged = {},
  ) {}

  /** One frame: its lines, parted by `\n`, without the blank line at the end. */
  async frame(lines: string): Promise<void> {
    this.held += dressFrame(lines, this.ragged, this.first);
    this.first = false;
    this.heldFrames += 1;
    if (this.heldFrames >= (this.ragged.framesPerPacket ?? 1)) await this.flush();
  }

  /** What was held back for a fuller packet goes out now. */
  async flush(): Promise<void> {
    const bytes = Buffer.from(this.held, 'utf8');
    this.held = '';
    this.heldFrames = 0;
    for (const piece of cutBytes(bytes, this.ragged.cut)) {
      await this.write(piece);
      // So that a reader in the same process sees each piece alone: its buffers would join them.
      if (this.ragged.cut !== undefined) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async end(): Promise<void> {
    await this.flush();
    // With nothing sent there are still headers: an empty stream, not an empty reply.
    if (!this.response.headersSent) await this.write(Buffer.from('\n'));
    this.response.end();
  }

  // §3.4: no headers before the first token; §1.6 INF for the header set of a stream.
  private write(bytes: Buffer): Promise<void> {
    const { response } = this;
    if (response.destroyed) return Promise.resolve();
    if (!response.headersSent) {
      response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' });
    }
    return new Promise((resolve) => {
      response.once('close', resolve);
      response.write(bytes, () => {
        response.off('close', resolve);
        resolve();
      });
    });
  }
}
