/** In what the versions differ, and what a load applies or refuses. */
import assert from 'node:assert/strict';
import { HttpFailure } from '../simulator/failures';
import { gate } from '../simulator/gate';
import type { Profile } from '../simulator/profiles';
import { sampleModels } from '../simulator/models';
import { startSimulator, type Simulator, type SimulatorOptions } from '../simulator/server';
import { at, chat, CODER, getJson, GPT, post, QWEN } from '../support/rawHttp';
import { ManualClock } from '../support/manualClock';

const MLX = 'mistralai/devstral-small-2507';

describe('the simulator', () => {
  let simulator: Simulator;
  afterEach(() => simulator.close());

  async function start(options: SimulatorOptions = {}): Promise<void> {
    simulator = await startSimulator({ script: () => ({ text: 'ok' }), ...options });
  }

  async function load(body: object): Promise<{ status: number; body: unknown }> {
    const response = await post(simulator, '/api/v1/models/load', { echo_load_config: true, ...body });
    return { status: response.status, body: await response.json() };
  }

  describe('as a version of LM Studio', () => {
    const tooLong = { messages: [{ role: 'user', content: 'x'.repeat(4 * 33_000) }] };
    const overflows: readonly (readonly [Profile, RegExp])[] = [
      ['0.3', /^\{"error":"Trying to keep the first 33\d+ tokens when context the overflows\./],
      ['0.4', /^\{"error":"The number of tokens to keep .*\(n_keep: 33\d+>= n_ctx: 32768\)\. Try to load/],
      ['0.4.2x', /^\{"error":"Engine protocol predict stream returned an error: \{\\"code\\":500,\\"message\\":/],
      ['bionic', /^\{"error":"Engine protocol predict stream returned an error: .*Context size has been exceeded\./],
    ];
    for (const [profile, pattern] of overflows) {
      it(`${profile} refuses a prompt that is too long in its own words`, async () => {
        await start({ profile });
        const response = await chat(simulator, tooLong);
        assert.equal(response.status, 400);
        assert.match(await response.text(), pattern);
      });

      it(`${profile} wants its token on every route`, async () => {
        const token = `sk-lm-abcdefgh:${'x'.repeat(20)}`;
        await start({ profile, token });
        assert.equal((await chat(simulator)).status, 401);
        const headers = { Authorization: `Bearer ${token}` };
        assert.equal((await fetch(`${simulator.url}/api/v0/models`, { headers })).status, 200);
      });
    }

    it('refuses what the token has no permission for', async () => {
      await start({ forbiddenPaths: ['/api/v1/models/load'] });
      assert.equal((await load({ model: GPT })).status, 403);
      assert.equal((await chat(simulator)).status, 200);
    });

    it('0.3 repeats an empty name, the others do not', async () => {
      for (const [profile, repeats] of [
        ['0.3', true],
        ['0.4', false],
        ['0.4.2x', false],
      ] as const) {
        await start({ profile, script: [{ toolCalls: [{ match: /./, arguments: { path: 'a.ts' } }] }] });
        assert.equal((await (await chat(simulator)).text()).includes('"name":""'), repeats, profile);
        await simulator.close();
      }
      await start();
    });

    it('0.4.2x adds reasoning_budget_message, and loads with 8192 where nobody names a context', async () => {
      await start({ profile: '0.4.2x' });
      const { body } = await load({ model: GPT });
      assert.deepEqual(at(body, 'load_config'), {
        context_length: 8192,
        eval_batch_size: 512,
        parallel: 4,
        flash_attention: true,
        num_experts: 4,
        offload_kv_cache_to_gpu: true,
        reasoning_budget_message: '',
      });
    });

    it('bionic knows the format splash, and v0 does not say the loaded context', async () => {
      await start({ profile: 'bionic' });
      const models = at(await getJson(simulator, '/api/v1/models'), 'models') as readonly unknown[];
      assert.ok(models.some((model) => at(model, 'format') === 'splash'));
      const loaded = await getJson(simulator, `/api/v0/models/${QWEN}`);
      assert.equal(at(loaded, 'state'), 'loaded');
      assert.equal(at(loaded, 'loaded_context_length'), undefined);
    });
  });

  describe('when it loads', () => {
    it('applies and echoes what was asked', async () => {
      await start();
      const asked = {
        context_length: 16_384,
        eval_batch_size: 256,
        parallel: 2,
        flash_attention: false,
        num_experts: 6,
        offload_kv_cache_to_gpu: false,
      };
      const { body } = await load({ model: CODER, ...asked });
      assert.deepEqual(at(body, 'load_config'), asked);
      const models = at(await getJson(simulator, '/api/v1/models'), 'models') as readonly unknown[];
      const listed = models.find((model) => at(model, 'key') === CODER);
      assert.deepEqual(at(listed, 'loaded_instances', 0), { id: CODER, config: asked });
    });

    it('says nothing of what it applied unless asked to', async () => {
      await start();
      const response = await post(simulator, '/api/v1/models/load', { model: GPT });
      assert.deepEqual(Object.keys((await response.json()) as object), [
        ...['type', 'instance_id', 'load_time_seconds', 'status'],
      ]);
    });

    it('overrules the context: of MLX, and beyond the maximum', async () => {
      await start();
      const mlx = await load({ model: MLX, context_length: 32_768 });
      assert.deepEqual(at(mlx.body, 'load_config'), { context_length: 4096, parallel: 4 });
      const beyond = await load({ model: GPT, context_length: 1_000_000 });
      assert.equal(at(beyond.body, 'load_config', 'context_length'), 131_072);
      await simulator.close();
      await start({ mlxIgnoresContextLength: false });
      const honoured = await load({ model: MLX, context_length: 32_768 });
      assert.equal(at(honoured.body, 'load_config', 'context_length'), 32_768);
    });

    it('ignores the settings of a model just in time where told to (BT#1463)', async () => {
      const models = sampleModels().map((spec) => ({ ...spec, defaultContextLength: 20_000 }));
      for (const [jitIgnoresModelSettings, context] of [
        [false, 20_000],
        [true, 4096],
      ] as const) {
        await start({ models, jitIgnoresModelSettings });
        await (await chat(simulator, { model: GPT })).text();
        assert.equal(simulator.models.instancesOf(GPT)[0]?.config.context_length, context);
        await simulator.close();
      }
      await start();
    });

    it('is stopped by the guardrail, in gigabytes, and a smaller context may pass it', async () => {
      await start({ memoryBytes: 22e9 });
      const refused = await load({ model: GPT, context_length: 65_536 });
      assert.equal(refused.status, 500);
      assert.deepEqual(refused.body, {
        error: {
          type: 'model_load_failed',
          message:
            'Model loading was stopped due to insufficient system resources. Under the current settings, this model ' +
            'requires approximately 18.66 GB of memory, and continuing to load it would likely overload your system ' +
            'and cause it to freeze. If you think this is incorrect, you can adjust the model loading guardrails in settings.',
          code: 'model_load_failed',
        },
      });
      const jit = await (await chat(simulator, { model: CODER })).text();
      assert.match(jit, /Failed to load model \\"qwen\/qwen3-coder-30b\\"\. Error: Model loading was stopped/);
      assert.equal((await load({ model: GPT, context_length: 4096 })).status, 200);
    });

    it('fails without a reason, or as the test says', async () => {
      await start({ models: sampleModels().map((spec) => ({ ...spec, loadFault: 'failed' as const })) });
      const failed = await load({ model: GPT });
      assert.equal(failed.status, 500);
      assert.equal(at(failed.body, 'error', 'message'), 'Error loading model.');
      assert.equal(simulator.models.stateOf(GPT), 'not-loaded');
      await simulator.close();
      await start({ beforeLoad: () => Promise.reject(new HttpFailure(503, { error: 'Not today' })) });
      assert.deepEqual(await load({ model: GPT }), { status: 503, body: { error: 'Not today' } });
    });

    it('goes on when the client has gone', async () => {
      const held = gate();
      await start({ beforeLoad: () => held.promise });
      const gone = new AbortController();
      const response = post(simulator, '/api/v1/models/load', { model: GPT }, gone.signal);
      response.catch(() => undefined);
      await simulator.waitForState(GPT, 'loading');
      gone.abort();
      await simulator.waitForRequest(({ aborted }) => aborted);
      assert.equal(simulator.models.stateOf(GPT), 'loading');
      held.open();
      await simulator.waitForState(GPT, 'idle');
    });

    it('takes its time by the clock', async () => {
      const clock = new ManualClock();
      await start({ clock, loadDelayMs: 9099 });
      const loading = load({ model: GPT });
      await simulator.waitForState(GPT, 'loading');
      clock.advance(9099);
      assert.equal(at((await loading).body, 'load_time_seconds'), 9.099);
    });
  });

  it('runs full in mid-generation: gpt-oss fails (E9), others end with length', async () => {
    const models = sampleModels().map((spec) => ({ ...spec, loadedContext: 100 }));
    const script = [{ text: 'word '.repeat(200) }];
    const long = { tools: undefined };
    await start({ models, script });
    const failed = await (await chat(simulator, { model: GPT, ...long })).text();
    assert.match(
      failed,
      /event: error\ndata: \{"error":\{"message":"Reached context length of 100 tokens with model \(arch: gpt-oss\)/,
    );
    await simulator.close();
    await start({ models, script });
    assert.match(await (await chat(simulator, long)).text(), /"finish_reason":"length"[^]*DONE/);
    await simulator.close();
    await start({ models, script });
    const limited = await (await chat(simulator, { model: GPT, max_tokens: 10, ...long })).text();
    assert.match(limited, /"finish_reason":"length"[^]*DONE/, 'max_tokens is no full context');
  });
});
