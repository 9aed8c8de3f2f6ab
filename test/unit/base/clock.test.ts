import assert from 'node:assert/strict';
import { systemClock } from '../../../src/base/clock';

describe('the system clock', () => {
  it('calls back once, not before its time', async () => {
    const start = systemClock.now();
    await new Promise<void>((resolve) => systemClock.after(5, resolve));
    assert.ok(systemClock.now() - start >= 4);
  });

  it('does not call back what was disposed, nor at once what lies beyond the longest timer', async () => {
    const called: string[] = [];
    systemClock.after(0, () => called.push('disposed')).dispose();
    const far = systemClock.after(2 ** 40, () => called.push('far'));
    await new Promise<void>((resolve) => systemClock.after(5, resolve));
    far.dispose();
    assert.deepEqual(called, []);
  });
});
