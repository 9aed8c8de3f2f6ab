import assert from 'node:assert/strict';
import type { Model } from '../../../../src/llm/lmstudio/model';
import { type FitnessReport, subjectOf } from '../../../../src/tasks/fitnessReport';
import { FitnessStore } from '../../../../src/vscode/models/fitnessStore';
import { model } from '../../../support/models';

const ROOT = 'http://127.0.0.1:1234';
const Q4 = model('qwen', { quantization: 'Q4_K_M', variants: ['qwen@q4', 'qwen@q8'], selectedVariant: 'qwen@q4' });
const Q8 = { ...Q4, quantization: 'Q8_0', selectedVariant: 'qwen@q8' };

/** What VS Code keeps for an extension. */
function memento(values = new Map<string, unknown>()) {
  return {
    get: (key: string) => values.get(key),
    update: (key: string, value: unknown) => Promise.resolve(void values.set(key, value)),
  };
}

function report(of: Model, fields: Partial<FitnessReport> = {}): FitnessReport {
  const at = '2026-03-01T10:00:00.000Z';
  return { ...subjectOf(of), verdict: 'reliable', probes: [], durationMs: 1, testedAt: at, ...fields };
}

describe('the results of self-tests', () => {
  it('hold for the model in the variant and quantisation that was tested, on its server', async () => {
    const store = new FitnessStore(memento());
    await store.save(ROOT, report(Q4));
    assert.equal(store.of(ROOT, Q4)?.verdict, 'reliable');
    assert.equal(store.of(ROOT, Q8), undefined);
    assert.equal(store.of(ROOT, { ...Q4, selectedVariant: 'qwen@q4-new' }), undefined);
    assert.equal(store.of(ROOT, { ...Q4, quantization: null }), undefined);
    assert.equal(store.of('http://127.0.0.1:4321', Q4), undefined);
    assert.equal(store.of('', Q4), undefined);
    await store.save(ROOT, report(Q8, { verdict: 'shaky' }));
    assert.deepEqual([store.of(ROOT, Q4)?.verdict, store.of(ROOT, Q8)?.verdict], ['reliable', 'shaky']);
  });

  it('outlive the window, and tell who looks of each new one', async () => {
    const state = memento();
    const store = new FitnessStore(state);
    let told = 0;
    store.onDidChange(() => told++);
    await store.save(ROOT, report(Q4));
    await store.save(ROOT, report(Q4, { verdict: 'no' }));
    assert.equal(told, 2);
    assert.equal(new FitnessStore(state).of(ROOT, Q4)?.verdict, 'no');
  });

  it('are not replaced by a test that was not finished', async () => {
    const store = new FitnessStore(memento());
    await store.save(ROOT, report(Q4, { verdict: 'shaky' }));
    await store.save(ROOT, report(Q4, { verdict: 'unfinished' }));
    assert.equal(store.of(ROOT, Q4)?.verdict, 'shaky');
  });

  it('stay few: the oldest give way', async () => {
    const store = new FitnessStore(memento());
    for (let n = 0; n <= 100; n++) await store.save(ROOT, report(model(`m${n}`)));
    assert.equal(store.of(ROOT, model('m0')), undefined);
    assert.ok(store.of(ROOT, model('m1')) && store.of(ROOT, model('m100')));
  });

  it('are none where something else was stored', () => {
    const key = JSON.stringify(['qwen', 'qwen@q4', 'Q4_K_M']);
    for (const value of ['x', [], { [key]: 'reliable' }, { [key]: { verdict: 'great', testedAt: 'now' } }]) {
      const store = new FitnessStore(memento(new Map([[`fitness:${ROOT}`, value]])));
      assert.equal(store.of(ROOT, Q4), undefined);
    }
  });
});
