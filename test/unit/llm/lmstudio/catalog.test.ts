import assert from 'node:assert/strict';
import { isBridgeError } from '../../../../src/base/errors';
import { type Clock, systemClock } from '../../../../src/base/clock';
import { type CatalogSnapshot, ModelCatalog } from '../../../../src/llm/lmstudio/catalog';
import type { CatalogDiff } from '../../../../src/llm/lmstudio/catalogDiff';
import { modelServer, unusedRoot } from '../../../support/lmstudio';
import { ManualClock } from '../../../support/manualClock';
import { openedInEachTest } from '../../../support/opened';

const QWEN = 'qwen/qwen3-8b';
const GPT = 'openai/gpt-oss-20b';

describe('the model catalog', () => {
  const { closing, simulate, http } = openedInEachTest();

  function catalogOf(root: string, clock: Clock = systemClock) {
    const catalog = new ModelCatalog(modelServer(root, undefined, clock), clock);
    closing.push(() => {
      catalog.dispose();
    });
    const changes: CatalogSnapshot[] = [];
    const diffs: CatalogDiff[] = [];
    catalog.onDidChange(({ snapshot, ...diff }) => {
      changes.push(snapshot);
      diffs.push(diff);
    });
    return { catalog, changes, diffs };
  }

  const activity = ({ models }: CatalogSnapshot, key: string) => models.find((model) => model.key === key)?.activity;

  it('knows nothing before it has asked', async () => {
    const { catalog } = catalogOf((await simulate()).url);
    assert.deepEqual([catalog.snapshot.health, catalog.snapshot.models], [{ kind: 'unknown' }, []]);
  });

  it('asks once for any number of callers at a time', async () => {
    const simulator = await simulate();
    const { catalog } = catalogOf(simulator.url);
    const [first, second] = await Promise.all([catalog.refresh(), catalog.refresh()]);
    assert.deepEqual(first, second);
    assert.equal(simulator.requests.length, 1);
    assert.equal(activity(first, QWEN), 'idle');
    assert.equal(activity(first, GPT), 'not-loaded');
    await catalog.refresh();
    assert.equal(simulator.requests.length, 2);
  });

  it('tells of a change once, and of no change never', async () => {
    const simulator = await simulate();
    const { catalog, changes } = catalogOf(simulator.url);
    await catalog.refresh();
    await catalog.refresh();
    assert.equal(changes.length, 1);
    simulator.models.unload(QWEN);
    await catalog.refresh();
    await catalog.refresh();
    assert.equal(changes.length, 2);
    assert.equal(activity(catalog.snapshot, QWEN), 'not-loaded');
  });

  it('keeps the last models while the server is away, and comes back with it', async () => {
    const simulator = await simulate();
    const { catalog, changes } = catalogOf(simulator.url);
    await catalog.refresh();
    await simulator.close();
    const away = await catalog.refresh();
    assert.ok(away.health.kind === 'offline' && away.health.error.code === 'server-unreachable');
    assert.equal(away.models.length, 6);
    await catalog.refresh();
    assert.equal(changes.length, 2, 'the same failure again is no change');
    await simulate({ port: simulator.port });
    assert.equal((await catalog.refresh()).health.kind, 'online');
    assert.equal(changes.length, 3);
  });

  it('tells which models came, went and changed, and keeps the objects of the others', async () => {
    let models: object[] = [{ key: 'a' }, { key: 'b' }, { key: 'c' }];
    const server = await http((_, response) => response.end(JSON.stringify({ models })));
    const { catalog, diffs } = catalogOf(server.root);
    const before = await catalog.refresh();
    models = [{ key: 'a' }, { key: 'b', loaded_instances: [{ id: 'b' }] }, { key: 'd' }];
    const after = await catalog.refresh();
    assert.deepEqual(diffs, [
      { added: ['a', 'b', 'c'], removed: [], changed: [] },
      { added: ['d'], removed: ['c'], changed: ['b'] },
    ]);
    assert.equal(after.models[0], before.models[0]);
    assert.notEqual(after.models[1], before.models[1]);
    assert.equal((await catalog.refresh()).models, after.models, 'no news, not even another list');
  });

  it('shows the other models where one cannot be read, and counts what it left out', async () => {
    const body = { models: [{ key: 'a', type: 7, variants: 'x' }, { key: 5 }, null, { key: 'b' }] };
    const server = await http((_, response) => response.end(JSON.stringify(body)));
    const { catalog } = catalogOf(server.root);
    const { health, models } = await catalog.refresh();
    assert.deepEqual(
      models.map(({ key }) => key),
      ['a', 'b'],
    );
    assert.ok(health.kind === 'online' && health.skipped === 2);
  });

  it('tells of a server that answers only when it is asked again, once, and that it is well again', async () => {
    const faults = ['too-many', undefined, 'service-unavailable', undefined] as const;
    let asked = 0;
    const { url } = await simulate({ answerFault: () => faults[asked++] });
    const { catalog, changes } = catalogOf(url);
    const strain = async () => {
      const { health } = await catalog.refresh();
      return health.kind === 'online' ? health.strain : health.kind;
    };
    assert.deepEqual([await strain(), await strain(), await strain()], ['repeated', 'repeated', undefined]);
    assert.equal(changes.length, 2);
  });

  it('tells of a server that takes more than two seconds, whatever it takes less is no change', async () => {
    const clock = new ManualClock();
    let tookMs = 2_000;
    const { root } = await http((_request, response) => {
      clock.advance(tookMs);
      response.end(JSON.stringify({ models: [{ type: 'llm', key: 'a/b' }] }));
    });
    const { catalog, changes } = catalogOf(root, clock);
    const strain = async (ms: number) => {
      tookMs = ms;
      const { health } = await catalog.refresh();
      return health.kind === 'online' ? health.strain : health.kind;
    };
    assert.deepEqual([await strain(2_000), await strain(1), await strain(2_001)], [undefined, undefined, 'slow']);
    assert.equal(changes.length, 2);
    assert.equal(await strain(1), undefined);
    assert.equal(changes.length, 3);
  });

  it('follows a thousand models, and tells of the one that changed', async () => {
    const many = Array.from({ length: 1_000 }, (_, i) => ({ type: 'llm', key: `many/model-${i}` }));
    const models: object[] = [...many];
    const server = await http((_, response) => response.end(JSON.stringify({ models })));
    const { catalog, diffs } = catalogOf(server.root);
    assert.equal((await catalog.refresh()).models.length, 1_000);
    models[999] = { ...many[999], loaded_instances: [{ id: 'many/model-999' }] };
    await catalog.refresh();
    assert.deepEqual(diffs[1], { added: [], removed: [], changed: ['many/model-999'] });
  });

  describe('while a model works for us', () => {
    it('shows the phase, until the last of those who marked it is done', async () => {
      const { catalog, diffs } = catalogOf((await simulate()).url);
      await catalog.refresh();
      const first = catalog.markActivity(QWEN, 'processing-prompt');
      assert.equal(activity(catalog.snapshot, QWEN), 'processing-prompt');
      const second = catalog.markActivity(QWEN, 'generating');
      assert.equal(activity(catalog.snapshot, QWEN), 'generating', 'the last mark counts');
      first.dispose();
      assert.equal(activity(catalog.snapshot, QWEN), 'generating');
      await catalog.refresh();
      assert.equal(activity(catalog.snapshot, QWEN), 'generating', 'the server does not know');
      second.dispose();
      second.dispose();
      assert.equal(activity(catalog.snapshot, QWEN), 'idle');
      for (const diff of diffs.slice(1)) assert.deepEqual(diff, { added: [], removed: [], changed: [QWEN] });
      assert.equal(diffs.length, 4);
    });

    it('shows a request that waits for the model to be loaded as a load', async () => {
      const simulator = await simulate();
      const { catalog } = catalogOf(simulator.url);
      await catalog.refresh();
      const mark = catalog.markActivity(GPT, 'processing-prompt');
      assert.equal(activity(catalog.snapshot, GPT), 'loading');
      const spec = simulator.models.spec(GPT);
      assert.ok(spec);
      await simulator.models.load(spec);
      await catalog.refresh();
      assert.equal(activity(catalog.snapshot, GPT), 'processing-prompt');
      mark.dispose();
      assert.equal(activity(catalog.snapshot, GPT), 'idle');
    });

    it('does not mind a mark on a model that is not there', async () => {
      const { catalog, changes } = catalogOf((await simulate()).url);
      await catalog.refresh();
      catalog.markActivity('no/such', 'generating').dispose();
      assert.equal(changes.length, 1);
    });
  });

  it('takes from lms ps who is busy until the next list, and a time to live until the copy is gone', async () => {
    const simulator = await simulate();
    const { catalog } = catalogOf(simulator.url);
    await catalog.refresh();
    const ttl = () => catalog.snapshot.models.find(({ key }) => key === QWEN)?.instances?.[0]?.ttlMs;
    assert.equal(ttl(), undefined);
    catalog.applyPs([
      { identifier: QWEN, modelKey: QWEN, contextLength: 32_768, ttlMs: 3_600_000, work: 'processing-prompt' },
    ]);
    assert.deepEqual([activity(catalog.snapshot, QWEN), ttl()], ['processing-prompt', 3_600_000]);
    await catalog.refresh();
    assert.deepEqual([activity(catalog.snapshot, QWEN), ttl()], ['idle', 3_600_000]);
    simulator.models.unload(QWEN);
    await catalog.refresh();
    assert.deepEqual([activity(catalog.snapshot, QWEN), ttl()], ['not-loaded', undefined]);
  });

  it('knows the time to live that was asked for the next copy, and of no other one', async () => {
    const simulator = await simulate();
    const { catalog } = catalogOf(simulator.url);
    await catalog.refresh();
    const ttls = (key: string) =>
      catalog.snapshot.models.find((model) => model.key === key)?.instances?.map(({ ttlMs }) => ttlMs);
    catalog.expectTtl(QWEN, 60_000);
    catalog.expectTtl(GPT, 60_000);
    await catalog.server.load(GPT, {}, new AbortController().signal);
    await catalog.refresh();
    await catalog.refresh();
    assert.deepEqual([ttls(QWEN), ttls(GPT)], [[undefined], [60_000]], 'a copy in memory keeps its own');
    simulator.models.unload(GPT);
    await catalog.refresh();
    await catalog.server.load(GPT, {}, new AbortController().signal);
    await catalog.refresh();
    assert.deepEqual(ttls(GPT), [undefined], 'the next one was not asked for');
  });

  it('is offline, not broken, where nobody listens', async () => {
    const { catalog } = catalogOf(await unusedRoot());
    const { health } = await catalog.refresh();
    assert.ok(health.kind === 'offline' && isBridgeError(health.error, 'server-unreachable'));
  });
});
