import assert from 'node:assert/strict';
import fc from 'fast-check';
import { BridgeError } from '../../../src/base/errors';
import { backoff, type BackoffOptions, type RetryPolicy, withRetry } from '../../../src/base/retry';
import { ManualClock } from '../../support/manualClock';

const LIMITS: BackoffOptions = { attempts: 6, baseMs: 1_000, maxMs: 5_000, maxRetryAfterMs: 60_000 };
const most = (): number => 1;

describe('the back-off', () => {
  it('doubles up to its cap, and gives up after the last attempt', () => {
    const waits = [1, 2, 3, 4, 5, 6, 7].map((attempt) => backoff(attempt, LIMITS, most));
    assert.deepEqual(waits, [1_000, 2_000, 4_000, 5_000, 5_000, undefined, undefined]);
  });

  it('is spread over the whole time, so that those who failed together do not come back together', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.double({ min: 0, max: 1, noNaN: true }), (attempt, share) => {
        const ceiling = Math.min(5_000, 1_000 * 2 ** (attempt - 1));
        assert.equal(
          backoff(attempt, LIMITS, () => share),
          Math.round(share * ceiling),
        );
      }),
    );
  });

  it('is never shorter than the server asks for', () => {
    assert.equal(
      backoff(1, LIMITS, () => 0, 7_000),
      7_000,
    );
    assert.equal(backoff(3, LIMITS, most, 100), 4_000);
  });

  it('gives up where the server asks for more than anybody would wait', () => {
    assert.equal(backoff(1, LIMITS, most, 60_000), 60_000);
    assert.equal(backoff(1, LIMITS, most, 60_001), undefined);
  });
});

describe('a repeat', () => {
  const busy = new BridgeError('rate-limited', 'Busy.');
  const policy: RetryPolicy = { delayAfter: (_, attempt) => backoff(attempt, { ...LIMITS, attempts: 3 }, most) };
  const signal = new AbortController().signal;

  function failing(times: number, error: Error = busy) {
    let calls = 0;
    const work = (): Promise<string> => {
      calls++;
      return calls <= times ? Promise.reject(error) : Promise.resolve('done');
    };
    return { work, calls: () => calls };
  }

  async function settle(): Promise<void> {
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  }

  it('succeeds at the second attempt, after its wait and not before', async () => {
    const clock = new ManualClock();
    const { work, calls } = failing(1);
    const done = withRetry(work, { policy, clock }, signal);
    await settle();
    clock.advance(999);
    await settle();
    assert.equal(calls(), 1);
    clock.advance(1);
    assert.equal(await done, 'done');
    assert.deepEqual([calls(), clock.pending], [2, 0]);
  });

  it('ends with the last error after three attempts, each wait longer than the one before', async () => {
    const clock = new ManualClock();
    const waits: [number, number][] = [];
    const { work, calls } = failing(Infinity);
    const onRetry = (_: BridgeError, attempt: number, ms: number) => waits.push([attempt, ms]);
    const done = assert.rejects(withRetry(work, { policy, clock, onRetry }, signal), busy);
    for (const ms of [1_000, 2_000]) {
      await settle();
      clock.advance(ms);
    }
    await done;
    assert.deepEqual(waits, [
      [1, 1_000],
      [2, 2_000],
    ]);
    assert.equal(calls(), 3);
  });

  it('does not come for what is none of our errors, or where the caller says no', async () => {
    const clock = new ManualClock();
    const foreign = new TypeError('x is not a function');
    const { work, calls } = failing(1, foreign);
    await assert.rejects(withRetry(work, { policy, clock }, signal), foreign);
    const other = failing(1);
    await assert.rejects(withRetry(other.work, { policy, clock, canRepeat: () => false }, signal), busy);
    assert.deepEqual([calls(), other.calls(), clock.pending], [1, 1, 0]);
  });

  it('does not come after a cancel, neither before the wait nor in it', async () => {
    const stop = new BridgeError('cancelled', 'Stopped.');
    for (const early of [true, false]) {
      const clock = new ManualClock();
      const controller = new AbortController();
      const { calls, work } = failing(1);
      const done = withRetry(
        () => {
          if (early) controller.abort(stop);
          return work();
        },
        { policy, clock },
        controller.signal,
      );
      const failed = assert.rejects(done, early ? busy : stop);
      await settle();
      controller.abort(stop);
      await failed;
      assert.deepEqual([calls(), clock.pending], [1, 0]);
    }
  });
});
