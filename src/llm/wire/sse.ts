import type { Clock } from '../../base/clock';
import { createParser, type EventSourceMessage } from 'eventsource-parser';

/** How long what follows the last frame may take to arrive before the socket is given up instead of kept for reuse. */
const TAIL_MS = 250;

/** A silence in mid-answer that a person should know about (reference 9, client 6). */
export const STALL_MS = 120_000;

/** A single frame larger than this is not a chat; the limit keeps a mad server from filling the memory. */
const MAX_FRAME_CHARS = 16_000_000;

/**
 * The server-sent events of a response body in batches, one for each piece of the body that completes any, whatever
 * the bytes are cut into. Ends where the body ends; throws what the body throws. When the consumer stops early the
 * rest of the body is cancelled; `isTailEmpty` says that nothing follows, so that the connection can be kept.
 *
 * An empty batch says that nothing has come for `STALL_MS`, once for each silence; never before the first piece, which a
 * server may take as long for as it likes.
 */
export async function* readServerSentEvents(
  body: ReadableStream<Uint8Array>,
  isTailEmpty: () => boolean,
  clock: Clock,
): AsyncGenerator<readonly EventSourceMessage[]> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let batch: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (event) => batch.push(event), maxBufferSize: MAX_FRAME_CHARS });
  try {
    for (let isFirst = true; ; isFirst = false) {
      const reading = reader.read();
      if (!isFirst && (await isSilent(reading, clock))) yield [];
      const { done, value } = await reading;
      // A last frame without its blank line is a whole frame all the same.
      parser.feed(done ? decoder.decode() + '\n\n' : decoder.decode(value, { stream: true }));
      if (batch.length > 0) yield batch;
      if (done) return;
      batch = [];
    }
  } finally {
    if (isTailEmpty()) void readToEnd(reader, clock);
    else reader.cancel().catch(() => undefined);
  }
}

/** Whether `reading` takes longer than `STALL_MS`; false also where it fails. */
function isSilent(reading: Promise<unknown>, clock: Clock): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = clock.after(STALL_MS, () => {
      resolve(true);
    });
    const settled = (): void => {
      timer.dispose();
      resolve(false);
    };
    reading.then(settled, settled);
  });
}

async function readToEnd(reader: ReadableStreamDefaultReader<Uint8Array>, clock: Clock): Promise<void> {
  const timer = clock.after(TAIL_MS, () => void reader.cancel().catch(() => undefined));
  try {
    while (!(await reader.read()).done);
  } catch {
    // The connection broke after everything had been said.
  } finally {
    timer.dispose();
  }
}
