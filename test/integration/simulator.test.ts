/** The simulator over raw HTTP: the wire that every other test of this project stands on. */
import assert from 'node:assert/strict';
import { gate } from '../simulator/gate';
import { startSimulator, type Simulator, type SimulatorOptions } from '../simulator/server';
import type { ModelSpec } from '../simulator/models';
import { sampleModels } from '../simulator/models';

/** Any JSON; lists go through `list`. */
interface Json {
  readonly [key: string]: Json;
}

const str = (json: Json | undefined): string => (json ?? '') as unknown as string;
const toolCallsOf = (delta: Json): readonly Json[] => ('tool_calls' in delta ? list(delta['tool_calls']) : []);
const list = (json: Json | undefined): readonly Json[] => json as unknown as readonly Json[];

const HELLO = { model: 'qwen/qwen3-8b', messages: [{ role: 'user', content: 'Hi' }] };
const READ_TOOL = {
  type: 'function',
  function: { name: 'fs__read_file', description: 'Reads', parameters: { type: 'object', properties: {} } },
};

describe('the LM Studio simulator', () => {
  let simulator: Simulator;

  async function start(options: SimulatorOptions = {}): Promise<void> {
    simulator = await startSimulator({ script: [{ text: 'Hello there' }], ...options });
  }

  afterEach(() => simulator.close());

  const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(simulator.url + path, { headers });

  const post = (path: string, body: unknown, signal?: AbortSignal): Promise<Response> =>
    fetch(simulator.url + path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
      ...(signal ? { signal } : {}),
    });

  const chat = (extra: object = {}, signal?: AbortSignal): Promise<Response> =>
    post('/v1/chat/completions', { ...HELLO, ...extra }, signal);

  const json = async (response: Response): Promise<Json> => (await response.json()) as Json;

  async function frames(response: Response): Promise<Json[]> {
    const lines = (await response.text()).split('\n\n').filter((line) => line !== '');
    assert.equal(lines.pop(), 'data: [DONE]');
    return lines.map((line) => JSON.parse(line.replace(/^data: /, '')) as Json);
  }

  const deltas = async (response: Response): Promise<Json[]> =>
    (await frames(response)).flatMap((frame) => list(frame['choices']).map((choice) => choice['delta']!));

  async function refused(response: Response, status: number, pattern: RegExp): Promise<void> {
    const text = await response.text();
    assert.equal(response.status, status, text);
    assert.match(text, pattern);
  }

  const unloaded = (): ModelSpec[] =>
    sampleModels().map((spec) => {
      const rest = { ...spec };
      delete (rest as { loadedContext?: number }).loadedContext;
      return rest;
    });

  describe('its HTTP', () => {
    it('greets with exactly 17 bytes and the headers of Express', async () => {
      await start();
      const response = await get('/lmstudio-greeting');
      assert.equal(await response.text(), '{"lmstudio":true}');
      assert.equal(response.headers.get('x-powered-by'), 'Express');
      assert.equal(response.headers.get('content-type'), 'application/json; charset=utf-8');
      assert.match(response.headers.get('etag') ?? '', /^W\/"11-.{27}"$/);
      assert.equal(response.headers.get('keep-alive'), 'timeout=5');
    });

    it('answers an unknown route or method with 200 and says so', async () => {
      await start();
      await refused(await get('/foo'), 200, /^\{"error":"Unexpected endpoint or method\. \(GET \/foo\)"\}$/);
      await refused(await post('/v1/models', {}), 200, /\(POST \/v1\/models\)/);
    });

    it('has no /api/v1 on 0.3, and only /v1 on another server', async () => {
      await start({ profile: '0.3' });
      await refused(await get('/api/v1/models'), 200, /Unexpected endpoint/);
      assert.equal((await get('/api/v0/models')).status, 200);
      await simulator.close();
      await start({ profile: 'openai-only' });
      assert.equal((await get('/api/v0/models')).status, 404);
      assert.equal((await get('/lmstudio-greeting')).status, 404);
      assert.equal(list((await json(await get('/v1/models')))['data']).length, 6);
    });

    it('wants the token when one is set', async () => {
      const token = `sk-lm-abcdefgh:${'x'.repeat(20)}`;
      await start({ token });
      await refused(await get('/v1/models'), 401, /An LM Studio API token is required/);
      const malformed = await get('/v1/models', { Authorization: 'Bearer sk-bogus-EXAMPLE-TOKEN-1' });
      await refused(malformed, 401, /provided: sk-bogus-E\*{14} Ensure/);
      assert.equal((await get('/v1/models', { Authorization: `Bearer ${token}` })).status, 200);
    });
  });

  describe('its models', () => {
    it('lists them by /api/v1 with the recorded keys', async () => {
      await start();
      const text = await (await get('/api/v1/models')).text();
      assert.ok(text.startsWith('{\n  "models": [\n    {\n      "type": "llm"'), text.slice(0, 60));
      const models = list((JSON.parse(text) as Json)['models']);
      assert.deepEqual(Object.keys(models[0]!), [
        ...['type', 'publisher', 'key', 'display_name', 'architecture', 'quantization', 'size_bytes', 'params_string'],
        ...['loaded_instances', 'max_context_length', 'format', 'capabilities', 'description'],
        ...['variants', 'selected_variant'],
      ]);
      const embedding = models.find((model) => str(model['type']) === 'embedding')!;
      assert.equal('architecture' in embedding || 'capabilities' in embedding || 'description' in embedding, false);
    });

    it('lists them by /api/v0 and /v1, the latter without JIT only where loaded', async () => {
      await start({ jit: false });
      const v0 = await json(await get('/api/v0/models'));
      const loaded = list(v0['data']).map((model) => model['state']);
      assert.deepEqual(loaded, ['loaded', ...Array<string>(5).fill('not-loaded')]);
      assert.equal((await json(await get('/api/v0/models/qwen/qwen3-8b')))['loaded_context_length'], 32768);
      assert.deepEqual(await json(await get('/v1/models')), {
        data: [{ id: 'qwen/qwen3-8b', object: 'model', owned_by: 'organization_owner' }],
        object: 'list',
      });
      assert.equal((await get('/v1/models/none')).status, 404);
    });

    it('loads a loaded model again as key:2, and unloads it', async () => {
      await start();
      const load = { model: 'qwen/qwen3-8b', context_length: 8192, echo_load_config: true };
      const loaded = await json(await post('/api/v1/models/load', load));
      assert.equal(loaded['instance_id'], 'qwen/qwen3-8b:2');
      assert.equal(loaded['load_config']!['context_length'], 8192);
      const unload = { instance_id: 'qwen/qwen3-8b:2' };
      assert.deepEqual(await json(await post('/api/v1/models/unload', unload)), unload);
      await refused(await post('/api/v1/models/unload', unload), 404, /'qwen\/qwen3-8b:2' is not loaded/);
    });

    it('refuses unknown keys, unknown models and a missing model', async () => {
      await start();
      await refused(await post('/api/v1/models/load', { model: 'm', ttl: 5 }), 400, /'ttl'[^]*unrecognized_keys/);
      await refused(await post('/api/v1/models/load', { model: 'm' }), 404, /Model m not found in downloaded models/);
      await refused(await post('/api/v1/models/load', {}), 400, /missing_required_parameter/);
    });

    it('loads MLX with its own context, whatever was asked', async () => {
      await start();
      const load = { model: 'mistralai/devstral-small-2507', context_length: 32768, echo_load_config: true };
      const loaded = await json(await post('/api/v1/models/load', load));
      assert.equal(loaded['load_config']!['context_length'], 4096);
    });

    it('shows a model as loading by /api/v0 while its load is held', async () => {
      const held = gate();
      const started = gate();
      await start({
        beforeLoad: async () => {
          started.open();
          await held.promise;
        },
      });
      const load = post('/api/v1/models/load', { model: 'openai/gpt-oss-20b' });
      await started.promise;
      assert.equal((await json(await get('/api/v0/models/openai/gpt-oss-20b')))['state'], 'loading');
      held.open();
      assert.equal((await load).status, 200);
      assert.equal((await json(await get('/api/v0/models/openai/gpt-oss-20b')))['state'], 'loaded');
    });
  });

  describe('how a request finds its model', () => {
    it('loads just in time, and evicts the JIT model before it', async () => {
      await start({ script: () => ({ text: 'ok' }) });
      const first = await json(await chat({ model: 'openai/gpt-oss-20b' }));
      assert.equal(first['model'], 'openai/gpt-oss-20b');
      await chat({ model: 'qwen/qwen3-coder-30b' });
      const ids = simulator.models.instances.map((instance) => instance.id);
      assert.deepEqual(ids, ['qwen/qwen3-8b', 'qwen/qwen3-coder-30b']);
    });

    it('lets the only loaded model answer for an unknown one (E2)', async () => {
      await start();
      assert.equal((await json(await chat({ model: 'not-a-model' })))['model'], 'qwen/qwen3-8b');
    });

    it('refuses an unknown model when none or several are loaded (E1)', async () => {
      await start({ models: unloaded() });
      const pattern = /Invalid model identifier \\"x\\"\. Please specify a valid downloaded model \(e\.g\., /;
      await refused(await chat({ model: 'x' }), 400, pattern);
    });

    it('says that none is loaded without JIT (E4), and which there are when several are (E3)', async () => {
      await start({ models: unloaded(), jit: false });
      await refused(await chat(), 400, /No models loaded\. Please load a model in the developer page/);
      await simulator.models.load(simulator.models.spec('qwen/qwen3-8b')!);
      await simulator.models.load(simulator.models.spec('qwen/qwen3-8b')!);
      await refused(await chat({ model: 'x' }), 404, /Model \\"x\\" not found[^]*Your models:\\n\\nqwen\/qwen3-8b/);
    });

    it('reports a failed load (E5)', async () => {
      const models = unloaded().map((spec) => ({ ...spec, loadFault: 'guardrail' as const }));
      await start({ models });
      await refused(await chat(), 400, /Failed to load model \\"qwen\/qwen3-8b\\"\. Error: Model loading was stopped/);
      await refused(await post('/api/v1/models/load', { model: 'qwen/qwen3-8b' }), 500, /model_load_failed/);
    });
  });

  describe('what it refuses', () => {
    const cases: [string, object, RegExp][] = [
      ['missing messages', { messages: undefined }, /^\{"error":"'messages' field is required"\}$/],
      [
        'tool_choice as an object',
        { tool_choice: { type: 'function' } },
        /^\{"error":"Invalid tool_choice type: 'object'\. Supported string values: none, auto, required"\}$/,
      ],
      [
        'json_object',
        { response_format: { type: 'json_object' } },
        /^\{"error":"'response_format\.type' must be 'json_schema' or 'text'"\}$/,
      ],
      [
        'a tool message without its call',
        { messages: [{ role: 'tool', tool_call_id: '1', content: '' }] },
        /Invalid 'messages'/,
      ],
      [
        'an assistant tool call with an empty id',
        { messages: [{ role: 'assistant', tool_calls: [{ id: '', function: { name: 'f', arguments: '{}' } }] }] },
        /^\{"error":"Invalid 'messages' in payload\. Please check the structure of your 'messages' and try again"\}$/,
      ],
    ];
    for (const [what, extra, pattern] of cases) {
      it(what, async () => {
        await start();
        await refused(await chat(extra), 400, pattern);
      });
    }

    it('a prompt that is longer than the loaded context (E7; E6 on 0.3)', async () => {
      await start();
      const messages = [{ role: 'user', content: 'x'.repeat(4 * 33_000) }];
      await refused(
        await chat({ messages }),
        400,
        /^\{"error":"The number of tokens to keep .*\(n_keep: 33\d+>= n_ctx: 32768\)/,
      );
      await simulator.close();
      await start({ profile: '0.3' });
      await refused(await chat({ messages }), 400, /Trying to keep the first 33\d+ tokens when context the overflows/);
    });
  });

  describe('its chat', () => {
    it('answers plainly with the recorded keys', async () => {
      await start({ script: [{ reasoning: 'Hm', text: 'Hello' }] });
      const body = await json(await chat());
      assert.match(str(body['id']), /^chatcmpl-[a-z0-9]{21}$/);
      assert.deepEqual(Object.keys(body), [
        ...['id', 'object', 'created', 'model', 'choices', 'usage', 'stats', 'system_fingerprint'],
      ]);
      assert.deepEqual(list(body['choices'])[0], {
        index: 0,
        message: { role: 'assistant', content: 'Hello', reasoning_content: 'Hm', tool_calls: [] },
        logprobs: null,
        finish_reason: 'stop',
      });
      const usage = body['usage']!;
      assert.equal(Number(usage['total_tokens']), Number(usage['prompt_tokens']) + Number(usage['completion_tokens']));
    });

    it('streams in the recorded shape, with usage only on demand', async () => {
      await start({
        script: () => ({
          reasoning: 'Let me see',
          text: 'Hello there',
          toolCalls: [{ match: /read_file$/, arguments: { path: 'a.ts' } }],
        }),
      });
      const all = await frames(
        await chat({ stream: true, tools: [READ_TOOL], stream_options: { include_usage: true } }),
      );
      for (const frame of all) {
        const keys = ['id', 'object', 'created', 'model', 'system_fingerprint', 'choices'];
        assert.deepEqual(Object.keys(frame).slice(0, 6), keys);
      }
      const usage = all.pop()!;
      assert.deepEqual(usage['choices'], []);
      assert.ok(Number(usage['usage']!['completion_tokens_details']!['reasoning_tokens']) > 0);
      const last = list(all.pop()!['choices'])[0];
      assert.deepEqual(last, { index: 0, delta: {}, logprobs: null, finish_reason: 'tool_calls' });

      const parts = all.map((frame) => list(frame['choices'])[0]!['delta']!);
      assert.deepEqual(parts[0], { role: 'assistant', reasoning_content: 'Let ' });
      assert.equal(parts.filter((delta) => 'role' in delta).length, 1);
      const calls = parts.flatMap((delta) => toolCallsOf(delta));
      assert.match(str(calls[0]!['id']), /^\d{9}$/);
      assert.deepEqual(calls[0]!['function'], { name: 'fs__read_file', arguments: '' });
      assert.ok(calls.length > 2, 'arguments come in several pieces');
      assert.deepEqual(Object.keys(calls[1]!), ['index', 'type', 'function']);
      assert.equal(calls.map((call) => str(call['function']!['arguments'])).join(''), '{"path":"a.ts"}');

      const plain = await frames(await chat({ stream: true, tools: [READ_TOOL] }));
      assert.equal(
        plain.some((frame) => 'usage' in frame),
        false,
      );
    });

    it('puts reasoning where the model puts it', async () => {
      await start({
        script: (_, index) => ({ reasoning: 'Hm', text: 'Hi', ...(index ? { reasoningField: 'think-tags' } : {}) }),
      });
      const harmony = await deltas(await chat({ stream: true, model: 'openai/gpt-oss-20b' }));
      assert.deepEqual(harmony, [{ role: 'assistant', reasoning: 'Hm' }, { content: 'Hi' }, {}]);
      const tags = await deltas(await chat({ stream: true }));
      assert.equal(tags.map((delta) => str(delta['content'])).join(''), '<think>Hm</think>\n\nHi');
    });

    it('cuts at max_tokens and says length', async () => {
      await start({ script: [{ text: 'one two three four five six' }] });
      const body = await json(await chat({ max_tokens: 3 }));
      const [choice] = list(body['choices']);
      assert.equal(choice!['finish_reason'], 'length');
      assert.ok(Number(body['usage']!['completion_tokens']) <= 3);
    });

    it('sends no headers before the first token', async () => {
      const held = gate();
      await start({ script: [{ holdHeaders: held.promise, text: 'late' }] });
      let answered = false;
      const response = chat({ stream: true }).finally(() => (answered = true));
      await simulator.waitForRequest((request) => request.body !== undefined);
      await get('/lmstudio-greeting');
      assert.equal(answered, false);
      held.open();
      assert.equal((await response).status, 200);
    });

    it('marks a request as aborted when its client goes away in mid-stream', async () => {
      const never = new Promise<undefined>(() => undefined);
      await start({ script: [{ text: 'one two three', hold: never }] });
      const abort = new AbortController();
      const response = await chat({ stream: true }, abort.signal);
      const reader = response.body!.getReader();
      assert.match(new TextDecoder().decode((await reader.read()).value as Uint8Array), /"content":"one "/);
      abort.abort();
      const request = await simulator.waitForRequest(({ aborted }) => aborted);
      assert.equal(request.finished, false);
      await assert.rejects(reader.read());
    });
  });

  describe('its faults', () => {
    const stream = async (turn: object): Promise<string> => {
      await start({ script: [turn] });
      return (await chat({ stream: true })).text();
    };

    it('an error response', async () => {
      const body = { error: 'The model has crashed without additional information. (Exit code: 6)' };
      await start({ script: [{ error: { status: 400, body } }] });
      await refused(await chat({ stream: true }), 400, /^\{"error":"The model has crashed/);
    });

    it('an error frame in mid-stream, and no [DONE]', async () => {
      const text = await stream({ text: 'Hel', midStreamError: 'Boom' });
      assert.ok(text.endsWith('event: error\ndata: {"error":{"message":"Boom"},"message":"Boom"}\n\n'), text);
    });

    it('an early end of the stream', async () => {
      const text = await stream({ text: 'one two three', cutAfter: 2 });
      assert.equal(text.match(/data: /g)?.length, 2);
      assert.doesNotMatch(text, /DONE|"finish_reason":"/);
    });

    it('a reset connection', async () => {
      await start({ script: [{ resetSocket: true }] });
      await assert.rejects(chat({ stream: true }));
      assert.equal(simulator.requests[0]!.aborted, false);
    });

    it('tool calls with an empty id, without index, with broken arguments', async () => {
      await start({ script: [{ omitIndex: true, toolCalls: [{ name: 'gone', id: '', arguments: '{"a":' }] }] });
      const [first, ...rest] = await deltas(await chat({ stream: true }));
      const call = { id: '', type: 'function', function: { name: 'gone', arguments: '' } };
      assert.deepEqual(first, { role: 'assistant', tool_calls: [call] });
      const args = rest.flatMap((delta) => toolCallsOf(delta)).map((part) => str(part['function']!['arguments']));
      assert.equal(args.join(''), '{"a":');
    });

    it('a model that is unloaded while it generates', async () => {
      const never = new Promise<undefined>(() => undefined);
      await start({ script: [{ text: 'one two', hold: never }] });
      const response = await chat({ stream: true });
      simulator.models.unload('qwen/qwen3-8b');
      assert.match(await response.text(), /event: error\ndata: \{"error":\{"message":"Model unloaded\."\}/);
    });

    it('says so when a script has no turn left', async () => {
      await start({ script: [] });
      await refused(await chat(), 500, /no turn left/);
    });
  });
});
