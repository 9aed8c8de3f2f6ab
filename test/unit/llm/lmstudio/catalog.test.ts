import assert from 'node:assert/strict';
import { BridgeError, isBridgeError } from '../../../../src/base/errors';
import { systemClock } from '../../../../src/base/clock';
import { type CatalogSnapshot, ModelCatalog } from '../../../../src/llm/lmstudio/catalog';
import { type Gate, gate } from '../../../simulator/gate';
import { type Simulator, startSimulator, type SimulatorOptions } from '../../../simulator/server';
import { modelServer, serve, unusedRoot } from '../../../support/lmstudio';
import { ManualClock } from '../../../support/manualClock';

const QWEN = 'qwen/qwen3-8b';
const GPT = 'openai/gpt-oss-20b';
const signal = new AbortController().signal;

describe('the model catalog', () => {
  const closing: (() => Promise<void> | void)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  function catalogOf(root: string, clock = systemClock) {
    const catalog = new ModelCatalog(modelServer(root), clock);
    closing.push(() => {
      catalog.dispose();
    });
    const changes: CatalogSnapshot[] = [];
    catalog.onDidChange((snapshot) => changes.push(snapshot));
    return { catalog, changes };
  }

  async function simulate(options: SimulatorOptions = {}): Promise<Simulator> {
    const simulator = await startSimulator(options);
    closing.push(() => simulator.close());
    return simulator;
  }

  const activity = ({ models }: CatalogSnapshot, key: string) => models.find((model) => model.key === key)?.activity;
  const asked = (simulator: Simulator, path: string) =>
    simulator.requests.filter((request) => request.path === path).length;

  /** A simulator whose loads are held until the gate opens. */
  async function holdLoads(): Promise<{ simulator: Simulator; held: Gate }> {
    const held = gate();
    const simulator = await simulate({ beforeLoad: () => held.promise });
    return { simulator, held };
  }

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

  it('asks again after each answer while it polls, and stops when told to', async () => {
    const simulator = await simulate();
    const clock = new ManualClock();
    const { catalog } = catalogOf(simulator.url, clock);
    const polling = catalog.poll(() => 1_000);
    await catalog.refresh();
    await settle();
    assert.deepEqual([simulator.requests.length, clock.pending], [1, 1]);
    clock.advance(999);
    assert.equal(simulator.requests.length, 1);
    clock.advance(1);
    await catalog.refresh();
    await settle();
    assert.equal(simulator.requests.length, 2);
    polling.dispose();
    assert.equal(clock.pending, 0);
  });

  it('does not set another timer when it is disposed while an answer is on its way', async () => {
    const clock = new ManualClock();
    const { catalog } = catalogOf((await simulate()).url, clock);
    catalog.poll(() => 1_000);
    const running = catalog.refresh();
    catalog.dispose();
    await running;
    await settle();
    assert.equal(clock.pending, 0);
  });

  describe('when it loads', () => {
    it('shows the load while it runs, and reads back what was applied', async () => {
      const { simulator, held } = await holdLoads();
      const { catalog, changes } = catalogOf(simulator.url);
      await catalog.refresh();
      const loading = catalog.load(GPT, { contextLength: 16_384 }, signal);
      await simulator.waitForRequest(({ path }) => path === '/api/v1/models/load');
      assert.equal(activity(catalog.snapshot, GPT), 'loading');
      held.open();
      assert.deepEqual(await loading, { instanceId: GPT, contextLength: 16_384 });
      assert.equal(activity(catalog.snapshot, GPT), 'idle');
      assert.deepEqual(
        changes.map((snapshot) => activity(snapshot, GPT)).filter((state, index, all) => state !== all[index - 1]),
        ['not-loaded', 'loading', 'idle'],
      );
    });

    it('makes no second copy of what is in memory already', async () => {
      const simulator = await simulate();
      const { catalog } = catalogOf(simulator.url);
      assert.deepEqual(await catalog.load(QWEN, {}, signal), { instanceId: QWEN, contextLength: 32_768 });
      assert.equal(asked(simulator, '/api/v1/models/load'), 0);
    });

    it('makes no second copy for a second caller, who gets the first one', async () => {
      const { simulator, held } = await holdLoads();
      const { catalog } = catalogOf(simulator.url);
      const both = Promise.all([
        catalog.load(GPT, {}, signal),
        catalog.load(GPT, {}, signal),
        catalog.load(GPT, {}, signal),
      ]);
      await simulator.waitForRequest(({ path }) => path === '/api/v1/models/load');
      held.open();
      const [first, ...others] = await both;
      for (const other of others) assert.deepEqual(other, first);
      assert.equal(asked(simulator, '/api/v1/models/load'), 1);
      assert.equal(simulator.models.instancesOf(GPT).length, 1);
    });

    it('does not believe an answer that is older than the last load', async () => {
      const held = gate();
      const listed = gate();
      let questions = 0;
      const entry = (instances: object[]) =>
        JSON.stringify({ models: [{ type: 'llm', key: GPT, loaded_instances: instances }] });
      const server = await serve((request, response) => {
        if (request.url === '/api/v1/models/load') return void response.end(JSON.stringify({ instance_id: GPT }));
        if (++questions > 1) return void response.end(entry([{ id: GPT }]));
        listed.open();
        void held.promise.then(() => response.end(entry([])));
      });
      closing.push(server.close);
      const { catalog } = catalogOf(server.root);
      const slow = catalog.refresh();
      await listed.promise;
      await catalog.load(GPT, {}, signal);
      held.open();
      await slow;
      assert.equal(activity(catalog.snapshot, GPT), 'idle');
    });

    it('lets one caller give up without disturbing the other', async () => {
      const { simulator, held } = await holdLoads();
      const { catalog } = catalogOf(simulator.url);
      const first = catalog.load(GPT, {}, signal);
      await simulator.waitForRequest(({ path }) => path === '/api/v1/models/load');
      const impatient = new AbortController();
      const second = catalog.load(GPT, {}, impatient.signal);
      const reason = new BridgeError('cancelled', 'Enough.');
      impatient.abort(reason);
      await assert.rejects(second, reason);
      held.open();
      assert.equal((await first).instanceId, GPT);
    });

    it('lets the second caller try when the first one fails', async () => {
      let loads = 0;
      const server = await serve((request, response) => {
        const isLoad = request.url === '/api/v1/models/load';
        if (isLoad && ++loads === 1) response.writeHead(500).end('{"error":"Error loading model."}');
        else response.end(isLoad ? '{"instance_id":"a"}' : '{"models":[{"type":"llm","key":"a"}]}');
      });
      closing.push(server.close);
      const { catalog } = catalogOf(server.root);
      const [first, second] = await Promise.allSettled([catalog.load('a', {}, signal), catalog.load('a', {}, signal)]);
      assert.ok(first.status === 'rejected' && isBridgeError(first.reason, 'model-load-failed'));
      assert.ok(second.status === 'fulfilled' && second.value.instanceId === 'a');
    });

    it('says so when the server is away, also where it had the model before', async () => {
      const simulator = await simulate();
      const { catalog } = catalogOf(simulator.url);
      await catalog.refresh();
      await simulator.close();
      for (const key of [QWEN, GPT]) {
        await assert.rejects(catalog.load(key, {}, signal), (error) => isBridgeError(error, 'server-unreachable'), key);
      }
    });

    it('shows no load any more when it has failed', async () => {
      const { catalog } = catalogOf((await simulate()).url);
      await assert.rejects(catalog.load('no/such', {}, signal), (error) => isBridgeError(error, 'model-not-found'));
      await assert.rejects(catalog.unload(GPT, GPT, signal), (error) => isBridgeError(error, 'model-not-found'));
      assert.equal(activity(catalog.snapshot, GPT), 'not-loaded');
    });
  });

  it('unloads, and shows that at once', async () => {
    const simulator = await simulate();
    const { catalog, changes } = catalogOf(simulator.url);
    await catalog.refresh();
    await catalog.unload(QWEN, QWEN, signal);
    assert.equal(simulator.models.instances.length, 0);
    assert.deepEqual(
      changes.map((snapshot) => activity(snapshot, QWEN)).filter((state, index, all) => state !== all[index - 1]),
      ['idle', 'unloading', 'not-loaded'],
    );
  });

  it('shows a model as generating until the last of those who marked it is done', async () => {
    const { catalog } = catalogOf((await simulate()).url);
    await catalog.refresh();
    const first = catalog.markGenerating(QWEN);
    const second = catalog.markGenerating(QWEN);
    first.dispose();
    assert.equal(activity(catalog.snapshot, QWEN), 'generating');
    second.dispose();
    assert.equal(activity(catalog.snapshot, QWEN), 'idle');
  });

  it('is offline, not broken, where nobody listens', async () => {
    const { catalog } = catalogOf(await unusedRoot());
    const { health } = await catalog.refresh();
    assert.ok(health.kind === 'offline' && isBridgeError(health.error, 'server-unreachable'));
  });
});

/** Lets everything that waits for nothing but its turn have it. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}
