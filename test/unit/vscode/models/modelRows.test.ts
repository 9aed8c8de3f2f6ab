import assert from 'node:assert/strict';
import { BridgeError } from '../../../../src/base/errors';
import type { ModelActivity } from '../../../../src/llm/lmstudio/activity';
import type { CatalogModel, ServerHealth } from '../../../../src/llm/lmstudio/catalog';
import { type Arrangement, DEFAULT_ARRANGEMENT, EVERYTHING } from '../../../../src/vscode/models/modelFilter';
import {
  busyCount,
  rowsOf,
  type ServerRows,
  type ServerSource,
  staleRows,
} from '../../../../src/vscode/models/modelRows';
import { loaded, model } from '../../../support/models';
import { ONLINE, serverSource } from '../../../support/serverSource';

const OFFLINE: ServerHealth = { kind: 'offline', error: new BridgeError('server-unreachable', 'Away.') };
const shown = (entry: ReturnType<typeof model>, activity: ModelActivity): CatalogModel => ({ ...entry, activity });
const A = shown(loaded('a'), 'idle');
const B = shown(model('b'), 'not-loaded');
const C = shown(model('c'), 'not-loaded');
const E = shown(model('e', { kind: 'embedding' }), 'not-loaded');
const V = shown(model('v', { vision: true }), 'not-loaded');
const TODAY = 1_000_000_000_000;

const one = (
  models: readonly CatalogModel[],
  change: Parameters<typeof serverSource>[1] = {},
  arrangement: Arrangement = DEFAULT_ARRANGEMENT,
  today = TODAY,
): ServerRows => rowsOf(serverSource(models, change), arrangement, today);
const rows = (
  models: readonly CatalogModel[],
  taskKey?: string,
  health: ServerHealth = ONLINE,
  change: Partial<ServerSource> = {},
) => [
  one(models, {
    health,
    ...change,
    taskModel: taskKey === undefined ? undefined : { key: taskKey, isAutomatic: true },
  }),
];
const groupsOf = ({ groups }: ServerRows) => groups?.map(({ group, keys }) => [group, ...keys].join(' '));

describe('the groups of models', () => {
  it('are what is in memory or on its way there first, then chat, vision and embeddings', () => {
    const loading = shown(model('l', { vision: true }), 'loading');
    assert.deepEqual(groupsOf(one([V, E, B, loading, A, C])), ['memory a l', 'chat b c', 'vision v', 'embeddings e']);
    assert.deepEqual(groupsOf(one([B])), ['chat b'], 'no group without models');
    assert.deepEqual(groupsOf(one([shown(loaded('e', null, { kind: 'embedding' }), 'idle')])), ['memory e']);
  });

  it('count what there is, and what passes the filter', () => {
    const filter = { ...EVERYTHING, text: 'b' };
    const { groups } = one([A, B, C], {}, { filter, order: 'name' });
    assert.deepEqual(groups, [{ group: 'chat', keys: ['b'], total: 2 }]);
    assert.deepEqual(one([A], {}, { filter, order: 'name' }).groups, [], 'a list, but nothing of it passes');
  });

  it('say nothing of the memory of a server that does not answer', () => {
    assert.deepEqual(groupsOf(one([A, B], { health: OFFLINE })), ['chat a b']);
  });
});

describe('the rows that are out of date', () => {
  it('are none where nothing changed, and none while there is no server', () => {
    assert.deepEqual(staleRows(rows([A, B, E], 'a'), rows([A, B, E], 'a')), []);
    assert.deepEqual(staleRows(rows([A], 'a', OFFLINE), rows([A], 'a', OFFLINE)), []);
    assert.deepEqual(staleRows(rows([], undefined, OFFLINE), rows([], 'a', OFFLINE)), []);
  });

  it('are only those of the models that changed', () => {
    const busy = shown(loaded('a'), 'generating');
    assert.deepEqual(staleRows(rows([A, B, E], 'a'), rows([busy, B, E], 'a')), ['model:a']);
    assert.deepEqual(staleRows(rows([A, B, E]), rows([A, B, { ...E }])), ['model:e']);
  });

  it('are those of the old and the new model for tasks', () => {
    assert.deepEqual(staleRows(rows([A, B], 'a'), rows([A, B], 'b')), ['model:a', 'model:b']);
    assert.deepEqual(staleRows(rows([A, B], 'gone'), rows([A, B], 'b')), ['model:b']);
  });

  it('are that of a model that was tested, also with the same result as before', () => {
    const tested = (at: string) =>
      rows([A, B, E], 'a', ONLINE, {
        fitnessOf: ({ key }) => (key === 'b' ? { verdict: 'reliable', testedAt: at } : undefined),
      });
    assert.deepEqual(staleRows(rows([A, B, E], 'a'), tested('today')), ['model:b']);
    assert.deepEqual(staleRows(tested('today'), tested('later')), ['model:b']);
    assert.deepEqual(staleRows(tested('today'), tested('today')), []);
  });

  it('are that of a model that a task waits for, once for each percent', () => {
    const reading = (percent: number | undefined) =>
      rows([shown(loaded('a'), 'processing-prompt'), B], 'a', ONLINE, {
        workOf: ({ key }) => (key === 'a' ? { queued: 0, doing: 'processing-prompt', percent } : undefined),
      });
    const [before, same, next] = [reading(12), reading(12), reading(13)];
    const models = before[0]?.models;
    for (const other of [same, next]) Object.assign(other[0] ?? {}, { models: relisted(other[0], models) });
    assert.deepEqual(staleRows(before, same), []);
    assert.deepEqual(staleRows(before, next), ['model:a']);
    assert.match(next[0]?.models.get('a')?.description ?? '', /^loaded, processing prompt 13 % · /);
  });

  it('are that of a model whose time to live has lost a minute', () => {
    const timed: CatalogModel = {
      ...A,
      instances: [{ id: 'a', contextLength: 8_192, ttlMs: 3_600_000, lastUsedAt: TODAY - 60_000 }],
    };
    const at = (today: number) => [one([timed, B], {}, DEFAULT_ARRANGEMENT, today)];
    assert.match(at(TODAY)[0]?.models.get('a')?.description ?? '', / · unloads in 59 min$/);
    assert.deepEqual(staleRows(at(TODAY), at(TODAY + 1)), ['model:a'], 'a full minute is over');
    assert.deepEqual(staleRows(at(TODAY + 1), at(TODAY + 2_000)), []);
    assert.doesNotMatch(at(TODAY + 3_600_000)[0]?.models.get('a')?.description ?? '', /unloads/);
  });

  it('are those of the groups whose models changed, and all where groups came or went', () => {
    assert.deepEqual(staleRows(rows([A, B]), rows([A, B, C])), ['group:chat']);
    assert.deepEqual(staleRows(rows([A, B, V]), rows([A, V, C])), ['group:chat']);
    const filter = { ...EVERYTHING, text: 'a' };
    const filtered = (...models: CatalogModel[]) => [one(models, {}, { filter, order: 'name' })];
    const other = shown(loaded('x'), 'idle');
    assert.deepEqual(staleRows(filtered(A, B), filtered(A, B, other)), ['group:memory'], 'it says "1 of 2" now');
    assert.equal(staleRows(rows([A, B]), rows([A, B, E])), 'all', 'a group came');
    assert.equal(staleRows(rows([A, B]), rows([A])), 'all', 'a group went');
    const swapped = rows([shown(model('a'), 'not-loaded'), shown(loaded('b'), 'idle')]);
    assert.deepEqual(staleRows(rows([A, B]), swapped), ['group:memory', 'group:chat'], 'both, for a move');
    assert.equal(staleRows(rows([A, B]), rows([A, B], undefined, OFFLINE)), 'all');
    assert.equal(staleRows(rows([], undefined, OFFLINE), rows([A])), 'all');
  });

  it('stay while the server does not answer, and only then', () => {
    const [away] = rows([A, B, E], 'a', OFFLINE);
    assert.deepEqual([away?.isAway, away && groupsOf(away)], [true, ['chat a b', 'embeddings e']]);
    assert.deepEqual([one([A]).isAway, one([], { health: OFFLINE }).groups], [false, undefined]);
    for (const code of ['auth-required', 'wrong-server'] as const) {
      const refused = one([A], { health: { kind: 'offline', error: new BridgeError(code, 'No.') } });
      assert.deepEqual([refused.isAway, refused.groups], [false, undefined]);
    }
  });

  it('are below the row of their server, where there are several', () => {
    const gpu = (models: readonly CatalogModel[], health = ONLINE) =>
      one(models, { name: 'gpu', label: 'gpu', health });
    const main = one([A, B]);
    const busy = shown(loaded('a'), 'generating');
    assert.deepEqual(staleRows([main, gpu([A])], [main, gpu([busy])]), ['model:gpu::a']);
    assert.deepEqual(staleRows([main, gpu([A])], [main, gpu([A], OFFLINE)]), ['server:gpu']);
    assert.deepEqual(staleRows([main, gpu([A])], [main, gpu([A, B])]), ['server:gpu'], 'it counts them');
    assert.equal(staleRows([main], [main, gpu([A])]), 'all');
    assert.deepEqual(gpu([A, B]).words, 'online, 2 models, in memory: 1');
    assert.deepEqual([gpu([], OFFLINE).problem, gpu([], OFFLINE).words], ['Away.', 'not reachable']);
  });
});

describe('the number of busy models', () => {
  it('counts what loads, works or is waited for, and nothing of a server that does not answer', () => {
    const models = [A, shown(loaded('g'), 'generating'), shown(model('l'), 'loading'), B];
    const workOf = ({ key }: CatalogModel) =>
      key === 'b' ? { queued: 1, doing: undefined, percent: undefined } : undefined;
    assert.equal(busyCount([one(models), one([A])]), 2);
    assert.equal(busyCount([one(models, { workOf })]), 3);
    assert.equal(busyCount([one(models, { health: OFFLINE })]), 0);
  });
});

/** The rows with the very objects that the list had before. */
function relisted(server: ServerRows | undefined, before: ServerRows['models'] | undefined): ServerRows['models'] {
  return new Map(
    [...(server?.models ?? [])].map(([key, row]) => [key, { ...row, listed: before?.get(key)?.listed ?? row.listed }]),
  );
}
