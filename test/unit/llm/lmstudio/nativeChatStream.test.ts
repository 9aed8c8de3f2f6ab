import assert from 'node:assert/strict';
import type { ChatEvent } from '../../../../src/agent/types';
import { isBridgeError } from '../../../../src/base/errors';
import { NativeChatStream } from '../../../../src/llm/lmstudio/nativeChatStream';
import { createAnswererCheck } from '../../../../src/llm/wire/substitution';
import { NATIVE_STREAMS, readPieces } from '../../../support/wire';

const reader = (asked = 'm', contextLength: number | null = null) =>
  new NativeChatStream('http://server', {
    onAnswerer: createAnswererCheck(asked, (answered) => answered === asked, true),
    contextLength,
  });
const read = (text: string, stream = reader()): Promise<ChatEvent[]> =>
  readPieces(stream, [new TextEncoder().encode(text)]);
const frames = (text: string) =>
  text.split('\n\n').flatMap((frame) => {
    const [event, data] = frame.split('\n');
    return data === undefined ? [] : [{ event: event?.slice('event: '.length), data: data.slice('data: '.length) }];
  });
const USAGE = { promptTokens: 30, completionTokens: 9, reasoningTokens: 2 };
const WHOLE = NATIVE_STREAMS['a load, a prompt, reasoning and text'];

describe("a stream of LM Studio's own chat", () => {
  it('is read to its end, with its usage', async () => {
    assert.deepEqual(await read(WHOLE), [
      { type: 'reasoning', text: 'Hm 漢' },
      { type: 'text', text: "I'll " },
      { type: 'text', text: 'look.' },
      { type: 'finish', reason: 'stop', usage: USAGE },
    ]);
  });

  it('tells of load and prompt, each whole percent once, and when the answer begins', () => {
    const stream = reader();
    const news = frames(WHOLE).flatMap(({ data, event }) => [...stream.read(data, event)]);
    assert.deepEqual(
      news.flatMap((item) => (item.type === 'phase' ? [item.phase] : [])),
      [
        { phase: 'loading-model', progress: null },
        { phase: 'loading-model', progress: 0.5 },
        { phase: 'processing-prompt', estimatedMs: null, progress: null },
        { phase: 'processing-prompt', estimatedMs: null, progress: 0 },
        { phase: 'processing-prompt', estimatedMs: null, progress: 0.375 },
        { phase: 'processing-prompt', estimatedMs: null, progress: 1 },
        { phase: 'generating' },
      ],
    );
    const [first] = news.filter(({ type }) => type !== 'phase');
    assert.deepEqual(first, { type: 'reasoning', text: 'Hm 漢' });
  });

  it('warns of another model, but not before it is in memory', () => {
    const stream = reader('other');
    const types = frames(WHOLE).flatMap(({ data, event }) =>
      [...stream.read(data, event)].map((item) => (item.type === 'phase' ? item.phase.phase : item.type)),
    );
    assert.deepEqual(types.slice(0, 5), [
      ...['loading-model', 'loading-model', 'processing-prompt', 'warning', 'processing-prompt'],
    ]);
    assert.equal(types.filter((type) => type === 'warning').length, 1);
  });

  it('says that it was cut off where the context is full', async () => {
    const end = async (context: number | null) => (await read(WHOLE, reader('m', context))).at(-1);
    assert.deepEqual(await end(39), { type: 'finish', reason: 'length', usage: USAGE });
    assert.deepEqual(await end(40), { type: 'finish', reason: 'stop', usage: USAGE });
  });

  it('fails with what the server says, and where it says nothing', async () => {
    await assert.rejects(read(NATIVE_STREAMS['an error, and what there is']), (error) =>
      isBridgeError(error, 'engine-crashed'),
    );
    await assert.rejects(read('event: error\ndata: Model unloaded.\n\n'), (error) =>
      isBridgeError(error, 'model-unloaded'),
    );
    await assert.rejects(read(NATIVE_STREAMS['nothing after its start']), (error) =>
      isBridgeError(error, 'stream-interrupted'),
    );
  });

  it('goes on over what it does not know', async () => {
    const none = { promptTokens: null, completionTokens: null, reasoningTokens: null };
    assert.deepEqual(await read(NATIVE_STREAMS['odd fields']), [
      { type: 'text', text: 'Hi' },
      { type: 'finish', reason: 'stop', usage: none },
    ]);
    const events = await read(`data: {"type\n\n${WHOLE}`);
    assert.ok(events.some((event) => event.type === 'warning' && event.code === 'corrupt-frames'));
  });

  it('takes reasoning out of the text where the server did not', async () => {
    const events = await read(WHOLE.replace("I'll ", '<think>Hm</think>'));
    assert.deepEqual(events[1], { type: 'reasoning', text: 'Hm' });
  });
});
