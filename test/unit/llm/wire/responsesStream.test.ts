import assert from 'node:assert/strict';
import { BridgeError, type ErrorCode } from '../../../../src/base/errors';
import { ResponsesStream } from '../../../../src/llm/wire/responsesStream';
import { readPieces, RESPONSE_STREAMS } from '../../../support/wire';

const read = (text: string, stream = new ResponsesStream('http://server')) =>
  readPieces(stream, [new TextEncoder().encode(text)]);
const failsWith = (code: ErrorCode) => (error: unknown) => error instanceof BridgeError && error.code === code;
const USAGE = { promptTokens: 50, completionTokens: 9, reasoningTokens: 2 };
const CALL = { type: 'tool-call', id: 'call_1234567890123456', name: 'read_file', arguments: '{"path":"a"}' };

describe('a streamed response', () => {
  it('is read in the order of LM Studio, with calls whose arguments come whole', async () => {
    const stream = new ResponsesStream('http://server');
    assert.deepEqual(await read(RESPONSE_STREAMS['reasoning, text and a call'], stream), [
      { type: 'reasoning', text: 'Hm 漢' },
      { type: 'text', text: "I'll " },
      { type: 'text', text: 'look.' },
      { ...CALL, recovered: false },
      { type: 'finish', reason: 'tool-calls', usage: USAGE },
    ]);
    assert.deepEqual([stream.id, stream.model], ['resp_1f', 'm']);
  });

  it('takes arguments that come in pieces', async () => {
    const events = await read(RESPONSE_STREAMS['arguments in pieces']);
    assert.deepEqual(events[0], { ...CALL, recovered: false });
  });

  it('says that it was cut off', async () => {
    const events = await read(RESPONSE_STREAMS['cut off']);
    assert.deepEqual(events.at(-1), { type: 'finish', reason: 'length', usage: USAGE });
  });

  it('fails with what the server says, wherever it says it', async () => {
    await assert.rejects(read(RESPONSE_STREAMS['a failed response']), failsWith('engine-crashed'));
    await assert.rejects(read(RESPONSE_STREAMS['an error event']), (error) => {
      assert.ok(error instanceof BridgeError && !error.message.includes('{'), String(error));
      return failsWith('engine-crashed')(error);
    });
    await assert.rejects(read('data: {"error":{"message":"Model unloaded."}}\n\n'), failsWith('model-unloaded'));
  });

  it('has failed where it ends before it was completed', async () => {
    await assert.rejects(read(RESPONSE_STREAMS['an early end']), failsWith('stream-interrupted'));
    await assert.rejects(read(''), failsWith('stream-interrupted'));
  });
});
