import assert from 'node:assert/strict';
import { createParser } from 'eventsource-parser';
import fc from 'fast-check';
import { EventFilter, type MessageFilter, readLimited } from '../../../src/mcp/messageLimit';

describe('the limits of messages over http', () => {
  const filterWith = (more: Partial<MessageFilter> = {}): MessageFilter => ({
    maxBytes: 1000,
    requestId: 7,
    clean: (text) => text.replaceAll('secret', '[redacted]'),
    onOversized: () => undefined,
    ...more,
  });

  /** The events that a reader gets, when the text comes in these pieces. */
  async function eventsOf(
    pieces: readonly Uint8Array[],
    filter = filterWith(),
  ): Promise<{ id: string; data: string }[]> {
    const events: { id: string; data: string }[] = [];
    const parser = createParser({ onEvent: ({ id = '', data }) => void events.push({ id, data }) });
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const piece of pieces) controller.enqueue(piece);
        controller.close();
      },
    });
    const decoder = new TextDecoder();
    for await (const chunk of body.pipeThrough(new EventFilter(filter).stream)) {
      parser.feed(decoder.decode(chunk, { stream: true }));
    }
    return events;
  }

  function cut(text: string, sizes: readonly number[]): Uint8Array[] {
    const bytes = Buffer.from(text);
    const pieces: Uint8Array[] = [];
    for (let at = 0, turn = 0; at < bytes.length; turn++) {
      const size = sizes[turn % sizes.length] ?? 1;
      pieces.push(bytes.subarray(at, at + size));
      at += size;
    }
    return pieces;
  }

  it('hand on every event as it is, however its bytes are cut', async () => {
    const line = fc.string({ unit: 'grapheme', maxLength: 20 }).map((text) => text.replace(/[\r\n]/g, ''));
    const event = fc.record({ id: fc.nat(), data: fc.array(line, { minLength: 1, maxLength: 3 }) });
    const ends = fc.constantFrom('\n', '\r\n');
    const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 });
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 5 }), ends, sizes, async (events, end, pieces) => {
        const text = events
          .map(({ id, data }) => [`id: ${id}`, ...data.map((one) => `data: ${one}`), '', ''].join(end))
          .join('');
        const read = await eventsOf(cut(text, pieces), filterWith({ requestId: undefined }));
        assert.deepEqual(
          read,
          events.map(({ id, data }) => ({ id: String(id), data: data.join('\n') })),
        );
      }),
    );
  });

  it('put an error in the place of an event that is too large, by its lines or in all', async () => {
    const big = JSON.stringify({ jsonrpc: '2.0', id: 9, result: { text: 'x'.repeat(2000) } });
    const oversized: number[] = [];
    const filter = filterWith({ onOversized: (bytes) => oversized.push(bytes) });
    const [one, after] = await eventsOf([Buffer.from(`data: ${big}\n\ndata: {"a":1}\n\n`)], filter);
    assert.match(
      one?.data ?? '',
      /^\{"jsonrpc":"2\.0","id":9,"error":\{"code":-32603,"message":"The answer is too large: /,
    );
    assert.equal(after?.data, '{"a":1}');
    assert.equal(oversized.length, 1);
    const many = `${'data: xxxxxxxx\n'.repeat(200)}\n`;
    assert.match((await eventsOf([Buffer.from(many)]))[0]?.data ?? '', /"id":7,"error"/);
  });

  it('end an answered stream so that nobody asks for the rest of it', async () => {
    const error = '{"jsonrpc":"2.0","id":7,"error":{"code":1,"message":"no"}}';
    const events = await eventsOf([Buffer.from(`id: 1\ndata:\n\nid: 2\ndata: ${error}\n\n`)]);
    assert.deepEqual(events.map(({ data }) => data).slice(-2), [error, '{"jsonrpc":"2.0","id":7,"result":{}}']);
    const broken = await eventsOf([Buffer.from('id: 1\ndata:\n\ndata: {"jsonrpc":"2.0","method":"x"}\n\n')]);
    assert.equal(broken.length, 2, 'one without its answer is taken up again');
  });

  it('take our own tokens out', async () => {
    assert.equal((await eventsOf([Buffer.from('data: a secret\n\n')]))[0]?.data, 'a [redacted]');
    const body = new Blob(['{"a":"secret"}']).stream() as ReadableStream<Uint8Array>;
    assert.equal(await readLimited(body, filterWith()), '{"a":"[redacted]"}');
  });

  it('do not read a document to its end that is too large', async () => {
    let pulled = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled++;
        controller.enqueue(new Uint8Array(600));
      },
    });
    assert.match(await readLimited(endless, filterWith()), /"id":7,"error".*too large/);
    assert.ok(pulled < 6, String(pulled));
    await assert.rejects(
      readLimited(
        new Blob(['x'.repeat(2000)]).stream() as ReadableStream<Uint8Array>,
        filterWith({ requestId: undefined }),
      ),
      /refused/,
    );
  });
});
