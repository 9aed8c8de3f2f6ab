import assert from 'node:assert/strict';
import type { ModelActivity } from '../../../../src/llm/lmstudio/activity';
import type { CatalogModel, CatalogSnapshot, ServerHealth } from '../../../../src/llm/lmstudio/catalog';
import { BridgeError } from '../../../../src/base/errors';
import { rowsOf, staleRows } from '../../../../src/vscode/models/modelRows';
import { loaded, model } from '../../../support/models';

const ONLINE: ServerHealth = { kind: 'online', listing: '/api/v1/models', latencyMs: 1, skipped: 0 };
const OFFLINE: ServerHealth = { kind: 'offline', error: new BridgeError('server-unreachable', 'Away.') };
const shown = (entry: ReturnType<typeof model>, activity: ModelActivity): CatalogModel => ({ ...entry, activity });
const A = shown(loaded('a'), 'idle');
const B = shown(model('b'), 'not-loaded');
const E = shown(model('e', { kind: 'embedding' }), 'not-loaded');
const rows = (
  models: readonly CatalogModel[],
  taskKey?: string,
  health: ServerHealth = ONLINE,
  tested: Readonly<Record<string, string>> = {},
) => {
  const snapshot: CatalogSnapshot = { root: 'http://a', health, models };
  return rowsOf(snapshot, taskKey === undefined ? undefined : { key: taskKey, isAutomatic: true }, ({ key }) => {
    const testedAt = tested[key];
    return testedAt === undefined ? undefined : { verdict: 'reliable', testedAt };
  });
};

describe('the rows that are out of date', () => {
  it('are none where nothing changed, and none while there is no server', () => {
    assert.deepEqual(staleRows(rows([A, B, E], 'a'), rows([A, B, E], 'a')), []);
    assert.deepEqual(staleRows(rows([A], 'a', OFFLINE), rows([A], 'a', OFFLINE)), []);
    assert.deepEqual(staleRows(rows([], undefined, OFFLINE), rows([], 'a', OFFLINE)), []);
  });

  it('are only those of the models that changed', () => {
    const busy = shown(loaded('a'), 'generating');
    assert.deepEqual(staleRows(rows([A, B, E], 'a'), rows([busy, B, E], 'a')), ['a']);
    assert.deepEqual(staleRows(rows([A, B, E]), rows([A, B, { ...E }])), ['e']);
  });

  it('are those of the old and the new model for tasks', () => {
    assert.deepEqual(staleRows(rows([A, B], 'a'), rows([A, B], 'b')), ['a', 'b']);
    assert.deepEqual(staleRows(rows([A, B], 'gone'), rows([A, B], 'b')), ['b']);
  });

  it('are that of a model that was tested, also with the same result as before', () => {
    const tested = (at: string) => rows([A, B, E], 'a', ONLINE, { b: at });
    assert.deepEqual(staleRows(rows([A, B, E], 'a'), tested('today')), ['b']);
    assert.deepEqual(staleRows(tested('today'), tested('later')), ['b']);
    assert.deepEqual(staleRows(tested('today'), tested('today')), []);
  });

  it('are all where models came, went or changed places, and where the server did', () => {
    assert.equal(staleRows(rows([A, B]), rows([A, B, E])), 'all');
    assert.equal(staleRows(rows([A, B]), rows([A])), 'all');
    assert.equal(staleRows(rows([A, B]), rows([shown(model('a'), 'not-loaded'), shown(loaded('b'), 'idle')])), 'all');
    assert.equal(staleRows(rows([A, B]), rows([A, B], undefined, OFFLINE)), 'all');
    assert.equal(staleRows(rows([], undefined, OFFLINE), rows([A])), 'all');
  });

  it('stay while the server does not answer, and only then', () => {
    const away = rows([A, B, E], 'a', OFFLINE);
    assert.deepEqual([away.isAway, away.order], [true, ['a', 'b', 'e']]);
    assert.deepEqual([rows([A]).isAway, rows([], undefined, OFFLINE).order], [false, undefined]);
    for (const code of ['auth-required', 'wrong-server'] as const) {
      const refused = rows([A], 'a', { kind: 'offline', error: new BridgeError(code, 'No.') });
      assert.deepEqual([refused.isAway, refused.order], [false, undefined]);
    }
  });
});
