/** A stream of server-sent events with names, as every endpoint but the chat completions sends it. */
import type { ServerResponse } from 'node:http';
import type { JsonObject } from './json';
import type { Ragged } from './ragged';
import { SseWriter } from './sseWriter';

export class EventWire {
  private readonly writer: SseWriter;

  constructor(
    readonly response: ServerResponse,
    ragged: Ragged,
  ) {
    this.writer = new SseWriter(response, ragged);
  }

  // §1.6 REC: no keep-alive comments.
  send(body: JsonObject, event?: string): Promise<void> {
    return this.writer.frame(`${event === undefined ? '' : `event: ${event}\n`}data: ${JSON.stringify(body)}`);
  }

  /** `[DONE]`, where the endpoint has it. */
  done(): Promise<void> {
    return this.writer.frame('data: [DONE]');
  }

  /** What was held back for a fuller packet goes out now. */
  flush(): Promise<void> {
    return this.writer.flush();
  }

  end(): Promise<void> {
    return this.writer.end();
  }
}
