import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { CatalogModel } from '../../../../src/llm/lmstudio/catalog';
import { ArrangementStore } from '../../../../src/vscode/models/arrangement';
import { LastUsed } from '../../../../src/vscode/models/lastUsed';
import {
  CAPABILITIES,
  DEFAULT_ARRANGEMENT,
  EVERYTHING,
  filterModels,
  filterWords,
  orderModels,
  parseArrangement,
  SORT_ORDERS,
  storedArrangement,
} from '../../../../src/vscode/models/modelFilter';
import { memento } from '../../../support/memento';
import { loaded, model } from '../../../support/models';

const listed = (entry: ReturnType<typeof model>): CatalogModel => ({
  ...entry,
  activity: entry.instances?.length ? 'idle' : 'not-loaded',
});
const QWEN = listed(loaded('qwen/qwen3-8b', 8_192, { toolUse: true, quantization: 'Q4_K_M', sizeBytes: 5e9 }));
const GEMMA = listed(model('google/gemma-3', { vision: true, toolUse: true, publisher: 'google', sizeBytes: 9e9 }));
const OLD = listed(model('old', { reasoning: { allowed: ['on'], default: null } }));
const keys = (models: readonly CatalogModel[]) => models.map(({ key }) => key);

describe('the filter of models', () => {
  const passing = (change: Partial<typeof EVERYTHING>) =>
    keys(filterModels([QWEN, GEMMA, OLD], { ...EVERYTHING, ...change }));

  it('lets pass what has all words, all capabilities, and is in memory where that is asked', () => {
    assert.deepEqual(passing({}), [QWEN.key, GEMMA.key, OLD.key]);
    assert.deepEqual(passing({ text: 'Q4 QWEN' }), [QWEN.key]);
    assert.deepEqual(passing({ text: 'google' }), [GEMMA.key]);
    assert.deepEqual(passing({ text: 'google qwen' }), [], 'every word, not any');
    assert.deepEqual(passing({ capabilities: ['tools'] }), [QWEN.key, GEMMA.key]);
    assert.deepEqual(passing({ capabilities: ['tools', 'vision'] }), [GEMMA.key]);
    assert.deepEqual(passing({ capabilities: ['reasoning'] }), [OLD.key]);
    assert.deepEqual(passing({ inMemory: true }), [QWEN.key]);
    const loading: CatalogModel = { ...OLD, activity: 'loading' };
    assert.deepEqual(keys(filterModels([loading], { ...EVERYTHING, inMemory: true })), ['old']);
  });

  it('says in words what it asks for', () => {
    assert.equal(filterWords(EVERYTHING), '');
    assert.equal(
      filterWords({ text: 'qwen', capabilities: ['tools', 'vision'], inMemory: true }),
      '"qwen", tools, vision, in memory',
    );
  });
});

describe('the order of models', () => {
  const facts = {
    usedAt: ({ key }: CatalogModel) => (key === 'old' ? 5 : undefined),
    speed: ({ key }: CatalogModel) => (key === GEMMA.key ? 40 : key === QWEN.key ? 7 : undefined),
  };

  it('is by name, or what is biggest, newest or fastest first, and what is not known last', () => {
    const ordered = SORT_ORDERS.map((order) => keys(orderModels([OLD, QWEN, GEMMA], order, facts)));
    assert.deepEqual(ordered, [
      [GEMMA.key, 'old', QWEN.key],
      [GEMMA.key, QWEN.key, 'old'],
      ['old', GEMMA.key, QWEN.key],
      [GEMMA.key, QWEN.key, 'old'],
    ]);
  });

  it('does not depend on the order in which the server lists them', () => {
    const names = fc.uniqueArray(fc.stringMatching(/^[a-c]{1,3}$/), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(names, fc.constantFrom(...SORT_ORDERS), (all, order) => {
        const models = all.map((key, index) =>
          listed(model(key, { displayName: 'same', sizeBytes: (index % 2) * 1e9 })),
        );
        assert.deepEqual(
          keys(orderModels(models, order, facts)),
          keys(orderModels([...models].reverse(), order, facts)),
        );
      }),
    );
  });
});

describe('filter and order', () => {
  it('are kept for the workspace', async () => {
    const state = memento();
    const store = new ArrangementStore(state);
    const seen: string[] = [];
    store.onDidChange(({ order }) => seen.push(order));
    await store.filter({ text: 'qwen', capabilities: ['tools'], inMemory: true });
    await store.sort('speed');
    const next = new ArrangementStore(state);
    assert.deepEqual(next.current, {
      filter: { text: 'qwen', capabilities: ['tools'], inMemory: true },
      order: 'speed',
    });
    assert.deepEqual(seen, ['name', 'speed']);
    await next.clear();
    assert.deepEqual(new ArrangementStore(state).current, { filter: EVERYTHING, order: 'speed' });
  });

  it('survive whatever was stored', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        const { filter, order } = parseArrangement(value);
        assert.ok(SORT_ORDERS.includes(order) && filter.capabilities.every((known) => CAPABILITIES.includes(known)));
      }),
    );
    assert.deepEqual(parseArrangement(storedArrangement(DEFAULT_ARRANGEMENT)), DEFAULT_ARRANGEMENT);
  });
});

describe('when models were used last', () => {
  it('is kept for each server, and takes what lms told where that is newer', async () => {
    let now = 1_000_000;
    const state = memento();
    const used = new LastUsed(state, () => now);
    await used.note('http://a:1', 'qwen');
    assert.deepEqual([used.on('http://a:1')(model('qwen')), used.on('http://b:1')(model('qwen'))], [now, undefined]);
    const told = model('qwen', { instances: [{ id: 'qwen', contextLength: null, lastUsedAt: 2_000_000 }] });
    assert.equal(used.on('http://a:1')(told), 2_000_000);
    now += 59_999;
    await used.note('http://a:1', 'qwen');
    assert.equal(used.on('http://a:1')(model('qwen')), 1_000_000, 'not written down again within a minute');
    now += 1;
    await used.note('http://a:1', 'qwen');
    assert.equal(new LastUsed(state, () => 0).on('http://a:1')(model('qwen')), 1_060_000);
    assert.equal(used.on('')(model('qwen')), undefined);
  });

  it('is forgotten of the oldest, where there are very many', async () => {
    const used = new LastUsed(memento(), () => 7);
    for (let count = 0; count < 205; count++) await used.note('http://a:1', `m${String(count)}`);
    assert.deepEqual([used.on('http://a:1')(model('m4')), used.on('http://a:1')(model('m5'))], [undefined, 7]);
  });
});
