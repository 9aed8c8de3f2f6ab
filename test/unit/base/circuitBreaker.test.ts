import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type BreakerState, CircuitBreaker } from '../../../src/base/circuitBreaker';
import { BridgeError, isBridgeError } from '../../../src/base/errors';
import { ManualClock } from '../../support/manualClock';

const DOWN = new BridgeError('server-unreachable', 'Nobody there.');
const REFUSED = new BridgeError('bad-response', 'Will not.');
const signal = new AbortController().signal;

function breakerOf(failures = 3, openMs = 5_000) {
  const clock = new ManualClock();
  const breaker = new CircuitBreaker(
    { failures, openMs },
    {
      clock,
      isFailure: ({ code }) => code === 'server-unreachable',
      refuse: (error, waitMs) => new BridgeError(error.code, `Not before ${String(waitMs)} ms.`, { cause: error }),
    },
  );
  const states: BreakerState['kind'][] = [];
  breaker.onDidChange(({ kind }) => states.push(kind));
  let asked = 0;
  const ask = (answer: BridgeError | string, stop = signal): Promise<string> =>
    breaker.run(() => {
      asked++;
      return typeof answer === 'string' ? Promise.resolve(answer) : Promise.reject(answer);
    }, stop);
  const fail = async (times: number): Promise<void> => {
    for (let time = 0; time < times; time++) await assert.rejects(ask(DOWN), DOWN);
  };
  return { breaker, clock, states, ask, fail, asked: () => asked };
}

describe('the circuit breaker', () => {
  it('opens at the threshold and not before; a success between starts the count again', async () => {
    const { breaker, fail, ask } = breakerOf();
    await fail(2);
    assert.equal(await ask('hello'), 'hello');
    await fail(2);
    assert.equal(breaker.state.kind, 'closed');
    await fail(1);
    assert.deepEqual(breaker.state, { kind: 'open', error: DOWN, retryAt: 5_000 });
  });

  it('fails fast while it is open: with the code of what opened it, saying when it will ask again, asking nobody', async () => {
    const { clock, ask, fail, asked } = breakerOf();
    await fail(3);
    clock.advance(1_500);
    await assert.rejects(ask('hello'), (error) => {
      assert.ok(isBridgeError(error, 'server-unreachable'));
      assert.deepEqual([error.message, error.cause], ['Not before 3500 ms.', DOWN]);
      return true;
    });
    assert.equal(asked(), 3);
  });

  it('closes after recovery, and tells of each step', async () => {
    const { clock, ask, fail, states } = breakerOf();
    await fail(3);
    clock.advance(5_000);
    assert.equal(await ask('hello'), 'hello');
    assert.deepEqual(states, ['open', 'half-open', 'closed']);
    await fail(2);
    assert.equal(await ask('again'), 'again', 'the count began again too');
  });

  it('opens again after a failed probe, for the whole time', async () => {
    const { breaker, clock, ask, fail, asked } = breakerOf();
    await fail(3);
    clock.advance(5_000);
    await fail(1);
    assert.equal(breaker.state.kind, 'open');
    clock.advance(4_999);
    await assert.rejects(ask('hello'));
    assert.equal(asked(), 4);
    clock.advance(1);
    assert.equal(await ask('hello'), 'hello');
  });

  it('lets one request find out; the others fail fast meanwhile, but no longer than it stays open', async () => {
    const { breaker, clock, fail } = breakerOf();
    await fail(3);
    clock.advance(5_000);
    const slow = breaker.enter();
    assert.throws(() => breaker.enter(), /Not before 5000 ms/);
    clock.advance(5_000);
    const second = breaker.enter();
    slow.failed(DOWN);
    assert.equal(breaker.state.kind, 'half-open', 'the one that took too long does not decide');
    second.answered();
    assert.equal(breaker.state.kind, 'closed');
  });

  it('takes an answer for an answer, even a refusal', async () => {
    const { breaker, ask, fail } = breakerOf();
    await fail(2);
    await assert.rejects(ask(REFUSED), REFUSED);
    await fail(2);
    assert.equal(breaker.state.kind, 'closed');
  });

  it('learns nothing from a cancelled request, nor from a defect of ours', async () => {
    const { breaker, clock, ask, fail } = breakerOf();
    await fail(3);
    clock.advance(5_000);
    await assert.rejects(ask(DOWN, AbortSignal.abort()));
    assert.equal(breaker.state.kind, 'open', 'not closed by a probe that told nothing');
    await assert.rejects(
      breaker.run(() => Promise.reject(new TypeError('ours')), signal),
      TypeError,
    );
    assert.equal(breaker.state.kind, 'open');
    assert.equal(await ask('hello'), 'hello', 'the next one may find out at once');
  });

  it('does not count what set out before it opened', async () => {
    const { breaker, clock, fail } = breakerOf();
    const early = breaker.enter();
    await fail(3);
    clock.advance(3_000);
    early.failed(DOWN);
    assert.deepEqual(breaker.state, { kind: 'open', error: DOWN, retryAt: 5_000 });
  });

  it('asks at once where a person wants it', async () => {
    const { breaker, ask, fail } = breakerOf();
    breaker.tryNow();
    assert.equal(breaker.state.kind, 'closed');
    await fail(3);
    breaker.tryNow();
    assert.equal(await ask('hello'), 'hello');
  });

  it('never refuses for longer than it stays open, whatever happened before', async () => {
    const step = fc.oneof(
      fc.constantFrom('answer' as const, 'fail' as const, 'cancel' as const, 'leave' as const),
      fc.integer({ min: 0, max: 6_000 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const { breaker, clock, ask } = breakerOf(2);
        for (const next of steps) {
          if (typeof next === 'number') clock.advance(next);
          else if (next === 'answer') await ask('x').catch(() => undefined);
          else if (next === 'fail') await ask(DOWN).catch(() => undefined);
          else if (next === 'cancel') await ask(DOWN, AbortSignal.abort()).catch(() => undefined);
          else if (breaker.state.kind === 'closed' || clock.now() >= breaker.state.retryAt) breaker.enter();
        }
        clock.advance(5_000);
        assert.equal(await ask('hello'), 'hello');
        assert.equal(breaker.state.kind, 'closed');
        assert.equal(clock.pending, 0, 'and it needs no timer');
      }),
    );
  });
});
