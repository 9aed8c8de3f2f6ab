/**
 * What a server at an address sends, before the SDK reads it: bounded in size, and without our own tokens, should the
 * server repeat them.
 */
import * as l10n from '@vscode/l10n';
import { LineReader } from '../base/lineReader';
import { answeredRequestId } from './answeredRequest';

/** A larger message cannot be of use to a model; the request that it answers fails instead. As over stdio. */
export const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

export interface MessageFilter {
  readonly maxBytes: number;
  /** The request that is answered; undefined on a stream for any of them. */
  readonly requestId: string | number | undefined;
  /** Makes a text harmless. */
  readonly clean: (text: string) => string;
  readonly onOversized: (bytes: number) => void;
}

/** The answer that stands in for one that is too large. */
function tooLarge(id: string | number, bytes: number, maxBytes: number): string {
  const message = l10n.t('The answer is too large: {0} bytes, and {1} are the most that is taken.', bytes, maxBytes);
  return JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32603, message } });
}

/** One JSON document. What is too large is not read to its end. */
export async function readLimited(body: ReadableStream<Uint8Array>, filter: MessageFilter): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const reader = body.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    bytes += part.value.length;
    if (bytes > filter.maxBytes) {
      await reader.cancel();
      filter.onOversized(bytes);
      if (filter.requestId === undefined)
        throw new Error(`An answer of more than ${filter.maxBytes} bytes was refused.`);
      return tooLarge(filter.requestId, bytes, filter.maxBytes);
    }
    chunks.push(part.value);
  }
  return filter.clean(Buffer.concat(chunks).toString('utf8'));
}

/**
 * A stream of server-sent events. Events are handed on whole; one that is too large is let go, and in its place stands
 * an error for the request that it answers, where its ends tell which.
 */
export class EventFilter {
  readonly stream: TransformStream<Uint8Array, Uint8Array>;
  readonly #lines: LineReader;
  readonly #encoder = new TextEncoder();
  #event: string[] = [];
  #bytes = 0;
  #dropped: { readonly head: string; readonly tail: string } | undefined;
  #isFirstLine = true;
  #controller: TransformStreamDefaultController<Uint8Array> | undefined;
  #hasAnswered = false;

  constructor(private readonly filter: MessageFilter) {
    this.#lines = new LineReader(filter.maxBytes);
    this.stream = new TransformStream({
      start: (controller) => {
        this.#controller = controller;
      },
      transform: (chunk) => {
        for (const line of this.#lines.push(Buffer.from(chunk))) {
          if (line.kind === 'line') this.#onLine(line.text);
          else this.#drop(line.bytes, line);
        }
      },
      flush: () => {
        if (this.#hasAnswered) this.#settle();
      },
    });
  }

  /** The request was given up: for the SDK it is answered, so that it does not ask for the rest of the stream. */
  end(): void {
    this.#settle();
    this.#controller?.terminate();
  }

  /** An answer that nobody waits for any more. The SDK takes a stream as complete only when it saw a result. */
  #settle(): void {
    const { requestId: id } = this.filter;
    if (id !== undefined) this.#emit(`data: ${JSON.stringify({ jsonrpc: '2.0', id, result: {} })}\n\n`);
  }

  #onLine(text: string): void {
    // A byte-order mark may stand before the first line; only at its own place would the parser know it.
    const line = this.#isFirstLine ? text.replace(/^\uFEFF/, '') : text;
    this.#isFirstLine = false;
    if (line === '') {
      this.#flushEvent();
      return;
    }
    this.#bytes += line.length;
    if (this.#bytes > this.filter.maxBytes) this.#drop(this.#bytes, { head: this.#event[0] ?? '', tail: line });
    else if (!this.#dropped) this.#event.push(line);
  }

  #drop(bytes: number, { head, tail }: { readonly head: string; readonly tail: string }): void {
    if (!this.#dropped) this.filter.onOversized(bytes);
    this.#dropped ??= { head: head.replace(/^data: ?/, ''), tail: tail.replace(/\r$/, '') };
    this.#bytes = Math.max(this.#bytes, bytes);
  }

  #flushEvent(): void {
    if (this.#dropped) {
      const id = answeredRequestId(this.#dropped) ?? this.filter.requestId;
      if (id !== undefined) this.#emit(`data: ${tooLarge(id, this.#bytes, this.filter.maxBytes)}\n\n`);
      if (id === this.filter.requestId) this.#hasAnswered = true;
    } else if (this.#event.length > 0) {
      this.#notice();
      this.#emit(this.filter.clean(`${this.#event.join('\n')}\n\n`));
    }
    this.#event = [];
    this.#bytes = 0;
    this.#dropped = undefined;
  }

  #notice(): void {
    const { requestId } = this.filter;
    if (requestId === undefined || this.#hasAnswered) return;
    const data = this.#event.find((line) => line.startsWith('data:'))?.replace(/^data: ?/, '') ?? '';
    this.#hasAnswered = answeredRequestId({ head: data.slice(0, 256), tail: data.slice(-256) }) === requestId;
  }

  #emit(text: string): void {
    try {
      this.#controller?.enqueue(this.#encoder.encode(text));
    } catch {
      // Whoever read it has gone.
    }
  }
}
