import assert from 'node:assert/strict';
import { Conversation } from '../../../src/agent/conversation';
import { type RoundOptions, RoundTaker } from '../../../src/agent/round';
import type { AgentEvent } from '../../../src/agent/types';
import { BridgeError, ContextOverflowError, LLMClientError } from '../../../src/base/errors';
import { NO_USAGE } from '../../../src/agent/usage';
import { ServerPolicy } from '../../../src/llm/resilience';
import { answers, ofType, ScriptedModel, type Step } from '../../support/agent';
import { ManualClock } from '../../support/manualClock';

const BUSY = new LLMClientError('rate-limited', 'Busy.', { status: 429 });
const GONE = new BridgeError('model-unloaded', 'Model unloaded.');
const LONG = new ContextOverflowError('Too long.', { requestTokens: 9, contextLength: 8 });
const signal = new AbortController().signal;

describe('the requests of one round', () => {
  function take(failures: readonly BridgeError[], options: Partial<RoundOptions> = {}) {
    const events: AgentEvent[] = [];
    const clock = new ManualClock();
    const model = new ScriptedModel([...failures.map((failure): Step[] => [failure]), answers('Done.')]);
    const taker = new RoundTaker({
      ...{ model, clock, retry: new ServerPolicy({ clock, random: () => 0 }).turns },
      recover: () => Promise.resolve(true),
      context: {
        prepare: () => Promise.resolve(),
        learn: () => false,
        overflowed: () => Promise.resolve(true),
        explain: (error) => error,
        takeSpent: () => NO_USAGE,
      },
      emit: (event) => {
        events.push(event);
        // Whoever waits to repeat does not wait long.
        if (event.type === 'retry') setImmediate(() => clock.advance(60_000));
      },
      ...options,
    });
    const turn = taker.take(new Conversation([{ role: 'user', content: 'Task.' }]), [], signal);
    return { turn, model, events };
  }

  it('are five at most: the first, two after a failure that passes, one after each of the two cures', async () => {
    const { turn, model, events } = take([BUSY, GONE, BUSY, LONG]);
    assert.equal((await turn).text, 'Done.');
    assert.equal(model.requests.length, 5);
    assert.deepEqual(
      ofType(events, 'retry').map(({ code }) => code),
      ['rate-limited', 'model-unloaded', 'rate-limited', 'context-overflow'],
    );
    const worst = take([BUSY, BUSY, GONE, LONG, BUSY]);
    await assert.rejects(worst.turn, BUSY);
    assert.equal(worst.model.requests.length, 5);
  });

  it('are one where nothing fails, and one more for each cure, once', async () => {
    const whole = take([]);
    await whole.turn;
    assert.equal(whole.model.requests.length, 1);
    const lost = take([GONE, GONE]);
    await assert.rejects(lost.turn, GONE);
    assert.equal(lost.model.requests.length, 2);
    const long = take([LONG, LONG]);
    await assert.rejects(long.turn, LONG);
    assert.equal(long.model.requests.length, 2);
  });

  it('begin anew with the next round', async () => {
    const clock = new ManualClock();
    const model = new ScriptedModel([[GONE], answers('One.'), [GONE], answers('Two.')]);
    const retry = { delayAfter: () => undefined };
    const taker = new RoundTaker({ model, clock, retry, recover: () => Promise.resolve(true), emit: () => undefined });
    const conversation = new Conversation([{ role: 'user', content: 'Task.' }]);
    assert.equal((await taker.take(conversation, [], signal)).text, 'One.');
    assert.equal((await taker.take(conversation, [], signal)).text, 'Two.');
  });
});
