import assert from 'node:assert/strict';
import { systemClock } from '../../../src/base/clock';
import { isBridgeError } from '../../../src/base/errors';
import type { ChatEvent } from '../../../src/agent/types';
import { createFetch } from '../../../src/base/http';
import { chooseModel } from '../../../src/llm/lmstudio/selection';
import { createChatModel } from '../../../src/llm/wire/openaiChat';
import { inGate, makeReady, type ModelLoading } from '../../../src/tasks/modelLoading';
import { gate } from '../../simulator/gate';
import { type Simulator, type SimulatorOptions } from '../../simulator/server';
import { openedInEachTest } from '../../support/opened';

const QWEN = 'qwen/qwen3-8b';
const GPT = 'openai/gpt-oss-20b';
const MLX = 'mistralai/devstral-small-2507';
const LOAD = '/api/v1/models/load';
const signal = new AbortController().signal;

describe("how a task's model comes into memory", () => {
  const { simulate, lifecycleOf } = openedInEachTest();

  async function open(options: SimulatorOptions = {}) {
    const simulator = await simulate(options);
    const { catalog, lifecycle } = lifecycleOf(simulator.url);
    const warnings: [string, string][] = [];
    const warn = (code: string, message: string) => void warnings.push([code, message]);
    const ready = async (key: string, loading: Omit<ModelLoading, 'lifecycle'>) => {
      const { models } = await catalog.refresh();
      return makeReady(chooseModel(models, key), { lifecycle, ...loading }, warn, signal);
    };
    return { simulator, catalog, lifecycle, warnings, ready };
  }

  const loads = (simulator: Simulator) => simulator.requests.filter(({ path }) => path === LOAD);

  it('is left to LM Studio where nothing is configured', async () => {
    const { simulator, ready } = await open();
    assert.equal((await ready(GPT, {})).contextSource, 'model-maximum');
    assert.equal(loads(simulator).length, 0);
  });

  it('is loaded first where a context length is configured, with no more than the model can', async () => {
    const { simulator, ready, warnings } = await open();
    const chosen = await ready(GPT, { contextLength: 1_000_000 });
    assert.deepEqual([chosen.id, chosen.contextLength, chosen.contextSource], [GPT, 131_072, 'loaded-instance']);
    assert.equal(simulator.models.instancesOf(GPT)[0]?.config.context_length, 131_072);
    assert.deepEqual(warnings, []);
  });

  it('tells where the context is another one than configured, and counts with the real one', async () => {
    const { ready, warnings } = await open();
    const chosen = await ready(MLX, { contextLength: 32_768 });
    assert.equal(chosen.contextLength, 4_096);
    assert.deepEqual(warnings, [
      ['context-differs', 'Devstral Small 2507: asked for a context length of 32,768, loaded with 4,096.'],
    ]);
  });

  it('leaves alone what is in memory', async () => {
    const { simulator, ready } = await open();
    assert.equal((await ready(QWEN, { contextLength: 8_192 })).contextLength, 32_768);
    assert.equal(loads(simulator).length, 0);
  });

  it('is left to an old LM Studio, which cannot load over HTTP, with a word', async () => {
    const { ready, warnings } = await open({ profile: '0.3' });
    assert.equal((await ready(GPT, { contextLength: 8_192 })).id, GPT);
    assert.deepEqual(
      warnings.map(([code]) => code),
      ['not-preloaded', 'model-evicted'],
    );
  });

  it('is left to LM Studio where what was loaded is gone at once, with a word', async () => {
    const { simulator, ready, warnings } = await open();
    const evicted = simulator.models.waitFor((host) => host.instancesOf(GPT).length > 0 && host.unload(GPT));
    const { id, contextSource } = await ready(GPT, { contextLength: 8_192, mayEvict: () => Promise.resolve(true) });
    await evicted;
    assert.deepEqual([id, contextSource], [GPT, 'model-maximum']);
    const words = 'GPT-OSS 20B was loaded, and was gone from memory at once.';
    assert.deepEqual(
      warnings.map(([code, message]) => [code, message.startsWith(words)]),
      [['not-preloaded', true]],
    );
  });

  it('warns of an eviction where nobody can be asked', async () => {
    const { ready, warnings } = await open();
    await ready(GPT, {});
    assert.deepEqual(warnings, [
      ['model-evicted', 'Loading GPT-OSS 20B can push what others may be using out of memory: Qwen3 8B.'],
    ]);
  });

  it('asks before an eviction, and takes a no for a no', async () => {
    const { lifecycle, ready, warnings, simulator } = await open();
    lifecycle.hold(QWEN);
    const asked: string[][] = [];
    const answer = (isAgreed: boolean): NonNullable<ModelLoading['mayEvict']> => {
      return (model, evicted) => {
        asked.push([model.key, ...evicted.map(({ key }) => key)]);
        return Promise.resolve(isAgreed);
      };
    };
    await ready(GPT, { mayEvict: answer(true) });
    await assert.rejects(ready(GPT, { mayEvict: answer(false) }), (error) => {
      assert.ok(isBridgeError(error, 'cancelled'));
      assert.match(error.message, /GPT-OSS 20B was not loaded, so that Qwen3 8B can go on/);
      return true;
    });
    assert.deepEqual(asked, [
      [GPT, QWEN],
      [GPT, QWEN],
    ]);
    assert.deepEqual(warnings, []);
    assert.ok(simulator.models.instancesOf(GPT).length === 0);
  });

  describe('just in time', () => {
    const chat = (simulator: Simulator, model: string, ttlSeconds?: number) =>
      createChatModel({
        address: { root: simulator.url, token: undefined },
        fetch: createFetch(systemClock),
        clock: systemClock,
        model,
        isExpected: () => true,
        ttlSeconds,
      });
    const read = async (events: AsyncIterable<ChatEvent>): Promise<string> => {
      let text = '';
      for await (const event of events) if (event.type === 'text') text += event.text;
      return text;
    };
    const request = { messages: [{ role: 'user' as const, content: 'Hi' }], tools: [] };
    const bodyOf = (simulator: Simulator) =>
      simulator.requests.findLast(({ path }) => path === '/v1/chat/completions')?.body as Record<string, unknown>;

    it('sends the time to live that is configured, else none', async () => {
      const { simulator } = await open({ script: [{ text: 'a' }, { text: 'b' }] });
      await read(chat(simulator, GPT, 1_800).stream(request, signal));
      assert.equal(bodyOf(simulator)['ttl'], 1_800);
      await read(chat(simulator, GPT).stream(request, signal));
      assert.ok(!('ttl' in bodyOf(simulator)));
    });

    it('makes one copy where a turn and a load come together, whoever comes first', async () => {
      for (const isTurnFirst of [true, false]) {
        const held = gate();
        const { simulator, lifecycle } = await open({ script: [{ text: 'Hello' }], beforeLoad: () => held.promise });
        const model = inGate(chat(simulator, GPT), lifecycle, GPT);
        const turn = () => read(model.stream(request, signal));
        const load = () => lifecycle.load(GPT, {}, signal);
        const both = isTurnFirst ? [turn(), load()] : [load(), turn()];
        await simulator.waitForRequest(({ method }) => method === 'POST');
        held.open();
        const results = await Promise.all(both);
        assert.ok(results.includes('Hello'));
        assert.deepEqual(
          simulator.models.instancesOf(GPT).map(({ id, lane }) => [id, lane]),
          [[GPT, isTurnFirst ? 'jit' : 'manual']],
        );
        assert.equal(loads(simulator).length, isTurnFirst ? 0 : 1);
      }
    });

    it('lets the gate go with the first word, and when a turn fails', async () => {
      const rest = gate();
      const script = [
        { text: 'One two three', hold: rest.promise },
        { error: { status: 400, body: { error: 'No.' } } },
      ];
      const { simulator, lifecycle } = await open({ script });
      const model = inGate(chat(simulator, QWEN), lifecycle, QWEN);
      const events = model.stream(request, signal)[Symbol.asyncIterator]();
      await events.next();
      (await lifecycle.enter(QWEN, signal)).dispose();
      rest.open();
      await events.return?.();
      await assert.rejects(read(model.stream(request, signal)));
      (await lifecycle.enter(QWEN, signal)).dispose();
    });
  });
});
