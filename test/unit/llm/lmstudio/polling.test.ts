import assert from 'node:assert/strict';
import { BridgeError } from '../../../../src/base/errors';
import type { ModelActivity } from '../../../../src/llm/lmstudio/activity';
import { type CatalogSnapshot, ModelCatalog, type ServerHealth } from '../../../../src/llm/lmstudio/catalog';
import { type Attention, CatalogPolling, type PolledSource, pollDelay } from '../../../../src/llm/lmstudio/polling';
import { gate } from '../../../simulator/gate';
import { type Simulator, startSimulator } from '../../../simulator/server';
import { modelServer } from '../../../support/lmstudio';
import { ManualClock } from '../../../support/manualClock';
import { model } from '../../../support/models';

const QWEN = 'qwen/qwen3-8b';
const ONLINE: ServerHealth = { kind: 'online', listing: '/api/v1/models', latencyMs: 1, skipped: 0 };
const OFFLINE: ServerHealth = { kind: 'offline', error: new BridgeError('server-unreachable', 'Away.') };
const snapshot = (activity: ModelActivity, health: ServerHealth = ONLINE): CatalogSnapshot => ({
  ...{ root: 'http://a', health },
  models: [{ ...model('a'), activity }],
});

describe('the pace of polling', () => {
  const watched = { baseMs: 5_000, isWatched: true };
  const unwatched = { baseMs: 5_000, isWatched: false };

  it('is the base where something happens, and slows down to a quarter where nothing does', () => {
    const delays = Array.from({ length: 14 }, (_, quiet) => pollDelay(watched, snapshot('idle'), quiet));
    assert.deepEqual(
      delays.slice(0, 6),
      Array.from({ length: 6 }, () => 5_000),
    );
    assert.deepEqual([delays[6], delays[7], delays[13]], [7_500, 11_250, 20_000]);
    assert.equal(pollDelay(watched, snapshot('idle'), 1_000_000), 20_000);
  });

  it('is slowest where nobody looks', () => {
    for (const quiet of [0, 3, 100]) assert.equal(pollDelay(unwatched, snapshot('idle'), quiet), 30_000);
  });

  it('is none where nobody can see anything, but for a load', () => {
    const unseen = { ...unwatched, isUnseen: true };
    assert.equal(pollDelay(unseen, snapshot('idle'), 0), Infinity);
    assert.equal(pollDelay(unseen, snapshot('loading'), 0), 1_000);
  });

  it('is a second during a load, whoever looks, and the base where that is shorter', () => {
    for (const activity of ['loading', 'unloading'] as const) {
      assert.equal(pollDelay(unwatched, snapshot(activity), 100), 1_000);
      assert.equal(pollDelay({ ...watched, baseMs: 500 }, snapshot(activity), 0), 500);
    }
    assert.equal(pollDelay(watched, snapshot('loading', OFFLINE), 100), 20_000, 'not while the server is away');
  });
});

describe('polling', () => {
  let simulator: Simulator;
  let clock: ManualClock;
  let catalog: ModelCatalog;
  let polling: CatalogPolling;
  let attention: Attention;
  let polls: Promise<CatalogSnapshot>[];

  beforeEach(async () => {
    simulator = await startSimulator();
    clock = new ManualClock();
    catalog = new ModelCatalog(modelServer(simulator.url), clock);
    attention = { baseMs: 5_000, isWatched: true };
    polls = [];
    const refresh = (): Promise<CatalogSnapshot> => {
      const poll = catalog.refresh();
      polls.push(poll);
      return poll;
    };
    const source: PolledSource = {
      refresh,
      onDidChange: catalog.onDidChange,
      get snapshot() {
        return catalog.snapshot;
      },
    };
    polling = new CatalogPolling(source, () => attention, clock);
  });
  afterEach(async () => {
    polling.dispose();
    catalog.dispose();
    await simulator.close();
  });

  /** Moves time on, and waits for the answer to what was asked meanwhile. Gives the number of questions so far. */
  async function advance(ms: number): Promise<number> {
    clock.advance(ms);
    await polls.at(-1);
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    return polls.length;
  }

  it('asks when it is woken, and again after each answer', async () => {
    assert.deepEqual([polls.length, clock.pending], [0, 0]);
    polling.wake();
    polling.wake();
    assert.deepEqual([await advance(0), clock.pending], [1, 1]);
    assert.equal(await advance(4_999), 1);
    assert.deepEqual([await advance(1), clock.pending], [2, 1]);
    polling.wake();
    assert.deepEqual([await advance(0), clock.pending], [3, 1], 'on demand at once, and one timer');
    assert.equal(simulator.requests.length, 3);
  });

  it('asks less often the longer nothing changes, and at full pace after a change', async () => {
    polling.wake();
    assert.equal(await advance(0), 1);
    const delays = [5_000, 5_000, 5_000, 5_000, 5_000, 5_000, 7_500, 11_250, 16_875, 20_000, 20_000];
    for (const [index, delay] of delays.entries()) {
      assert.equal(await advance(delay - 1), index + 1, String(index));
      assert.equal(await advance(1), index + 2, String(index));
    }
    simulator.models.unload(QWEN);
    const before = await advance(20_000);
    assert.equal(await advance(5_000), before + 1);
    await advance(60_000);
    for (let poll = 0; poll < 10; poll++) await advance(20_000);
    polling.wake();
    const woken = await advance(0);
    assert.equal(await advance(5_000), woken + 1, 'and after somebody has begun to look');
  });

  it('asks nothing while nobody can see anything, until it is woken or something happens', async () => {
    attention = { baseMs: 5_000, isWatched: false, isUnseen: true };
    polling.wake();
    await advance(0);
    assert.equal(clock.pending, 0, 'no timer either');
    assert.equal(await advance(3_600_000), 1);
    const mark = catalog.markActivity(QWEN, 'loading');
    assert.equal(await advance(1_000), 2);
    mark.dispose();
    await advance(1_000);
    assert.equal(await advance(3_600_000), 3);
    attention = { baseMs: 5_000, isWatched: true };
    polling.wake();
    await advance(0);
    assert.equal(await advance(5_000), 5);
  });

  it('drops what was planned when it is planned anew for nobody, and puts it off for who looks less closely', async () => {
    polling.replan();
    assert.equal(clock.pending, 0, 'nobody has asked for anything yet');
    polling.wake();
    await advance(0);
    attention = { baseMs: 5_000, isWatched: false };
    polling.replan();
    assert.equal(await advance(29_999), 1);
    assert.equal(await advance(1), 2);
    attention = { ...attention, isUnseen: true };
    polling.replan();
    assert.equal(clock.pending, 0);
  });

  it('looks every second while a model is being loaded, also when the timer was set for later', async () => {
    attention = { baseMs: 5_000, isWatched: false };
    polling.wake();
    await advance(0);
    const mark = catalog.markActivity(QWEN, 'loading');
    for (const count of [2, 3, 4]) assert.equal(await advance(1_000), count);
    mark.dispose();
    assert.equal(await advance(1_000), 5, 'what was planned is still done');
    assert.equal(await advance(29_999), 5);
    assert.equal(await advance(1), 6);
  });

  it('looks every second while the server says that it loads', async () => {
    const held = gate();
    await simulator.close();
    simulator = await startSimulator({ port: simulator.port, profile: '0.3', beforeLoad: () => held.promise });
    const spec = simulator.models.spec('openai/gpt-oss-20b');
    assert.ok(spec);
    const loading = simulator.models.load(spec);
    polling.wake();
    await advance(0);
    assert.equal(await advance(1_000), 2);
    held.open();
    await loading;
    assert.equal(await advance(1_000), 3);
    assert.equal(await advance(4_999), 3);
  });

  it('notices with its next question that the server went, and that it came back', async () => {
    polling.wake();
    await advance(0);
    await simulator.close();
    await advance(5_000);
    assert.equal(catalog.snapshot.health.kind, 'offline');
    simulator = await startSimulator({ port: simulator.port });
    assert.equal(await advance(5_000), 3);
    assert.equal(catalog.snapshot.health.kind, 'online');
  });

  it('asks a server less and less that stays away', async () => {
    await simulator.close();
    polling.wake();
    const start = await advance(0);
    for (let second = 0; second < 300; second++) await advance(1_000);
    assert.ok(polls.length - start >= 15 && polls.length - start <= 22, String(polls.length));
  });

  it('stops when it is disposed, also while an answer is on its way', async () => {
    polling.wake();
    polling.dispose();
    assert.equal(await advance(0), 1);
    polling.wake();
    catalog.markActivity(QWEN, 'loading').dispose();
    assert.deepEqual([await advance(60_000), clock.pending], [1, 0]);
  });

  it('plans nothing more after its end, whatever the catalog tells', async () => {
    attention = { baseMs: 5_000, isWatched: false };
    polling.wake();
    await advance(0);
    polling.dispose();
    catalog.markActivity(QWEN, 'loading');
    assert.equal(clock.pending, 0);
  });
});
