/** What must hold for every stream, whole or broken, however the network cuts it: over 10,000 cases in each run. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { ChatEvent } from '../../../../src/agent/types';
import { BridgeError } from '../../../../src/base/errors';
import { NativeChatStream } from '../../../../src/llm/lmstudio/nativeChatStream';
import { ChatStream } from '../../../../src/llm/wire/chatStream';
import type { FrameReader } from '../../../../src/llm/wire/frameReader';
import { ResponsesStream } from '../../../../src/llm/wire/responsesStream';
import { CHAT_STREAMS, cut, NATIVE_STREAMS, readPieces, RESPONSE_STREAMS } from '../../../support/wire';

interface Recording {
  readonly bytes: Uint8Array;
  readonly reader: () => FrameReader;
}

const encoder = new TextEncoder();
const chatReader = (): FrameReader => new ChatStream('http://server');
const responseReader = (): FrameReader => new ResponsesStream('http://server');
const nativeReader = (): FrameReader =>
  new NativeChatStream('http://server', { onAnswerer: () => undefined, contextLength: null });
const RECORDINGS: readonly Recording[] = [
  ...Object.values(CHAT_STREAMS).map((text) => ({ bytes: encoder.encode(text), reader: chatReader })),
  ...Object.values(RESPONSE_STREAMS).map((text) => ({ bytes: encoder.encode(text), reader: responseReader })),
  ...Object.values(NATIVE_STREAMS).map((text) => ({ bytes: encoder.encode(text), reader: nativeReader })),
];
const cuts = fc.array(fc.nat(4_000), { maxLength: 30 });

type Outcome = { readonly events: readonly ChatEvent[] } | { readonly code: string; readonly message: string };

/** @throws what is no classified error */
async function outcome(reader: FrameReader, pieces: readonly Uint8Array[]): Promise<Outcome> {
  try {
    return { events: await readPieces(reader, pieces) };
  } catch (error) {
    if (!(error instanceof BridgeError) || error.code === 'internal') throw error;
    return { code: error.code, message: error.message };
  }
}

/** The pieces of a text are as the tags allow: what counts is the whole. */
function joined(result: Outcome): unknown {
  if (!('events' in result)) return result;
  const text = (type: string): string =>
    result.events
      .map((event) => ((event.type === 'text' || event.type === 'reasoning') && event.type === type ? event.text : ''))
      .join('');
  const rest = result.events.filter(({ type }) => type !== 'text' && type !== 'reasoning');
  return { text: text('text'), reasoning: text('reasoning'), rest };
}

describe('every stream', () => {
  it('gives the same events however its bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...RECORDINGS), cuts, async ({ bytes, reader }, at) => {
        const whole = joined(await outcome(reader(), [bytes]));
        assert.deepEqual(joined(await outcome(reader(), cut(bytes, at))), whole);
      }),
      { numRuns: 3_000 },
    );
  });

  it('gives the same events byte by byte', async () => {
    for (const { bytes, reader } of RECORDINGS) {
      const all = Array.from(bytes, (_, index) => index);
      assert.deepEqual(joined(await outcome(reader(), cut(bytes, all))), joined(await outcome(reader(), [bytes])));
    }
  });

  it('ends, with a finish or an error with a code, when bytes are lost, doubled or changed', async () => {
    const damage = fc.record({
      kind: fc.constantFrom('drop', 'double', 'overwrite', 'truncate'),
      at: fc.nat(4_000),
      length: fc.integer({ min: 1, max: 60 }),
      noise: fc.uint8Array({ minLength: 1, maxLength: 12 }),
    });
    const seen = { finished: 0, failed: 0 };
    const damaged = fc.tuple(fc.constantFrom(...RECORDINGS), fc.array(damage, { minLength: 1, maxLength: 4 }), cuts);
    await fc.assert(
      fc.asyncProperty(damaged, async ([{ bytes, reader }, damages, at]) => {
        const result = await outcome(reader(), cut(damages.reduce(apply, bytes), at));
        if ('events' in result) {
          seen.finished++;
          assert.equal(result.events.filter(({ type }) => type === 'finish').length, 1);
          assert.equal(result.events.at(-1)?.type, 'finish');
        } else {
          seen.failed++;
        }
      }),
      { numRuns: 4_000 },
    );
    assert.ok(seen.finished > 200 && seen.failed > 200, JSON.stringify(seen));
  });

  it('ends when it is noise, or JSON of any shape under the names that count', async () => {
    const odd = fc.oneof(fc.jsonValue(), fc.constantFrom('', 0, -1, null, true, [], {}, [null]));
    const types = fc.constantFrom(
      ...['created', 'output_item.added', 'output_item.done', 'output_text.delta', 'completed', 'incomplete', 'failed'],
      ...['function_call_arguments.delta', 'function_call_arguments.done', 'reasoning_text.delta'],
    );
    const item = fc.oneof(
      odd,
      fc.record({ type: fc.constant('function_call'), id: odd, call_id: odd, name: odd, arguments: odd }),
    );
    const response = fc.oneof(odd, fc.record({ id: odd, model: odd, error: odd, usage: odd, incomplete_details: odd }));
    const frame = fc.record(
      {
        type: types.map((type) => `response.${type}`),
        delta: odd,
        item,
        item_id: odd,
        output_index: odd,
        arguments: odd,
        response,
      },
      { requiredKeys: ['type'] },
    );
    const line = fc.oneof(
      fc.string({ unit: 'binary' }),
      frame.map((value) => `data: ${JSON.stringify(value)}\n\n`),
      fc.constantFrom(
        'data: [DONE]\n\n',
        'event: error\n',
        'data:\n\n',
        '\r',
        '\n\n',
        ': \n',
        '\u0000',
        'data: {"choices":[{}]}\n\n',
      ),
    );
    const text = fc.array(line, { maxLength: 8 }).map((lines) => encoder.encode(lines.join('')));
    await fc.assert(
      fc.asyncProperty(fc.oneof(text, fc.uint8Array({ maxLength: 200 })), cuts, async (bytes, at) => {
        for (const reader of [chatReader(), responseReader()]) await outcome(reader, cut(bytes, at));
      }),
      { numRuns: 4_000 },
    );
  });
});

interface Damage {
  readonly kind: string;
  readonly at: number;
  readonly length: number;
  readonly noise: Uint8Array;
}

function apply(bytes: Uint8Array, { kind, at, length, noise }: Damage): Uint8Array {
  const from = bytes.length === 0 ? 0 : at % bytes.length;
  const head = bytes.subarray(0, from);
  switch (kind) {
    case 'drop':
      return Buffer.concat([head, bytes.subarray(from + length)]);
    case 'double':
      return Buffer.concat([bytes.subarray(0, from + length), bytes.subarray(from)]);
    case 'overwrite':
      return Buffer.concat([head, noise, bytes.subarray(from + noise.length)]);
    default:
      return head;
  }
}
