import assert from 'node:assert/strict';
import { takeTurn } from '../../../src/agent/turn';
import type { AgentEvent, ChatEvent } from '../../../src/agent/types';
import { BridgeError } from '../../../src/base/errors';
import type { RetryPolicy } from '../../../src/base/retry';
import { answers, call, ofType, reasoning, ScriptedModel, type Step, text } from '../../support/agent';
import { ManualClock } from '../../support/manualClock';

const REQUEST = { messages: [], tools: [] };
const BUSY = new BridgeError('rate-limited', 'Busy.');
const signal = new AbortController().signal;

function turnOf(turns: readonly (readonly Step[])[], retry: RetryPolicy) {
  const events: AgentEvent[] = [];
  const model = new ScriptedModel(turns);
  const clock = new ManualClock();
  const run = () => takeTurn(REQUEST, { model, clock, retry, emit: (event) => events.push(event) }, signal);
  return { run, model, clock, events };
}

describe('a turn', () => {
  it('is asked again when the policy says so, and when it says so', async () => {
    const asked: [string, number][] = [];
    const retry: RetryPolicy = {
      delayAfter({ code }, attempt) {
        asked.push([code, attempt]);
        return attempt < 4 ? attempt * 10 : undefined;
      },
    };
    const { run, clock, model, events } = turnOf([[BUSY], [BUSY], [BUSY], [BUSY], answers('Never.')], retry);
    const failing = assert.rejects(run(), BUSY);
    for (const ms of [10, 20, 30]) {
      while (clock.pending === 0) await Promise.resolve();
      clock.advance(ms);
    }
    await failing;
    assert.deepEqual(
      asked,
      [1, 2, 3, 4].map((attempt) => ['rate-limited', attempt]),
    );
    assert.deepEqual(
      ofType(events, 'retry').map(({ attempt, delayMs }) => [attempt, delayMs]),
      [
        [1, 10],
        [2, 20],
        [3, 30],
      ],
    );
    assert.equal(model.requests.length, 4);
  });

  it('is not even put to the policy after output: text, reasoning or a call', async () => {
    for (const output of [text('Hel'), reasoning('Hm'), call('list')]) {
      const { run, model } = turnOf([[output, BUSY], answers('Never.')], {
        delayAfter: () => assert.fail('nobody should ask'),
      });
      await assert.rejects(run(), BUSY);
      assert.equal(model.requests.length, 1);
    }
  });

  it('comes again after a mere warning, and begins anew', async () => {
    const warning: ChatEvent = { type: 'warning', code: 'model-substituted', message: 'Another one.' };
    const { run, clock } = turnOf([[warning, BUSY], answers('Done.')], { delayAfter: () => 0 });
    const done = run();
    while (clock.pending === 0) await Promise.resolve();
    clock.advance(0);
    assert.equal((await done).text, 'Done.');
  });
});
