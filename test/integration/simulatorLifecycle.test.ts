/** Models in the simulator over time, on a clock that a test moves: lanes, time to live, slots, queue and silence. */
import assert from 'node:assert/strict';
import { gate } from '../simulator/gate';
import { sampleModels, type ModelSpec } from '../simulator/models';
import { startSimulator, type Simulator, type SimulatorOptions } from '../simulator/server';
import { at, chat, CODER, getJson, GPT, post, QWEN } from '../support/rawHttp';
import { ManualClock } from '../support/manualClock';

const HOUR = 3_600_000;
const never = (): Promise<undefined> => new Promise(() => undefined);

describe('the models of the simulator over time', () => {
  let simulator: Simulator;
  let clock: ManualClock;

  async function start(options: SimulatorOptions = {}): Promise<void> {
    clock = new ManualClock();
    simulator = await startSimulator({ script: () => ({ text: 'ok' }), clock, ...options });
  }

  afterEach(() => simulator.close());

  const ids = (): string[] => simulator.models.instances.map(({ id }) => id);
  const done = async (response: Promise<Response>): Promise<string> => (await response).text();
  const ask = (model: string, extra: object = {}): Promise<string> => done(chat(simulator, { model, ...extra }));

  /** In the catalogue as always, but with nothing in memory. */
  const nothingLoaded = (): ModelSpec[] =>
    sampleModels().map(
      (spec) =>
        Object.fromEntries(Object.entries(spec).filter(([key]) => key !== 'loadedContext')) as ModelSpec & object,
    );

  describe('their time to live', () => {
    it('is an hour after the last request, for those that a request loaded', async () => {
      await start();
      await ask(GPT);
      assert.deepEqual(ids(), [QWEN, GPT]);
      clock.advance(HOUR - 1);
      await ask(GPT);
      clock.advance(HOUR - 1);
      assert.deepEqual(ids(), [QWEN, GPT], 'the request started it anew');
      clock.advance(1);
      assert.deepEqual(ids(), [QWEN], 'and the manual lane has none');
    });

    it('is what the request names that triggers the load', async () => {
      await start();
      await ask(GPT, { ttl: 300 });
      await ask(GPT, { ttl: 9000 });
      assert.equal(simulator.models.instancesOf(GPT)[0]?.ttlMs, 300_000);
      clock.advance(300_000);
      assert.deepEqual(ids(), [QWEN]);
    });

    it('does not run out while a request is at work', async () => {
      const hold = gate();
      await start({ script: [{ text: 'one two', hold: hold.promise }] });
      const response = await chat(simulator, { model: GPT, ttl: 60 });
      clock.advance(HOUR);
      assert.deepEqual(ids(), [QWEN, GPT]);
      hold.open();
      await response.text();
      await simulator.waitForState(GPT, 'idle');
      clock.advance(60_000);
      assert.deepEqual(ids(), [QWEN]);
    });

    it('is missing on Bionic, and for what was loaded by REST', async () => {
      await start({ profile: 'bionic' });
      await ask(GPT);
      assert.equal(simulator.models.instancesOf(GPT)[0]?.ttlMs, null);
      await post(simulator, '/api/v1/models/load', { model: CODER });
      clock.advance(100 * HOUR);
      assert.deepEqual(ids(), [QWEN, GPT, CODER]);
    });
  });

  describe('auto-evict', () => {
    it('leaves manual models, and JIT models where it is off', async () => {
      await start({ autoEvict: false });
      await ask(GPT);
      await ask(CODER);
      assert.deepEqual(ids(), [QWEN, GPT, CODER]);
      await simulator.close();
      await start();
      await ask(GPT);
      await ask(CODER);
      assert.deepEqual(ids(), [QWEN, CODER]);
    });

    it('waits for a model that is at work', async () => {
      const hold = gate();
      await start({ script: (_, index) => (index === 0 ? { text: 'one two', hold: hold.promise } : { text: 'ok' }) });
      const first = await chat(simulator, { model: GPT });
      const second = ask(CODER);
      await simulator.waitForRequest(({ body }) => at(body, 'model') === CODER);
      await getJson(simulator, '/v1/models');
      assert.deepEqual(ids(), [QWEN, GPT]);
      hold.open();
      assert.match(await first.text(), /two[^]*DONE/);
      assert.match(await second, /DONE/);
      assert.deepEqual(ids(), [QWEN, CODER]);
    });

    it('cuts it off with E15 where told to (BT#1796), or without a word (BT#671)', async () => {
      for (const [evictBusy, end] of [
        ['error-frame', /event: error\ndata: \{"error":\{"message":"Model unloaded\."\}[^\n]*\n\n$/],
        ['silence', /"content":"one "[^\n]*\n\n$/],
      ] as const) {
        await start({
          evictBusy,
          script: (_, index) => (index === 0 ? { text: 'one two', hold: never() } : { text: 'ok' }),
        });
        const first = await chat(simulator, { model: GPT });
        assert.match(await ask(CODER), /DONE/);
        assert.match(await first.text(), end);
        assert.deepEqual(ids(), [QWEN, CODER]);
        await simulator.close();
      }
      await start();
    });
  });

  describe('requests that come together for a model on disk', () => {
    it('share one load', async () => {
      await start({ models: nothingLoaded() });
      await Promise.all([ask(GPT), ask(GPT), ask(GPT)]);
      assert.deepEqual(ids(), [GPT]);
    });

    it('make an instance each where they race (BT#1751)', async () => {
      const both = gate();
      let loads = 0;
      const beforeLoad = async (): Promise<void> => {
        loads += 1;
        if (loads === 2) both.open();
        await both.promise;
      };
      await start({ models: nothingLoaded(), jitRace: true, beforeLoad });
      await Promise.all([ask(GPT), ask(GPT)]);
      assert.deepEqual(ids(), [GPT, `${GPT}:2`]);
    });

    it('for two models load one after the other, and each is answered', async () => {
      const first = gate();
      const loads: string[] = [];
      const beforeLoad = async (key: string): Promise<void> => {
        loads.push(key);
        if (key === GPT) await first.promise;
      };
      await start({ models: nothingLoaded(), beforeLoad });
      const answers = [ask(GPT)];
      await simulator.waitForState(GPT, 'loading');
      answers.push(ask(CODER));
      await simulator.waitForRequest(({ body }) => at(body, 'model') === CODER);
      await getJson(simulator, '/v1/models');
      assert.deepEqual(loads, [GPT]);
      first.open();
      for (const answer of await Promise.all(answers)) assert.match(answer, /DONE/);
      assert.deepEqual(loads, [GPT, CODER]);
      assert.deepEqual(ids(), [CODER]);
    });
  });

  describe('the state', () => {
    it('goes from not-loaded over loading, reading and generating to idle', async () => {
      const hold = gate();
      await start({
        loadDelayMs: 5000,
        promptTokensPerSecond: 10,
        script: [{ text: 'one two', hold: hold.promise }],
      });
      const { models } = simulator;
      assert.equal(models.stateOf(GPT), 'not-loaded');
      const response = chat(simulator, { model: GPT });
      await simulator.waitForState(GPT, 'loading');
      assert.equal(at(await getJson(simulator, `/api/v0/models/${GPT}`), 'state'), 'loading');
      clock.advance(5000);
      await simulator.waitForState(GPT, 'processingPrompt');
      assert.equal(models.instancesOf(GPT)[0]?.queued, 1);
      clock.advance(HOUR);
      await simulator.waitForState(GPT, 'generating');
      hold.open();
      await done(response);
      await simulator.waitForState(GPT, 'idle');
      assert.equal(models.instancesOf(GPT)[0]?.queued, 0);
      assert.equal(models.instancesOf(GPT)[0]?.lastUsedTime, clock.now());
      models.unload(GPT);
      assert.equal(models.stateOf(GPT), 'not-loaded');
    });

    it('is computingEmbedding for who says so', async () => {
      await start();
      const [instance] = simulator.models.instancesOf(QWEN);
      const release = simulator.models.use(instance!, 'computingEmbedding');
      assert.equal(simulator.models.stateOf(QWEN), 'computingEmbedding');
      release();
      release();
      assert.equal(simulator.models.stateOf(QWEN), 'idle');
    });
  });

  describe('the slots', () => {
    const busy: SimulatorOptions = {
      script: (request) =>
        request.messages[0]?.content === 'hold' ? { text: 'one two', hold: never() } : { text: 'ok' },
    };
    const occupy = async (count: number, signal?: AbortSignal): Promise<Response[]> =>
      Promise.all(
        Array.from({ length: count }, () => chat(simulator, { messages: [{ role: 'user', content: 'hold' }] }, signal)),
      );

    it('are four, and the fifth request waits until one is free', async () => {
      await start(busy);
      const first = new AbortController();
      await occupy(1, first.signal);
      await occupy(3);
      const fifth = ask(QWEN);
      await simulator.models.waitFor(({ instances }) => instances[0]?.queued === 5);
      first.abort();
      assert.match(await fifth, /DONE/);
    });

    it('are as many as the load asked for', async () => {
      await start(busy);
      const load = { model: GPT, parallel: 1, echo_load_config: true };
      const loaded = await (await post(simulator, '/api/v1/models/load', load)).json();
      assert.equal(at(loaded, 'load_config', 'parallel'), 1);
      const gone = new AbortController();
      await chat(simulator, { model: GPT, messages: [{ role: 'user', content: 'hold' }] }, gone.signal);
      const second = ask(GPT);
      await simulator.models.waitFor(({ instances }) => instances[1]?.queued === 2);
      gone.abort();
      assert.match(await second, /DONE/);
    });

    it('refuse who waited for too long, or came when too many did (E16)', async () => {
      await start({ ...busy, queueLimit: 1 });
      await occupy(4);
      const fifth = chat(simulator);
      await simulator.models.waitFor(({ instances }) => instances[0]?.queued === 5);
      const sixth = await chat(simulator);
      assert.equal(sixth.status, 400);
      assert.match(await sixth.text(), /^\{"error":"Engine protocol predict request failed: timed out in the queue/);
      clock.advance(120_000);
      assert.equal((await fifth).status, 400);
      assert.equal(simulator.models.instances[0]?.queued, 4);
    });

    it('take back the place of a client that goes away while it waits, and refuse who waits for an unloaded model', async () => {
      await start(busy);
      await occupy(4);
      const gone = new AbortController();
      const fifth = chat(simulator, {}, gone.signal);
      fifth.catch(() => undefined);
      await simulator.models.waitFor(({ instances }) => instances[0]?.queued === 5);
      gone.abort();
      await simulator.models.waitFor(({ instances }) => instances[0]?.queued === 4);
      const sixth = chat(simulator);
      await simulator.models.waitFor(({ instances }) => instances[0]?.queued === 5);
      simulator.models.unload(QWEN);
      const response = await sixth;
      assert.equal(response.status, 400);
      assert.equal(await response.text(), '{"error":"Model unloaded."}');
    });
  });

  describe('a prompt', () => {
    it('is read in silence, in proportion to its length', async () => {
      await start({ promptTokensPerSecond: 100 });
      let answered = false;
      const response = chat(simulator, { messages: [{ role: 'user', content: 'x'.repeat(4000) }] }).finally(
        () => (answered = true),
      );
      await simulator.waitForState(QWEN, 'processingPrompt');
      clock.advance(10_000);
      await getJson(simulator, '/v1/models');
      assert.equal(answered, false, 'a thousand tokens and what is around them');
      clock.advance(2000);
      assert.match(await done(response), /DONE/);
    });

    it('is read to its end when its client has gone, and keeps the slot until then', async () => {
      await start({ promptTokensPerSecond: 10, models: sampleModels() });
      const gone = new AbortController();
      const response = chat(simulator, {}, gone.signal);
      response.catch(() => undefined);
      await simulator.waitForState(QWEN, 'processingPrompt');
      gone.abort();
      await simulator.waitForRequest(({ aborted }) => aborted);
      await getJson(simulator, '/v1/models');
      assert.equal(simulator.models.stateOf(QWEN), 'processingPrompt');
      clock.advance(HOUR);
      await simulator.waitForState(QWEN, 'idle');
    });

    it('that has been read frees its slot at once when the client goes away', async () => {
      await start({ script: [{ text: 'one two', hold: never() }] });
      const gone = new AbortController();
      await chat(simulator, {}, gone.signal);
      gone.abort();
      await simulator.waitForState(QWEN, 'idle');
    });
  });

  it('paces its answers by the clock', async () => {
    await start({ tokensPerSecond: 1, script: [{ text: 'one two three' }] });
    const reader = (await chat(simulator)).body!.getReader();
    const read = async (): Promise<string> => Buffer.from(((await reader.read()).value ?? []) as Uint8Array).toString();
    assert.match(await read(), /one/);
    clock.advance(1000);
    assert.match(await read(), /two/);
    await reader.cancel();
  });
});
