import assert from 'node:assert/strict';
import { ListWatch } from '../../../src/mcp/listWatch';
import { ManualClock } from '../../support/manualClock';

describe('the watch over a list', () => {
  let clock: ManualClock;
  let reads: (() => void)[];
  let watch: ListWatch;

  beforeEach(() => {
    clock = new ManualClock();
    reads = [];
    watch = new ListWatch(clock, () => new Promise((resolve) => reads.push(resolve)));
  });

  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it('reads once after a moment of quiet', () => {
    watch.touch();
    clock.advance(299);
    watch.touch();
    clock.advance(299);
    assert.equal(reads.length, 0);
    clock.advance(1);
    assert.equal(reads.length, 1);
  });

  it('does not wait for ever for a server that never stops', () => {
    for (let count = 0; count < 15; count++) {
      watch.touch();
      clock.advance(200);
    }
    assert.equal(reads.length, 1);
  });

  it('reads again where the list changed while it was read, and never twice at once', async () => {
    watch.touch();
    clock.advance(300);
    watch.touch();
    clock.advance(5000);
    assert.equal(reads.length, 1);
    reads[0]?.();
    await settled();
    clock.advance(300);
    assert.equal(reads.length, 2);
  });

  it('reads nothing any more when it is disposed', () => {
    watch.touch();
    watch.dispose();
    watch.touch();
    clock.advance(5000);
    assert.equal(reads.length, 0);
    assert.equal(clock.pending, 0);
  });
});
