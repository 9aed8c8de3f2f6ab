import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { BridgeError, InsufficientMemoryError, isBridgeError } from '../../../../src/base/errors';
import { type Clock, systemClock } from '../../../../src/base/clock';
import type { CatalogSnapshot, ModelCatalog } from '../../../../src/llm/lmstudio/catalog';
import { loadFailure } from '../../../../src/llm/lmstudio/loadFailure';
import { gate } from '../../../simulator/gate';
import { sampleModels } from '../../../simulator/models';
import type { Simulator } from '../../../simulator/server';
import { model } from '../../../support/models';
import { ManualClock } from '../../../support/manualClock';
import { openedInEachTest } from '../../../support/opened';

const QWEN = 'qwen/qwen3-8b';
const GPT = 'openai/gpt-oss-20b';
const MLX = 'mistralai/devstral-small-2507';
const LOAD = '/api/v1/models/load';
const signal = new AbortController().signal;

describe('the life cycle of models', () => {
  const { simulate, http, lifecycleOf: connect } = openedInEachTest();

  function lifecycleOf(root: string, clock: Clock = systemClock) {
    const { catalog, lifecycle } = connect(root, clock);
    const changes: CatalogSnapshot[] = [];
    catalog.onDidChange(({ snapshot }) => changes.push(snapshot));
    return { catalog, lifecycle, changes };
  }

  async function holdLoads() {
    const held = gate();
    const simulator = await simulate({ beforeLoad: () => held.promise });
    return { simulator, held };
  }

  /** A server that answers loads as told, and lists one model, "a". */
  async function answering(status: number, body: unknown, model: object = {}) {
    const server = await http((request, response) => {
      const isLoad = request.url === LOAD;
      const list = { models: [{ type: 'llm', key: 'a', display_name: 'A', ...model }] };
      response.writeHead(isLoad ? status : 200).end(JSON.stringify(isLoad ? body : list));
    });
    return server;
  }

  const activity = ({ models }: CatalogSnapshot, key: string) => models.find((model) => model.key === key)?.activity;
  const catalogShows = (catalog: ModelCatalog, key: string, wanted: string) =>
    new Promise<void>((resolve) => {
      const look = (): void => {
        if (activity(catalog.snapshot, key) !== wanted) return;
        listening.dispose();
        resolve();
      };
      const listening = catalog.onDidChange(look);
      look();
    });
  const states = (changes: readonly CatalogSnapshot[], key: string) =>
    changes.map((snapshot) => activity(snapshot, key)).filter((state, index, all) => state !== all[index - 1]);
  const loads = (simulator: Simulator) => simulator.requests.filter(({ path }) => path === LOAD);

  describe('loading', () => {
    it('shows the load while it runs, and reads back what was applied', async () => {
      const { simulator, held } = await holdLoads();
      const { catalog, lifecycle, changes } = lifecycleOf(simulator.url);
      await catalog.refresh();
      const options = { contextLength: 16_384, flashAttention: false, evalBatchSize: 256, offloadKvCacheToGpu: false };
      const loading = lifecycle.load(GPT, { ...options, numExperts: 2 }, signal);
      const request = await simulator.waitForRequest(({ path }) => path === LOAD);
      assert.deepEqual(request.body, {
        model: GPT,
        echo_load_config: true,
        context_length: 16_384,
        flash_attention: false,
        eval_batch_size: 256,
        offload_kv_cache_to_gpu: false,
        num_experts: 2,
      });
      assert.equal(activity(catalog.snapshot, GPT), 'loading');
      held.open();
      assert.deepEqual(await loading, {
        instanceId: GPT,
        applied: { ...options, numExperts: 2 },
        wasLoaded: false,
        difference: undefined,
        copies: 1,
      });
      assert.deepEqual(states(changes, GPT), ['not-loaded', 'loading', 'idle']);
    });

    it('sends nothing that nobody asked for', async () => {
      const simulator = await simulate();
      await lifecycleOf(simulator.url).lifecycle.load(GPT, {}, signal);
      assert.deepEqual(loads(simulator)[0]?.body, { model: GPT, echo_load_config: true });
    });

    it('tells since when it loads', async () => {
      const { simulator, held } = await holdLoads();
      const clock = new ManualClock();
      const { lifecycle } = lifecycleOf(simulator.url, clock);
      clock.advance(5_000);
      const loading = lifecycle.load(GPT, {}, signal);
      await simulator.waitForRequest(({ path }) => path === LOAD);
      clock.advance(60_000);
      assert.deepEqual(lifecycle.loading, [{ key: GPT, startedAt: 5_000 }]);
      held.open();
      await loading;
      assert.deepEqual(lifecycle.loading, []);
    });

    it('says where the server applied something else (MLX ignores the context length)', async () => {
      const { lifecycle } = lifecycleOf((await simulate()).url);
      const { difference } = await lifecycle.load(MLX, { contextLength: 32_768 }, signal);
      assert.equal(difference, 'asked for a context length of 32,768, loaded with 4,096');
    });

    it('makes no second copy of what is in memory, idle or not, and says where it is other than asked', async () => {
      const simulator = await simulate();
      const { lifecycle } = lifecycleOf(simulator.url);
      const outcome = await lifecycle.load(QWEN, { contextLength: 8_192 }, signal);
      assert.equal(outcome.wasLoaded, true);
      assert.equal(outcome.difference, 'asked for a context length of 8,192, loaded with 32,768');
      assert.equal(loads(simulator).length, 0);
      assert.deepEqual(lifecycle.owned, []);
    });

    it('names the gigabytes of a memory refusal', async () => {
      const simulator = await simulate({ memoryBytes: 10_000_000_000 });
      await assert.rejects(lifecycleOf(simulator.url).lifecycle.load(GPT, {}, signal), (error) => {
        assert.ok(error instanceof InsufficientMemoryError && (error.requiredGigabytes ?? 0) > 10);
        const needs = `it needs about ${String(error.requiredGigabytes)} GB of memory`;
        assert.ok(error.message.startsWith(`LM Studio refused to load GPT-OSS 20B: ${needs}`), error.message);
        return true;
      });
    });

    it('names the size of the file where the refusal names no gigabytes', () => {
      const refusal = new InsufficientMemoryError('Too little memory.', null);
      const error = loadFailure(refusal, model('a', { displayName: 'A', sizeBytes: 12_100_000_000 }));
      assert.match(error.message, /^LM Studio refused to load A: its file alone has 12\.1 GB/);
    });

    it('names the model and the reason of a load that fails, and shows it as loading no more', async () => {
      const models = sampleModels().map((spec) => ({ ...spec, loadFault: 'failed' as const }));
      const { lifecycle, catalog } = lifecycleOf((await simulate({ models })).url);
      await assert.rejects(lifecycle.load(GPT, {}, signal), (error) => {
        assert.ok(isBridgeError(error, 'model-load-failed'));
        assert.match(error.message, /could not load GPT-OSS 20B\. .*Error loading model/);
        return true;
      });
      assert.equal(activity(catalog.snapshot, GPT), 'not-loaded');
      assert.deepEqual(lifecycle.loading, []);
    });

    it('says in one sentence which option this LM Studio does not know', async () => {
      const message = "Unrecognized key(s) in object: 'num_experts'";
      const server = await answering(400, { error: { type: 'invalid_request', code: 'unrecognized_keys', message } });
      await assert.rejects(lifecycleOf(server.root).lifecycle.load('a', { numExperts: 4 }, signal), (error) => {
        assert.ok(isBridgeError(error, 'bad-response'));
        assert.equal(error.message, 'This LM Studio does not know the load option num_experts; nothing was loaded.');
        return true;
      });
    });

    it('asks for no load of what the server does not have', async () => {
      const simulator = await simulate();
      const { lifecycle } = lifecycleOf(simulator.url);
      await assert.rejects(lifecycle.load('no/such', {}, signal), (error) => isBridgeError(error, 'model-not-found'));
      assert.equal(loads(simulator).length, 0);
    });

    it('says so when the server is away, also where it had the model before', async () => {
      const simulator = await simulate();
      const { catalog, lifecycle } = lifecycleOf(simulator.url);
      await catalog.refresh();
      await simulator.close();
      for (const key of [QWEN, GPT]) {
        await assert.rejects(lifecycle.load(key, {}, signal), (error) => isBridgeError(error, 'server-unreachable'));
      }
    });

    it('has no total time-out: an hour is not too long', async () => {
      const { simulator, held } = await holdLoads();
      const clock = new ManualClock();
      const { lifecycle } = lifecycleOf(simulator.url, clock);
      const loading = lifecycle.load(GPT, {}, signal);
      await simulator.waitForRequest(({ path }) => path === LOAD);
      clock.advance(3_600_000);
      held.open();
      assert.equal((await loading).instanceId, GPT);
    });

    it('ends the waiting on a cancel, while LM Studio goes on and nobody starts a second load', async () => {
      const { simulator, held } = await holdLoads();
      const { lifecycle, catalog } = lifecycleOf(simulator.url);
      const impatient = new AbortController();
      const cancelled = lifecycle.load(GPT, {}, impatient.signal);
      await simulator.waitForRequest(({ path }) => path === LOAD);
      const reason = new BridgeError('cancelled', 'Enough.');
      impatient.abort(reason);
      await assert.rejects(cancelled, reason);
      assert.equal(activity(catalog.snapshot, GPT), 'loading');
      const again = lifecycle.load(GPT, {}, signal);
      held.open();
      assert.equal((await again).wasLoaded, true);
      assert.equal(loads(simulator).length, 1);
      assert.equal(simulator.models.instancesOf(GPT).length, 1);
    });

    it('takes back what nobody wants any more, as soon as LM Studio has loaded it', async () => {
      const { simulator, held } = await holdLoads();
      const { lifecycle, catalog } = lifecycleOf(simulator.url);
      const impatient = new AbortController();
      const cancelled = lifecycle.load(GPT, {}, impatient.signal);
      const request = await simulator.waitForRequest(({ path }) => path === LOAD);
      impatient.abort(new BridgeError('cancelled', 'Enough.'));
      await assert.rejects(cancelled);
      assert.equal(lifecycle.discard(GPT), 'unloads');
      assert.equal(activity(catalog.snapshot, GPT), 'cancelling');
      assert.deepEqual(lifecycle.loading, []);
      // Its answer alone says which copy is ours.
      assert.equal(request.aborted, false);
      held.open();
      const unload = await simulator.waitForRequest(({ path }) => path === '/api/v1/models/unload');
      assert.deepEqual(unload.body, { instance_id: GPT });
      await catalogShows(catalog, GPT, 'not-loaded');
      assert.deepEqual(simulator.models.instancesOf(GPT), []);
      assert.equal(lifecycle.discard(GPT), 'no-load');
    });

    it('leaves what somebody waits for, or asks for before its end', async () => {
      for (const isLater of [false, true]) {
        const { simulator, held } = await holdLoads();
        const { lifecycle, catalog } = lifecycleOf(simulator.url);
        const impatient = new AbortController();
        const cancelled = lifecycle.load(GPT, {}, impatient.signal);
        await simulator.waitForRequest(({ path }) => path === LOAD);
        const earlier = isLater ? undefined : lifecycle.load(GPT, {}, signal);
        impatient.abort(new BridgeError('cancelled', 'Enough.'));
        await assert.rejects(cancelled);
        assert.equal(lifecycle.discard(GPT), isLater ? 'unloads' : 'wanted');
        const wanting = earlier ?? lifecycle.load(GPT, {}, signal);
        assert.equal(activity(catalog.snapshot, GPT), 'loading');
        held.open();
        assert.equal((await wanting).wasLoaded, true);
        assert.deepEqual([loads(simulator).length, simulator.models.instancesOf(GPT).length], [1, 1]);
      }
    });

    it('says nothing of a load that fails after nobody waits for it any more', async () => {
      const held = gate();
      const models = sampleModels().map((spec) => ({ ...spec, loadFault: 'failed' as const }));
      const simulator = await simulate({ models, beforeLoad: () => held.promise });
      const { lifecycle, catalog } = lifecycleOf(simulator.url);
      const impatient = new AbortController();
      const cancelled = lifecycle.load(GPT, {}, impatient.signal);
      await simulator.waitForRequest(({ path }) => path === LOAD);
      impatient.abort(new BridgeError('cancelled', 'Enough.'));
      await assert.rejects(cancelled);
      held.open();
      (await lifecycle.enter(GPT, signal)).dispose();
      assert.equal(activity(catalog.snapshot, GPT), 'not-loaded');
    });

    it('is not over before its end: verified by the list, not by the answer alone', async () => {
      const simulator = await simulate();
      const { lifecycle, catalog } = lifecycleOf(simulator.url);
      // Memory pressure takes it in the moment in which it is loaded, before the answer is out.
      const evicted = simulator.models.waitFor((host) => host.instancesOf(GPT).length > 0 && host.unload(GPT));
      const { instanceId, copies } = await lifecycle.load(GPT, {}, signal);
      await evicted;
      assert.deepEqual([instanceId, copies], [GPT, 0]);
      assert.equal(activity(catalog.snapshot, GPT), 'not-loaded');
      assert.deepEqual(lifecycle.owned, []);
    });
  });

  describe('concurrency', () => {
    it('makes one copy for ten callers', async () => {
      const { simulator, held } = await holdLoads();
      const { lifecycle } = lifecycleOf(simulator.url);
      const all = Promise.all(Array.from({ length: 10 }, () => lifecycle.load(GPT, {}, signal)));
      await simulator.waitForRequest(({ path }) => path === LOAD);
      held.open();
      const outcomes = await all;
      assert.deepEqual(
        outcomes.map(({ instanceId, wasLoaded }) => [instanceId, wasLoaded]),
        outcomes.map((_, index) => [GPT, index > 0]),
      );
      assert.equal(loads(simulator).length, 1);
      assert.equal(simulator.models.instancesOf(GPT).length, 1);
    });

    it('asks once for twenty lists at a time', async () => {
      const simulator = await simulate();
      const { catalog } = lifecycleOf(simulator.url);
      const lists = await Promise.all(Array.from({ length: 20 }, () => catalog.refresh()));
      assert.equal(simulator.requests.length, 1);
      for (const { models, health } of lists) {
        assert.deepEqual([health.kind, models.map(({ key }) => key)], ['online', sampleModels().map(({ key }) => key)]);
      }
    });

    it('makes no second copy beside a request that loads just in time', async () => {
      const { simulator, held } = await holdLoads();
      const { lifecycle } = lifecycleOf(simulator.url);
      const turn = await lifecycle.enter(GPT, signal);
      const request = fetch(`${simulator.url}/v1/chat/completions`, {
        method: 'POST',
        body: JSON.stringify({ model: GPT, messages: [{ role: 'user', content: 'Hi' }] }),
      });
      await simulator.waitForRequest(({ path }) => path === '/v1/chat/completions');
      const loading = lifecycle.load(GPT, {}, signal);
      // Long enough for a load that did not wait.
      for (let turn = 0; turn < 50; turn++) await nextTurn();
      assert.equal(simulator.requests.length, 1);
      held.open();
      await (await request).text();
      turn.dispose();
      assert.equal((await loading).wasLoaded, true);
      assert.equal(loads(simulator).length, 0);
      assert.equal(simulator.models.instancesOf(GPT).length, 1);
    });

    it('keeps a request back while its model loads', async () => {
      const { simulator, held } = await holdLoads();
      const { lifecycle } = lifecycleOf(simulator.url);
      const loading = lifecycle.load(GPT, {}, signal);
      const order: string[] = [];
      const turn = lifecycle.enter(GPT, signal).then((pass) => {
        order.push(`turn, ${String(simulator.models.instancesOf(GPT).length)} copy`);
        pass.dispose();
      });
      await simulator.waitForRequest(({ path }) => path === LOAD);
      order.push('loading');
      held.open();
      await Promise.all([loading, turn]);
      assert.deepEqual(order, ['loading', 'turn, 1 copy']);
    });

    it('loads anew after an unload that runs, not into it', async () => {
      const held = gate();
      const simulator = await simulate({ beforeUnload: () => held.promise });
      const { lifecycle } = lifecycleOf(simulator.url);
      const unloading = lifecycle.unload(QWEN, QWEN, signal);
      await simulator.waitForRequest(({ body }) => body !== undefined);
      const loading = lifecycle.load(QWEN, { contextLength: 8_192 }, signal);
      // Long enough for a load that did not wait.
      for (let turn = 0; turn < 50; turn++) await nextTurn();
      assert.equal(simulator.requests.length, 1);
      held.open();
      const [loaded] = await Promise.all([loading, unloading]);
      assert.deepEqual([loaded.wasLoaded, loaded.applied.contextLength], [false, 8_192]);
      assert.deepEqual(
        simulator.models.instancesOf(QWEN).map(({ id, config }) => [id, config.context_length]),
        [[QWEN, 8_192]],
      );
    });

    it('does not believe an answer that is older than the last load', async () => {
      const held = gate();
      const listed = gate();
      let questions = 0;
      const entry = (instances: object[]) =>
        JSON.stringify({ models: [{ type: 'llm', key: GPT, loaded_instances: instances }] });
      const server = await http((request, response) => {
        if (request.url === '/api/v1/models/load') return void response.end(JSON.stringify({ instance_id: GPT }));
        if (++questions > 1) return void response.end(entry([{ id: GPT }]));
        listed.open();
        void held.promise.then(() => response.end(entry([])));
      });
      const { catalog, lifecycle } = lifecycleOf(server.root);
      const slow = catalog.refresh();
      await listed.promise;
      await lifecycle.load(GPT, {}, signal);
      held.open();
      await slow;
      assert.equal(activity(catalog.snapshot, GPT), 'idle');
    });

    it('lets one caller give up without disturbing the other', async () => {
      const { simulator, held } = await holdLoads();
      const { lifecycle } = lifecycleOf(simulator.url);
      const first = lifecycle.load(GPT, {}, signal);
      await simulator.waitForRequest(({ path }) => path === LOAD);
      const impatient = new AbortController();
      const second = lifecycle.load(GPT, {}, impatient.signal);
      const reason = new BridgeError('cancelled', 'Enough.');
      impatient.abort(reason);
      await assert.rejects(second, reason);
      held.open();
      assert.equal((await first).instanceId, GPT);
    });

    it('lets the second caller try when the first one fails', async () => {
      let count = 0;
      const server = await http((request, response) => {
        const isLoad = request.url === LOAD;
        if (isLoad && ++count === 1) response.writeHead(500).end('{"error":"Error loading model."}');
        else response.end(isLoad ? '{"instance_id":"a"}' : '{"models":[{"type":"llm","key":"a"}]}');
      });
      const { lifecycle } = lifecycleOf(server.root);
      const [first, second] = await Promise.allSettled([
        lifecycle.load('a', {}, signal),
        lifecycle.load('a', {}, signal),
      ]);
      assert.ok(first.status === 'rejected' && isBridgeError(first.reason, 'model-load-failed'));
      assert.ok(second.status === 'fulfilled' && second.value.instanceId === 'a');
    });

    it('says that there are two copies where another program loaded at the same time', async () => {
      const simulator = await simulate({
        beforeLoad: async (key) => {
          if (simulator.models.instancesOf(key).length > 0 || loads(simulator).length !== 1) return;
          const body = JSON.stringify({ model: key });
          await (await fetch(simulator.url + LOAD, { method: 'POST', body })).text();
        },
      });
      const { lifecycle } = lifecycleOf(simulator.url);
      const { copies, instanceId } = await lifecycle.load(GPT, {}, signal);
      assert.deepEqual([copies, instanceId], [2, `${GPT}:2`]);
    });
  });

  describe('exhaustion', () => {
    it('loads and unloads fifty times, and leaves nothing', async () => {
      const simulator = await simulate();
      const { lifecycle } = lifecycleOf(simulator.url);
      for (let turn = 0; turn < 50; turn++) {
        const { instanceId } = await lifecycle.load(GPT, {}, signal);
        assert.equal(instanceId, GPT);
        await lifecycle.unload(GPT, instanceId, signal);
      }
      assert.equal(loads(simulator).length, 50);
      assert.equal(simulator.models.instancesOf(GPT).length, 0);
      assert.deepEqual([lifecycle.owned, lifecycle.loading], [[], []]);
    });

    it('loads ten models side by side, each once', async () => {
      const sample = sampleModels().find(({ loadedContext }) => loadedContext === undefined);
      assert.ok(sample);
      const models = Array.from({ length: 10 }, (_, index) => {
        return { ...sample, key: `many/model-${String(index)}` };
      });
      const simulator = await simulate({ models });
      const { lifecycle } = lifecycleOf(simulator.url);
      await Promise.all(
        models.flatMap(({ key }) => [lifecycle.load(key, {}, signal), lifecycle.load(key, {}, signal)]),
      );
      assert.deepEqual(simulator.models.instances.map(({ id }) => id).sort(), models.map(({ key }) => key).sort());
      assert.equal(lifecycle.owned.length, 10);
    });

    it('forgets a copy that memory pressure took away', async () => {
      const simulator = await simulate();
      const { lifecycle, catalog } = lifecycleOf(simulator.url);
      await lifecycle.load(GPT, {}, signal);
      assert.deepEqual(lifecycle.owned, [{ key: GPT, instanceId: GPT }]);
      simulator.models.unload(GPT);
      await catalog.refresh();
      assert.deepEqual(lifecycle.owned, []);
      assert.equal((await lifecycle.load(GPT, {}, signal)).wasLoaded, false);
    });
  });

  describe('unloading', () => {
    it('shows it at once', async () => {
      const simulator = await simulate();
      const { catalog, lifecycle, changes } = lifecycleOf(simulator.url);
      await catalog.refresh();
      await lifecycle.unload(QWEN, QWEN, signal);
      assert.equal(simulator.models.instances.length, 0);
      assert.deepEqual(states(changes, QWEN), ['idle', 'unloading', 'not-loaded']);
    });

    it('takes what is gone already for done', async () => {
      const simulator = await simulate();
      const { catalog, lifecycle } = lifecycleOf(simulator.url);
      await catalog.refresh();
      simulator.models.unload(QWEN);
      await lifecycle.unload(QWEN, QWEN, signal);
      assert.equal(activity(catalog.snapshot, QWEN), 'not-loaded');
    });

    it('does not wait for a turn that reads its prompt', async () => {
      const simulator = await simulate();
      const { lifecycle } = lifecycleOf(simulator.url);
      const turn = await lifecycle.enter(QWEN, signal);
      await lifecycle.unload(QWEN, QWEN, signal);
      turn.dispose();
      assert.equal(simulator.models.instances.length, 0);
    });

    it('takes away on request only what it loaded itself, and nothing that works', async () => {
      const simulator = await simulate();
      const { lifecycle } = lifecycleOf(simulator.url);
      await lifecycle.load(GPT, {}, signal);
      await lifecycle.load(MLX, {}, signal);
      const working = lifecycle.hold(MLX);
      assert.deepEqual(await lifecycle.unloadOwned(signal), [GPT]);
      assert.deepEqual(simulator.models.instances.map(({ id }) => id).sort(), [MLX, QWEN].sort());
      working.dispose();
      assert.deepEqual(await lifecycle.unloadOwned(signal), [MLX]);
    });
  });

  describe('a load that would evict', () => {
    it('names the models in use that LM Studio may push out, and only those', async () => {
      const { catalog, lifecycle } = lifecycleOf((await simulate()).url);
      await catalog.refresh();
      assert.deepEqual(lifecycle.evictedBy(GPT), [], 'nobody works with it');
      const task = lifecycle.hold(QWEN);
      assert.deepEqual(
        lifecycle.evictedBy(GPT).map(({ key }) => key),
        [QWEN],
      );
      assert.deepEqual(lifecycle.evictedBy(QWEN), [], 'itself');
      task.dispose();
      assert.deepEqual(lifecycle.evictedBy(GPT), []);
      const turn = catalog.markActivity(QWEN, 'generating');
      assert.equal(lifecycle.evictedBy(GPT).length, 1);
      turn.dispose();
    });

    it('does not count what we loaded by request: LM Studio keeps that', async () => {
      const { lifecycle } = lifecycleOf((await simulate()).url);
      await lifecycle.load(GPT, {}, signal);
      const task = lifecycle.hold(GPT);
      assert.deepEqual(lifecycle.evictedBy(MLX), []);
      task.dispose();
    });
  });

  it('ends its waiting when it is disposed', async () => {
    const { simulator, held } = await holdLoads();
    const { lifecycle } = lifecycleOf(simulator.url);
    const loading = lifecycle.load(GPT, {}, signal);
    await simulator.waitForRequest(({ path }) => path === LOAD);
    lifecycle.dispose();
    await assert.rejects(loading, (error) => isBridgeError(error, 'cancelled'));
    held.open();
  });
});
