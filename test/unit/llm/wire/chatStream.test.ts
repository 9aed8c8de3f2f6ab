import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { ChatEvent } from '../../../../src/agent/types';
import { BridgeError, type ErrorCode } from '../../../../src/base/errors';
import { ChatStream } from '../../../../src/llm/wire/chatStream';

const ENVELOPE = {
  id: 'chatcmpl-x',
  object: 'chat.completion.chunk',
  created: 1786000000,
  model: 'm',
  system_fingerprint: 'm',
};
const delta = (fields: object, finish: string | null = null): string =>
  JSON.stringify({ ...ENVELOPE, choices: [{ index: 0, delta: fields, logprobs: null, finish_reason: finish }] });
const USAGE = JSON.stringify({
  ...ENVELOPE,
  choices: [],
  usage: {
    prompt_tokens: 120,
    completion_tokens: 22,
    total_tokens: 142,
    completion_tokens_details: { reasoning_tokens: 3 },
  },
});

function read(...frames: string[]): ChatEvent[] {
  const stream = new ChatStream('http://server');
  return [...frames.flatMap((frame) => [...stream.read(frame)]), ...stream.end()];
}

const failsWith = (code: ErrorCode) => (error: unknown) => error instanceof BridgeError && error.code === code;
const UNKNOWN = { promptTokens: null, completionTokens: null, reasoningTokens: null };

describe('a streamed answer', () => {
  it('is read as LM Studio sends it', () => {
    const events = read(
      delta({ role: 'assistant', reasoning_content: 'The' }),
      delta({ content: "I'll look." }),
      delta({
        tool_calls: [{ index: 0, id: '931693397', type: 'function', function: { name: 'read_file', arguments: '' } }],
      }),
      delta({ tool_calls: [{ index: 0, type: 'function', function: { arguments: '{"path":' } }] }),
      delta({ tool_calls: [{ index: 0, type: 'function', function: { arguments: '"a.ts"}' } }] }),
      delta({}, 'tool_calls'),
      USAGE,
      '[DONE]',
    );
    assert.deepEqual(events, [
      { type: 'reasoning', text: 'The' },
      { type: 'text', text: "I'll look." },
      { type: 'tool-call', id: '931693397', name: 'read_file', arguments: '{"path":"a.ts"}', recovered: false },
      { type: 'finish', reason: 'tool-calls', usage: { promptTokens: 120, completionTokens: 22, reasoningTokens: 3 } },
    ]);
  });

  it('has its reasoning in any of three places', () => {
    for (const frame of [{ reasoning_content: 'Hm' }, { reasoning: 'Hm' }, { content: '<think>Hm</think>' }]) {
      assert.deepEqual(read(delta(frame), '[DONE]')[0], { type: 'reasoning', text: 'Hm' }, JSON.stringify(frame));
    }
    assert.deepEqual(read(delta({ reasoning_content: '', reasoning: 'Hm' }), '[DONE]')[0], {
      type: 'reasoning',
      text: 'Hm',
    });
  });

  it('takes content that is empty, null or missing', () => {
    const events = read(
      delta({ content: '' }),
      delta({ content: null }),
      delta({}),
      delta({ content: 'Hi' }, 'stop'),
      '[DONE]',
    );
    assert.deepEqual(events, [
      { type: 'text', text: 'Hi' },
      { type: 'finish', reason: 'stop', usage: UNKNOWN },
    ]);
  });

  it('says why it ended', () => {
    const reasonOf = (...frames: string[]) => read(...frames).at(-1);
    assert.deepEqual(reasonOf(delta({ content: 'a' }, 'length')), { type: 'finish', reason: 'length', usage: UNKNOWN });
    const call = delta({ tool_calls: [{ index: 0, id: '1', function: { name: 'f', arguments: '{}' } }] });
    assert.deepEqual(reasonOf(call, delta({}, 'stop')), { type: 'finish', reason: 'tool-calls', usage: UNKNOWN });
    assert.deepEqual(reasonOf(call, delta({}, 'length')), { type: 'finish', reason: 'length', usage: UNKNOWN });
  });

  it('is whole with [DONE] and no reason, and with a reason and no [DONE]', () => {
    const finish = { type: 'finish', reason: 'stop', usage: UNKNOWN };
    assert.deepEqual(read(delta({ content: 'Hi' }), '[DONE]').at(-1), finish);
    assert.deepEqual(read(delta({ content: 'Hi' }, 'stop')).at(-1), finish);
  });

  it('has failed where it ends with neither', () => {
    assert.throws(() => read(), failsWith('stream-interrupted'));
    assert.throws(() => read(delta({ content: 'Hel' })), failsWith('stream-interrupted'));
    assert.throws(
      () => read(delta({ content: 'Hel' }, '')),
      failsWith('stream-interrupted'),
      'an empty reason is none',
    );
  });

  it('ends with the error that a frame reports, in any of its shapes', () => {
    const crash = 'The model has crashed without additional information. (Exit code: 11)';
    const shapes = [
      { error: { message: crash }, message: crash },
      { error: crash },
      { error: { message: crash, code: null } },
    ];
    for (const shape of shapes)
      assert.throws(() => read(JSON.stringify(shape)), failsWith('engine-crashed'), JSON.stringify(shape));
    assert.throws(() => read(delta({ content: 'a' }), '{"error":"Model unloaded."}'), failsWith('model-unloaded'));
    const full =
      'Reached context length of 32000 tokens with model (arch: gpt-oss) that does not currently support mid-generation context overflow.';
    assert.throws(() => read(JSON.stringify({ error: { message: full } })), failsWith('context-overflow'));
  });

  it('does not take an error of null for an error', () => {
    const frame = JSON.stringify({
      ...ENVELOPE,
      error: null,
      choices: [{ delta: { content: 'Hi' }, finish_reason: 'stop' }],
    });
    assert.deepEqual(read(frame)[0], { type: 'text', text: 'Hi' });
  });

  it('survives a spliced line, counts it and says so', () => {
    const events = read(
      delta({ content: 'a' }),
      '{"choices":[{"del{"choices":[]}',
      '[]',
      delta({ content: 'b' }, 'stop'),
      '[DONE]',
    );
    assert.deepEqual(
      events.map(({ type }) => type),
      ['text', 'text', 'warning', 'finish'],
    );
    const warning = events[2];
    assert.ok(warning?.type === 'warning' && warning.code === 'corrupt-frames' && warning.message.startsWith('2 '));
  });

  it('is also read where a server sends the message whole', () => {
    const whole = {
      ...ENVELOPE,
      choices: [{ message: { role: 'assistant', content: 'Hi', tool_calls: [] }, finish_reason: 'stop' }],
    };
    assert.deepEqual(read(JSON.stringify(whole))[0], { type: 'text', text: 'Hi' });
  });

  it('names who answers as soon as the server does', () => {
    const stream = new ChatStream('http://server');
    for (const frame of [JSON.stringify({ model: '', choices: [] }), delta({ content: 'a' })])
      assert.ok([...stream.read(frame)]);
    assert.equal(stream.model, 'm', 'an empty name is none');
  });

  it('keeps the last usage that came, whatever parts of it are missing', () => {
    const events = read(
      JSON.stringify({ usage: { prompt_tokens: 1 } }),
      JSON.stringify({ usage: { prompt_tokens: 5, completion_tokens: null } }),
      '[DONE]',
    );
    assert.deepEqual(events.at(-1), { type: 'finish', reason: 'stop', usage: { ...UNKNOWN, promptTokens: 5 } });
  });

  it('throws nothing but errors with a code, whatever is sent', () => {
    const odd = fc.oneof(fc.jsonValue(), fc.constantFrom('', 'x', 0, -1, null, true, [], {}, [null], 'stop'));
    const fields = fc.record(
      {
        content: odd,
        reasoning_content: odd,
        reasoning: odd,
        tool_calls: fc.oneof(
          odd,
          fc.array(
            fc.record(
              { index: odd, id: odd, function: fc.record({ name: odd, arguments: odd }) },
              { requiredKeys: [] },
            ),
          ),
        ),
      },
      { requiredKeys: [] },
    );
    const chunk = fc.record(
      {
        error: odd,
        model: odd,
        usage: odd,
        choices: fc.oneof(
          odd,
          fc.array(fc.record({ delta: fc.oneof(odd, fields), message: odd, finish_reason: odd }, { requiredKeys: [] })),
        ),
      },
      { requiredKeys: [] },
    );
    const well = fc.constantFrom(
      delta({ content: 'a' }),
      delta({ content: '<think>' }),
      delta({}, 'stop'),
      USAGE,
      '[DONE]',
    );
    const frame = fc.oneof(
      fc.string(),
      fc.json(),
      well,
      chunk.map((value) => JSON.stringify(value)),
    );
    const seen = { whole: 0, failed: 0 };
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 8 }), (frames) => {
        try {
          const events = read(...frames);
          seen.whole++;
          assert.equal(events.filter(({ type }) => type === 'finish').length, 1);
          assert.equal(events.at(-1)?.type, 'finish');
        } catch (error) {
          if (!(error instanceof BridgeError)) throw error;
          seen.failed++;
          assert.notEqual(error.code, 'internal');
        }
      }),
      { numRuns: 4_000 },
    );
    assert.ok(seen.whole > 100 && seen.failed > 100, JSON.stringify(seen));
  });
});
