import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { abortReason, deadline, delay, onAbort, raceAbort, throwIfAborted } from '../../../src/base/abort';
import { BridgeError } from '../../../src/base/errors';
import { ManualClock } from '../../support/manualClock';

const STOP = new BridgeError('cancelled', 'Stopped by hand.');
const TIME = new BridgeError('limit-time', 'Too late.');
const never = new Promise<never>(() => undefined);

describe('cancellation', () => {
  it('gives the reason that was given, and makes one where it was none of ours', () => {
    assert.equal(abortReason(AbortSignal.abort(STOP)), STOP);
    const other = abortReason(AbortSignal.abort('because'));
    assert.equal(other.code, 'cancelled');
    assert.equal(other.cause, 'because');
  });

  it('throws the reason only once the signal has fired', () => {
    const controller = new AbortController();
    throwIfAborted(controller.signal);
    controller.abort(STOP);
    assert.throws(() => throwIfAborted(controller.signal), STOP);
  });

  it('calls back once: at once where the signal has fired already, and never after it was disposed', () => {
    let called = 0;
    const count = (): void => {
      called++;
    };
    onAbort(AbortSignal.abort(STOP), count).dispose();
    assert.equal(called, 1);
    const controller = new AbortController();
    onAbort(controller.signal, count).dispose();
    onAbort(controller.signal, count);
    controller.abort(STOP);
    assert.equal(called, 2);
  });

  it('lets work race the signal', async () => {
    const controller = new AbortController();
    assert.equal(await raceAbort(Promise.resolve(1), controller.signal), 1);
    await assert.rejects(raceAbort(Promise.reject(TIME), controller.signal), TIME);
    const waiting = raceAbort(never, controller.signal);
    controller.abort(STOP);
    await assert.rejects(waiting, STOP);
    await assert.rejects(raceAbort(Promise.resolve(1), controller.signal), STOP, 'it had fired before');
  });
});

describe('a delay', () => {
  it('waits for the clock and leaves no timer behind', async () => {
    const clock = new ManualClock();
    let done = false;
    const waiting = delay(1_000, clock, new AbortController().signal).then(() => (done = true));
    clock.advance(999);
    await Promise.resolve();
    assert.equal(done, false);
    clock.advance(1);
    await waiting;
    assert.equal(clock.pending, 0);
  });

  it('ends with the reason of the signal, before it or during it', async () => {
    const clock = new ManualClock();
    const controller = new AbortController();
    const waiting = delay(1_000, clock, controller.signal);
    controller.abort(STOP);
    await assert.rejects(waiting, STOP);
    await assert.rejects(delay(1_000, clock, controller.signal), STOP);
    assert.equal(clock.pending, 0);
  });
});

describe('many who wait for one signal', () => {
  const MANY = 50;

  /** Warnings of Node itself while `work` runs. */
  async function warnings(work: () => unknown): Promise<string[]> {
    const seen: string[] = [];
    const listener = ({ name }: Error): void => void seen.push(name);
    process.on('warning', listener);
    await work();
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', listener);
    return seen;
  }

  it('are no leak to Node, and are all told', async () => {
    const controller = new AbortController();
    let waits: Promise<unknown>[] = [];
    assert.deepEqual(
      await warnings(() => {
        waits = Array.from({ length: MANY }, () => raceAbort(never, controller.signal));
      }),
      [],
    );
    controller.abort(STOP);
    for (const { status } of await Promise.allSettled(waits)) assert.equal(status, 'rejected');
  });

  it('leave nothing on the signal, and one that was taken away by another is not called', () => {
    const controller = new AbortController();
    const called: number[] = [];
    const listening = [0, 1, 2].map((index) =>
      onAbort(controller.signal, () => {
        called.push(index);
        listening[1]?.dispose();
      }),
    );
    for (let again = 0; again < MANY; again++) onAbort(controller.signal, () => called.push(-1)).dispose();
    controller.abort(STOP);
    assert.deepEqual(called, [0, 2]);
    listening[0]?.dispose();

    const quiet = new AbortController().signal;
    const [first, second] = [onAbort(quiet, () => undefined), onAbort(quiet, () => undefined)];
    assert.equal(getEventListeners(quiet, 'abort').length, 1);
    first.dispose();
    first.dispose();
    assert.equal(getEventListeners(quiet, 'abort').length, 1);
    second.dispose();
    assert.equal(getEventListeners(quiet, 'abort').length, 0);
  });
});

describe('a deadline', () => {
  it('fires with its own reason when the time is up', () => {
    const clock = new ManualClock();
    const limit = deadline(new AbortController().signal, 500, clock, () => TIME);
    clock.advance(499);
    assert.equal(limit.signal.aborted, false);
    clock.advance(1);
    assert.equal(abortReason(limit.signal), TIME);
  });

  it('fires with the reason of its parent, which may have fired before', () => {
    const clock = new ManualClock();
    const parent = new AbortController();
    const limit = deadline(parent.signal, 500, clock, () => TIME);
    parent.abort(STOP);
    clock.advance(1_000);
    assert.equal(abortReason(limit.signal), STOP);
    assert.equal(abortReason(deadline(parent.signal, 500, clock, () => TIME).signal), STOP);
  });

  it('sets no timer without a time, and never fires once it was disposed', () => {
    const clock = new ManualClock();
    const parent = new AbortController();
    deadline(parent.signal, undefined, clock, () => TIME);
    assert.equal(clock.pending, 0);
    const limit = deadline(parent.signal, 500, clock, () => TIME);
    limit.dispose();
    assert.equal(clock.pending, 0);
    parent.abort(STOP);
    assert.equal(limit.signal.aborted, false);
  });
});
