import assert from 'node:assert/strict';
import { throttled } from '../../../src/vscode/throttled';
import { ManualClock } from '../../support/manualClock';

describe('what is throttled', () => {
  it('is done at once, and once more after a while where it was asked for meanwhile', () => {
    const clock = new ManualClock();
    let done = 0;
    const { run } = throttled(() => done++, 100, clock);
    run();
    assert.equal(done, 1);
    for (let index = 0; index < 50; index++) run();
    assert.equal(done, 1);
    clock.advance(100);
    assert.equal(done, 2);
    clock.advance(100);
    assert.equal(done, 2);
    assert.equal(clock.pending, 0, 'no timer is left where nothing happens');
    run();
    assert.equal(done, 3);
  });

  it('is done no more when it was disposed', () => {
    const clock = new ManualClock();
    let done = 0;
    const throttle = throttled(() => done++, 100, clock);
    throttle.run();
    throttle.run();
    throttle.dispose();
    clock.advance(1_000);
    assert.equal(done, 1);
  });
});
