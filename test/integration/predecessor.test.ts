/** What the predecessor's tests meant to show and no other test of ours does, over HTTP. All of it: docs/predecessor.md. */
import assert from 'node:assert/strict';
import { systemClock } from '../../src/base/clock';
import { ModelCatalog } from '../../src/llm/lmstudio/catalog';
import { ModelLifecycle } from '../../src/llm/lmstudio/lifecycle';
import { ModelValidator } from '../../src/llm/lmstudio/validator';
import { type ModelSpec, sampleModels } from '../simulator/models';
import { type Simulator, type SimulatorOptions, startSimulator } from '../simulator/server';
import { modelServer } from '../support/lmstudio';
import { ManualClock } from '../support/manualClock';
import { ASK, chatModel, eventsOf, joined, wireTo } from '../support/requests';

const GPT = 'openai/gpt-oss-20b';
const signal = new AbortController().signal;
const gemma = sampleModels().find(({ key }) => key === 'google/gemma-3-12b') ?? assert.fail();

describe('what the predecessor meant', () => {
  const closing: (() => Promise<void> | void)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  async function open(options: SimulatorOptions) {
    const simulator = await startSimulator({ script: () => ({ text: 'ok' }), ...options });
    const catalog = new ModelCatalog(modelServer(simulator.url), systemClock);
    const lifecycle = new ModelLifecycle(catalog, systemClock);
    closing.push(
      () => simulator.close(),
      () => {
        lifecycle.dispose();
        catalog.dispose();
      },
    );
    return { simulator, catalog, lifecycle, validator: new ModelValidator(catalog, systemClock) };
  }

  const say = async ({ url }: Simulator, model: string, ttlSeconds?: number): Promise<string> =>
    joined(await eventsOf(chatModel(wireTo(url), model, { ttlSeconds }).stream(ASK, signal)), 'text');
  const inMemory = async (catalog: ModelCatalog): Promise<string[]> =>
    (await catalog.refreshAnew()).models.filter(({ instances }) => instances?.length).map(({ key }) => key);

  for (const seconds of [600, 1_800]) {
    it(`by a time to live of ${String(seconds)} s: the model stays so long after its last request, and no longer`, async () => {
      const clock = new ManualClock();
      const { simulator, catalog } = await open({ clock, models: [{ ...gemma, key: GPT }] });
      await say(simulator, GPT, seconds);
      clock.advance(seconds * 1_000 - 1);
      assert.equal(await say(simulator, GPT, seconds), 'ok');
      clock.advance(seconds * 1_000 - 1);
      assert.deepEqual(await inMemory(catalog), [GPT]);
      clock.advance(1);
      assert.deepEqual(await inMemory(catalog), []);
    });
  }

  it('by ten models with a time to live: each leaves by itself, and asking for it brings it back', async () => {
    const clock = new ManualClock();
    const models = Array.from({ length: 10 }, (_, index): ModelSpec => ({
      ...gemma,
      key: `org/model-${String(index)}`,
    }));
    const { simulator, catalog } = await open({ clock, models, autoEvict: false });
    for (const [index, { key }] of models.entries()) await say(simulator, key, 60 * (index + 1));
    for (let left = models.length; left > 0; left--) {
      assert.equal((await inMemory(catalog)).length, left);
      clock.advance(60_000);
    }
    assert.deepEqual(await inMemory(catalog), []);
    assert.equal(await say(simulator, 'org/model-3'), 'ok');
    assert.deepEqual(await inMemory(catalog), ['org/model-3']);
  });

  it('by names with special characters: a model that has one is found, loaded, asked and unloaded under it', async () => {
    const keys = ['org/模型-8b', 'org/größe "q4" & co?#%20', "it's/<b>-{7}$`x`", 'a\\b@q4_k_m', '😀/🚀-1b'];
    const { simulator, catalog, lifecycle, validator } = await open({ models: keys.map((key) => ({ ...gemma, key })) });
    for (const key of keys) {
      assert.equal((await validator.validate(key, signal)).model?.model.key, key);
      const { instanceId } = await lifecycle.load(key, {}, signal);
      assert.deepEqual(await inMemory(catalog), [key]);
      assert.equal(await say(simulator, instanceId), 'ok');
      await lifecycle.unload(key, instanceId, signal);
      assert.deepEqual(await inMemory(catalog), []);
    }
  });
});
