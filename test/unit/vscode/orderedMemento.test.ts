import assert from 'node:assert/strict';
import { OrderedMemento } from '../../../src/vscode/orderedMemento';

/** As VS Code's: written a turn later, and what was written comes back as a whole and replaces what is in memory. */
class EchoingMemento {
  #value: Readonly<Record<string, unknown>> = {};

  keys(): readonly string[] {
    return Object.keys(this.#value);
  }

  get(key: string): unknown {
    return this.#value[key];
  }

  async update(key: string, value: unknown): Promise<void> {
    this.#value = { ...this.#value, [key]: value };
    await new Promise(setImmediate);
    const sent = this.#value;
    await new Promise(setImmediate);
    this.#value = sent;
  }
}

describe('a global state', () => {
  it('loses nothing that is written while an earlier write is answered', async () => {
    const plain = new EchoingMemento();
    const first = plain.update('a', 1);
    await new Promise(setImmediate);
    const second = plain.update('b', 2);
    await first;
    assert.equal(plain.get('b'), undefined, 'as it is without the order');
    await second;

    const state = new EchoingMemento();
    const ordered = new OrderedMemento(state as never);
    const writes = [ordered.update('a', 1)];
    await new Promise(setImmediate);
    writes.push(ordered.update('b', 2), ordered.update('b', 3));
    assert.deepEqual([ordered.get('a'), ordered.get('b', 0), ordered.get('a', 0)], [1, 3, 1], 'known at once');
    await Promise.all(writes);
    assert.deepEqual([state.get('a'), state.get('b'), ordered.get('b')], [1, 3, 3]);
    assert.deepEqual(ordered.keys(), ['a', 'b']);
  });

  it('tells who writes that it failed, and goes on', async () => {
    const state = new EchoingMemento();
    const update = state.update.bind(state);
    state.update = (key, value) => (value === 'bad' ? Promise.reject(new Error('no disk')) : update(key, value));
    const ordered = new OrderedMemento(state as never);
    const failing = assert.rejects(ordered.update('a', 'bad'), /no disk/);
    const after = ordered.update('a', 'good');
    await failing;
    await after;
    assert.equal(ordered.get('a'), 'good');
  });
});
