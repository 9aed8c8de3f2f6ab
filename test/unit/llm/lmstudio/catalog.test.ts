import assert from 'node:assert/strict';
import { isBridgeError } from '../../../../src/base/errors';
import { systemClock } from '../../../../src/base/clock';
import { type CatalogSnapshot, ModelCatalog } from '../../../../src/llm/lmstudio/catalog';
import { type Simulator, startSimulator, type SimulatorOptions } from '../../../simulator/server';
import { modelServer, unusedRoot } from '../../../support/lmstudio';
import { ManualClock } from '../../../support/manualClock';

const QWEN = 'qwen/qwen3-8b';
const GPT = 'openai/gpt-oss-20b';

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
