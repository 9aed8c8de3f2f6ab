/** A stream of server-sent events with names, as every endpoint but the chat completions sends it. */
import type { ServerResponse } from 'node:http';
import type { JsonObject } from './json';

export class EventWire {
  constructor(private readonly response: ServerResponse) {}

  /** Resolves when the bytes are with the system, or the client is gone. */
  // §1.6 INF for the headers; §1.6 REC: no keep-alive comments.
  send(body: JsonObject, event?: string): Promise<void> {
    return this.text(`${event === undefined ? '' : `event: ${event}\n`}data: ${JSON.stringify(body)}\n\n`);
  }

  text(text: string): Promise<void> {
    const { response } = this;
    if (!response.headersSent && !response.destroyed) {
      response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' });
    }
    return new Promise((resolve) => {
      if (response.destroyed) {
        resolve();
        return;
      }
      response.once('close', resolve);
      response.write(text, () => {
        response.off('close', resolve);
        resolve();
      });
    });
  }

  end(): void {
    this.response.end();
  }
}
