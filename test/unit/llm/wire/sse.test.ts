import { systemClock } from '../../../../src/base/clock';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readServerSentEvents, STALL_MS } from '../../../../src/llm/wire/sse';
import { ManualClock } from '../../../support/manualClock';

/** A body that gives these pieces; keeps whether it was cancelled. */
function bodyOf(pieces: readonly Uint8Array[], isEndless = false) {
  const seen = { cancelled: false, pulled: 0 };
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const piece = pieces[seen.pulled++];
        if (piece) controller.enqueue(piece);
        else if (!isEndless) controller.close();
      },
      cancel() {
        seen.cancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { body, seen };
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

async function events(pieces: readonly Uint8Array[]): Promise<{ event: string | undefined; data: string }[]> {
  const all = [];
  for await (const batch of readServerSentEvents(bodyOf(pieces).body, () => false, systemClock)) {
    for (const { event, data } of batch) all.push({ event, data });
  }
  return all;
}

const RECORDED = [
  'data: {"choices":[{"delta":{"role":"assistant","content":"Größe 漢字 👍"}}]}\n\ndata: {"a":"b"}\n\ndata: [DONE]\n\n',
  'data: {"choices":[]}\r\n\r\nevent: error\r\ndata: {"error":{"message":"Crash 💥"}}\r\n\r\n',
  ': comment\n\ndata: one\ndata: two\n\nid: 7\nretry: 10\ndata: [DONE]\n\n',
  'data: first\r\rdata: second\r\r',
  '\ufeffdata: after a mark\n\ndata: without a blank line at the end',
];

describe('server-sent events', () => {
  it('are read with their names, over several lines, without comments', async () => {
    assert.deepEqual(await events([bytes(RECORDED[2] ?? '')]), [
      { event: undefined, data: 'one\ntwo' },
      { event: undefined, data: '[DONE]' },
    ]);
    assert.deepEqual((await events([bytes(RECORDED[1] ?? '')]))[1], {
      event: 'error',
      data: '{"error":{"message":"Crash 💥"}}',
    });
  });

  it('are complete even where the last one lacks its blank line', async () => {
    assert.deepEqual(
      (await events([bytes(RECORDED[4] ?? '')])).map(({ data }) => data),
      ['after a mark', 'without a blank line at the end'],
    );
  });

  it('are the same however the bytes are cut, in the middle of characters and line ends too', async () => {
    const recorded = fc.constantFrom(...RECORDED);
    await fc.assert(
      fc.asyncProperty(recorded, fc.array(fc.nat(200), { maxLength: 30 }), async (stream, cuts) => {
        const all = bytes(stream);
        const ends = [...new Set([...cuts.map((cut) => Math.min(cut, all.length)), 0, all.length])].sort(
          (a, b) => a - b,
        );
        const pieces = ends.slice(1).map((end, index) => all.slice(ends[index], end));
        assert.deepEqual(await events(pieces), await events([all]));
      }),
      { numRuns: 500 },
    );
    for (const stream of RECORDED) {
      const all = bytes(stream);
      const single = Array.from(all, (byte) => Uint8Array.of(byte));
      assert.deepEqual(await events(single), await events([all]), JSON.stringify(stream));
    }
  });

  it('come in batches, one for each piece that completes any', async () => {
    const { body } = bodyOf([bytes('data: 1\n\ndata: 2\n\nda'), bytes('ta'), bytes(': 3\n\n')]);
    const batches = [];
    for await (const batch of readServerSentEvents(body, () => false, systemClock))
      batches.push(batch.map(({ data }) => data));
    assert.deepEqual(batches, [['1', '2'], ['3']]);
  });

  it('cancel the body when their reader stops in the middle', async () => {
    const { body, seen } = bodyOf([bytes('data: 1\n\n')], true);
    for await (const batch of readServerSentEvents(body, () => false, systemClock)) {
      assert.equal(batch.length, 1);
      break;
    }
    assert.equal(seen.cancelled, true);
  });

  it('read a body to its end when nothing follows, so that the connection can be used again', async () => {
    const { body, seen } = bodyOf([bytes('data: [DONE]\n\n'), bytes('\n')]);
    for await (const batch of readServerSentEvents(body, () => true, systemClock)) {
      assert.equal(batch.length, 1);
      break;
    }
    for (let turn = 0; turn < 20 && seen.pulled < 3; turn++) await Promise.resolve();
    assert.deepEqual(seen, { cancelled: false, pulled: 3 });
  });

  it('throw what the body throws', async () => {
    const failure = new Error('socket');
    const body = new ReadableStream<Uint8Array>({
      pull() {
        throw failure;
      },
    });
    await assert.rejects(async () => {
      for await (const batch of readServerSentEvents(body, () => false, systemClock)) assert.fail(String(batch.length));
    }, failure);
  });

  it('come as an empty batch when nothing has come for two minutes, once, and not before the first piece', async () => {
    const clock = new ManualClock();
    const source = new TransformStream<Uint8Array, Uint8Array>();
    const writer = source.writable.getWriter();
    const body = source.readable;
    const batches = readServerSentEvents(body, () => false, clock);
    const dataOf = (result: IteratorResult<readonly { data: string }[], unknown>) =>
      result.done === true ? assert.fail() : result.value.map(({ data }) => data);
    const first = batches.next();
    clock.advance(10 * STALL_MS);
    void writer.write(bytes('data: 1\n\n'));
    assert.deepEqual(dataOf(await first), ['1']);
    const second = batches.next();
    assert.equal(clock.pending, 1);
    clock.advance(STALL_MS - 1);
    clock.advance(1);
    assert.deepEqual(dataOf(await second), []);
    const third = batches.next();
    clock.advance(10 * STALL_MS);
    void writer.write(bytes('data: 2\n\n'));
    assert.deepEqual(dataOf(await third), ['2']);
    const end = batches.next();
    void writer.close();
    assert.equal((await end).done, true);
    assert.equal(clock.pending, 0);
  });
});
