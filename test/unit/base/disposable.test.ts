import assert from 'node:assert/strict';
import { DisposableStore, toDisposable } from '../../../src/base/disposable';

describe('disposables', () => {
  it('act once, however often they are disposed', () => {
    let count = 0;
    const disposable = toDisposable(() => {
      count++;
    });
    disposable.dispose();
    disposable.dispose();
    assert.equal(count, 1);
  });

  it('are released by their store in reverse order, once', () => {
    const order: string[] = [];
    const store = new DisposableStore();
    for (const name of ['a', 'b', 'c']) store.add({ dispose: () => void order.push(name) });
    store.dispose();
    store.dispose();
    assert.deepEqual(order, ['c', 'b', 'a']);
  });

  it('are released at once when their store has ended', () => {
    const store = new DisposableStore();
    store.dispose();
    let isReleased = false;
    const item = toDisposable(() => (isReleased = true));
    assert.equal(store.add(item), item);
    assert.equal(isReleased, true);
  });

  it('may be added by another one while the store ends', () => {
    const order: string[] = [];
    const store = new DisposableStore();
    store.add({ dispose: () => void store.add({ dispose: () => void order.push('late') }) });
    store.dispose();
    assert.deepEqual(order, ['late']);
  });
});
