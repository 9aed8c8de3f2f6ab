import assert from 'node:assert/strict';
import { Emitter } from '../../../src/base/emitter';

describe('an emitter', () => {
  it('calls its listeners in order of subscription until they unsubscribe', () => {
    const emitter = new Emitter<number>();
    const seen: string[] = [];
    const first = emitter.event((value) => seen.push(`a${String(value)}`));
    emitter.event((value) => seen.push(`b${String(value)}`));
    emitter.fire(1);
    first.dispose();
    first.dispose();
    emitter.fire(2);
    assert.deepEqual(seen, ['a1', 'b1', 'b2']);
  });

  it('treats the same function, subscribed twice, as two listeners', () => {
    const emitter = new Emitter<number>();
    let called = 0;
    const listener = (): void => {
      called++;
    };
    const first = emitter.event(listener);
    emitter.event(listener);
    emitter.fire(0);
    first.dispose();
    emitter.fire(0);
    assert.equal(called, 3);
  });

  it('goes on after a listener that throws, and reports the error', () => {
    const errors: unknown[] = [];
    const emitter = new Emitter<number>((error) => errors.push(error));
    const failure = new Error('listener');
    const seen: number[] = [];
    emitter.event(() => {
      throw failure;
    });
    emitter.event((value) => seen.push(value));
    emitter.fire(7);
    assert.deepEqual([seen, errors], [[7], [failure]]);
  });

  it('lets listeners subscribe and unsubscribe while it fires', () => {
    const emitter = new Emitter<number>();
    const seen: string[] = [];
    const own = emitter.event(() => {
      own.dispose();
      emitter.event(() => seen.push('late'));
      seen.push('own');
    });
    emitter.fire(1);
    assert.deepEqual(seen, ['own']);
    emitter.fire(2);
    assert.deepEqual(seen, ['own', 'late']);
  });

  it('forgets its listeners when it is disposed', () => {
    const emitter = new Emitter<number>();
    let called = 0;
    emitter.event(() => {
      called++;
    });
    emitter.dispose();
    emitter.fire(1);
    assert.equal(called, 0);
  });
});
