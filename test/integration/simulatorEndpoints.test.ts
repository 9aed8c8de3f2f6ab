/** The simulator's endpoints beside models and chat completions, over raw HTTP. */
import assert from 'node:assert/strict';
import Ajv from 'ajv';
import fc from 'fast-check';
import { demoTurn } from '../simulator/demoModel';
import type { DownloadOffer } from '../simulator/downloads';
import { gate } from '../simulator/gate';
import type { JsonObject, JsonValue } from '../simulator/json';
import { objectsOf } from '../simulator/json';
import { sampleModels } from '../simulator/models';
import { startSimulator, type Simulator, type SimulatorOptions } from '../simulator/server';
import { sampleOf } from '../simulator/structuredOutput';
import { ManualClock } from '../support/manualClock';

const MODEL = 'qwen/qwen3-8b';
const CODER = 'qwen/qwen3-coder-30b';
const VISION = 'google/gemma-3-12b';
const EMBEDDING = 'text-embedding-nomic-embed-text-v1.5';
const PIXEL = 'data:image/png;base64,iVBORw0KGgo=';
const THINKS = { reasoning: 'Let me see', text: 'Hello there' };
const CALLS = { toolCalls: [{ name: 'read_file', arguments: { path: 'src/a.ts' } }] };
const READ_SCHEMA = { type: 'object', properties: { path: { type: 'string' } } };

interface SseEvent {
  readonly event: string | undefined;
  readonly data: JsonObject;
}

describe("the simulator's other endpoints", () => {
  let simulator: Simulator;

  async function start(options: SimulatorOptions = {}): Promise<void> {
    simulator = await startSimulator({ script: [THINKS], ...options });
  }

  afterEach(() => simulator.close());

  const post = (path: string, body: unknown, init: RequestInit = {}): Promise<Response> =>
    fetch(simulator.url + path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...(init.headers as Record<string, string> | undefined) },
      body: JSON.stringify(body),
      ...(init.signal ? { signal: init.signal } : {}),
    });

  const json = async (response: Response): Promise<JsonObject> => (await response.json()) as JsonObject;

  /** At the keys one after the other. */
  const at = (value: JsonValue | undefined, ...keys: (string | number)[]): JsonValue | undefined =>
    keys.reduce<JsonValue | undefined>((inner, key) => (inner as JsonObject | undefined)?.[key], value);

  const str = (value: JsonValue | undefined): string => (typeof value === 'string' ? value : '');

  async function events(response: Response): Promise<SseEvent[]> {
    assert.equal(response.headers.get('content-type'), 'text/event-stream');
    const blocks = (await response.text()).split('\n\n').filter((block) => block !== '' && block !== 'data: [DONE]');
    return blocks.map((block) => {
      const event = /^event: (.*)$/m.exec(block)?.[1];
      return { event, data: JSON.parse(/^data: (.*)$/m.exec(block)?.[1] ?? '') as JsonObject };
    });
  }

  const types = (list: readonly SseEvent[]): unknown[] => list.map(({ data }) => data['type']);

  async function refused(response: Response, status: number, pattern: RegExp): Promise<void> {
    const text = await response.text();
    assert.equal(response.status, status, text);
    assert.match(text, pattern);
  }

  describe('/api/v1/chat (reference 2.6)', () => {
    const chat = (extra: object = {}): Promise<Response> =>
      post('/api/v1/chat', { model: MODEL, input: 'Hi', ...extra });

    it('answers with reasoning, message, stats and an id', async () => {
      await start();
      const answer = await json(await chat());
      assert.deepEqual(Object.keys(answer), ['model_instance_id', 'output', 'stats', 'response_id']);
      assert.equal(answer['model_instance_id'], MODEL);
      assert.deepEqual(answer['output'], [
        { type: 'reasoning', content: 'Let me see' },
        { type: 'message', content: 'Hello there' },
      ]);
      assert.deepEqual(Object.keys(answer['stats'] as JsonObject), [
        ...['input_tokens', 'total_output_tokens', 'reasoning_output_tokens', 'tokens_per_second'],
        'time_to_first_token_seconds',
      ]);
      assert.match(str(answer['response_id']), /^resp_/);
    });

    it('streams every phase of a model in memory', async () => {
      await start();
      const list = await events(await chat({ stream: true }));
      assert.ok(list.every(({ event, data }) => event === data['type']));
      const progress = Array<string>(5).fill('prompt_processing.progress');
      assert.deepEqual(types(list), [
        ...['chat.start', 'prompt_processing.start', ...progress, 'prompt_processing.end'],
        ...['reasoning.start', 'reasoning.delta', 'reasoning.delta', 'reasoning.delta', 'reasoning.end'],
        ...['message.start', 'message.delta', 'message.delta', 'message.end', 'chat.end'],
      ]);
      assert.equal(at(list.at(-1)?.data, 'result', 'output', 1, 'content'), 'Hello there');
      assert.match(str(at(list.at(-1)?.data, 'result', 'response_id')), /^resp_/);
    });

    it('tells of the load where one is needed, with the context asked for', async () => {
      const held = gate();
      await start({ beforeLoad: () => held.promise });
      const running = chat({ model: CODER, stream: true, context_length: 16_384 });
      // The headers and the start are out while the load is held.
      const response = await running;
      held.open();
      const list = await events(response);
      const load = list.filter(({ event }) => event?.startsWith('model_load'));
      assert.deepEqual([...new Set(types(load))], ['model_load.start', 'model_load.progress', 'model_load.end']);
      const told = load.flatMap(({ data }) => (typeof data['progress'] === 'number' ? [data['progress']] : []));
      assert.equal(told[0], 0);
      assert.equal(told.at(-1), 1);
      assert.deepEqual(
        told,
        told.toSorted((a, b) => a - b),
      );
      assert.equal(typeof load.at(-1)?.data['load_time_seconds'], 'number');
      assert.equal(typeof at(list.at(-1)?.data, 'result', 'stats', 'model_load_time_seconds'), 'number');
      assert.equal(simulator.models.instancesOf(CODER)[0]?.config.context_length, 16_384);
    });

    it('sends an error and chat.end when the load fails in the stream', async () => {
      await start({ models: sampleModels().map((spec) => ({ ...spec, loadFault: 'guardrail' as const })) });
      const list = await events(await chat({ model: CODER, stream: true }));
      assert.deepEqual(types(list).slice(-2), ['error', 'chat.end']);
      assert.match(str(at(list.at(-2)?.data, 'error', 'message')), /insufficient system resources/);
    });

    it('goes on from an earlier response, unless it was not stored', async () => {
      const seen: number[] = [];
      await start({ script: (request) => (seen.push(request.messages.length), { text: 'ok' }) });
      const first = await json(await chat());
      await chat({ previous_response_id: first['response_id'] });
      assert.deepEqual(seen, [1, 3]);
      assert.equal('response_id' in (await json(await chat({ store: false }))), false);
      await refused(await chat({ previous_response_id: 'resp_x' }), 400, /previous_response_not_found/);
    });

    it('refuses what it does not know, in the native form', async () => {
      await start({ script: () => ({ text: 'ok' }) });
      const missing = await json(await post('/api/v1/chat', { input: 'Hi' }));
      assert.deepEqual(missing['error'], {
        type: 'invalid_request',
        message: '"model" is required',
        param: 'model',
        code: 'missing_required_parameter',
      });
      const unknown = /"type": "invalid_request"[^]*Invalid model identifier \\"x\\"[^]*"code": "model_not_found"/;
      await refused(await chat({ model: 'x' }), 404, unknown);
      await refused(await chat({ reasoning: 'high' }), 400, /"param": "reasoning",\s+"code": "invalid_enum_value"/);
      await refused(await chat({ messages: [] }), 400, /unrecognized_keys/);
      await refused(await chat({ temperature: 2 }), 400, /"param": "temperature"/);
      await refused(await chat({ integrations: ['mcp/files'] }), 403, /Permission denied to use plugin 'mcp\/files'/);
      assert.equal((await chat({ reasoning: 'on' })).status, 200);
    });

    it('takes input items of one name only, which differs between builds', async () => {
      await start({ script: () => ({ text: 'ok' }), nativeInputPart: 'message' });
      const pattern = /Expected 'message' \| 'image'[^]*invalid_union/;
      await refused(await chat({ input: [{ type: 'text', content: 'Hi' }] }), 400, pattern);
      assert.equal((await chat({ input: [{ type: 'message', content: 'Hi' }] })).status, 200);
    });
  });

  describe('/v1/responses (reference 3.6)', () => {
    const respond = (extra: object = {}): Promise<Response> =>
      post('/v1/responses', { model: MODEL, input: 'Hi', ...extra });
    const tools = [{ type: 'function', name: 'read_file', description: 'Reads', parameters: READ_SCHEMA }];

    it('answers with the recorded keys', async () => {
      await start();
      const answer = await json(await respond());
      assert.deepEqual(Object.keys(answer), [
        ...['id', 'object', 'created_at', 'completed_at', 'status', 'incomplete_details', 'model'],
        ...['previous_response_id', 'instructions', 'output', 'error', 'tools', 'tool_choice', 'truncation'],
        ...['parallel_tool_calls', 'text', 'top_p', 'presence_penalty', 'frequency_penalty', 'top_logprobs'],
        ...['temperature', 'reasoning', 'usage', 'max_output_tokens', 'max_tool_calls', 'store', 'background'],
        ...['service_tier', 'metadata', 'safety_identifier', 'prompt_cache_key'],
      ]);
      assert.match(str(answer['id']), /^resp_[0-9a-f]{48}$/);
      assert.equal(answer['status'], 'completed');
      assert.equal(answer['top_p'], false);
      assert.equal(at(answer, 'output', 0, 'content', 0, 'text'), 'Let me see');
      assert.equal(at(answer, 'output', 1, 'content', 0, 'text'), 'Hello there');
    });

    it('streams reasoning, text and a call in the recorded order', async () => {
      await start({ script: [{ reasoning: 'Hm', text: 'I look', ...CALLS }] });
      const list = await events(await respond({ stream: true, tools }));
      assert.deepEqual(
        list.map(({ data }) => data['sequence_number']),
        list.map((_, index) => index),
      );
      assert.deepEqual(
        types(list).map((type) => String(type).replace(/^response\./, '')),
        [
          ...['created', 'in_progress'],
          ...['output_item.added', 'content_part.added', 'reasoning_text.delta', 'reasoning_text.done'],
          ...['content_part.done', 'output_item.done'],
          ...['output_item.added', 'content_part.added', 'output_text.delta', 'output_text.delta', 'output_text.done'],
          ...['content_part.done', 'output_item.done'],
          ...['output_item.added', 'function_call_arguments.done', 'output_item.done', 'completed'],
        ],
      );
      const call = list.at(-2)?.data['item'] as JsonObject;
      assert.match(str(call['call_id']), /^call_\d{16}$/);
      assert.equal(call['arguments'], '{"path":"src/a.ts"}');
      assert.deepEqual(at(list.at(-1)?.data, 'response', 'output', 2), call);
      assert.deepEqual(at(list[0]?.data, 'response', 'output'), []);
    });

    it('goes on with previous_response_id and the result of a call; the instructions hold once', async () => {
      const seen: string[][] = [];
      await start({
        script: ({ messages }, index) => {
          seen.push(messages.map(({ role, content }) => `${role}: ${content}`));
          return index === 0 ? CALLS : { text: 'Done' };
        },
      });
      const first = await json(await respond({ tools, instructions: 'Be brief' }));
      const output = {
        type: 'function_call_output',
        call_id: objectsOf(first['output'])[0]?.['call_id'],
        output: 'let a',
      };
      const second = { tools, stream: true, previous_response_id: first['id'], input: [output] };
      const list = await events(await respond(second));
      assert.equal(list.at(-1)?.event, 'response.completed');
      assert.equal(at(list.at(-1)?.data, 'response', 'previous_response_id'), first['id']);
      assert.deepEqual(seen[1], ['user: Hi', 'assistant: ', 'tool: let a']);
      // Streamed responses are remembered too.
      await respond({ previous_response_id: at(list.at(-1)?.data, 'response', 'id') });
      assert.equal(seen[2]?.length, 5);
    });

    it('forgets with store:false, and refuses an id that it does not know', async () => {
      await start();
      const { id } = await json(await respond({ store: false }));
      await refused(await respond({ previous_response_id: id }), 400, /previous_response_not_found/);
      await refused(await post('/v1/responses', { model: MODEL }), 400, /Missing required parameter: 'input'/);
    });

    it('says 500 where the prompt is too long, and incomplete where the answer is', async () => {
      await start();
      const body = {
        message: 'Engine protocol predict stream returned an error: Context size has been exceeded.',
        type: 'internal_error',
        param: null,
        code: 'unknown',
      };
      const long = await respond({ input: 'x'.repeat(200_000), stream: true });
      assert.equal(long.status, 500);
      assert.deepEqual((await json(long))['error'], body);
      const cut = await json(await respond({ max_output_tokens: 1 }));
      assert.equal(cut['status'], 'incomplete');
      assert.deepEqual(cut['incomplete_details'], { reason: 'max_output_tokens' });
    });

    it('fails in mid-stream with an error event, or ends early', async () => {
      await start({
        script: [
          { text: 'a b c', midStreamError: 'The model has crashed' },
          { text: 'a b c', cutAfter: 1 },
        ],
      });
      const crashed = await events(await respond({ stream: true }));
      assert.deepEqual(types(crashed).slice(-2), ['error', 'response.failed']);
      const cut = await events(await respond({ stream: true }));
      assert.equal(cut.at(-1)?.event, 'response.output_text.delta');
    });

    it('is not there on 0.3, and not where it is switched off', async () => {
      await start({ profile: '0.3' });
      await refused(await respond(), 200, /Unexpected endpoint or method\. \(POST \/v1\/responses\)/);
      await simulator.close();
      await start({ responses: false });
      await refused(await respond(), 200, /Unexpected endpoint or method\. \(POST \/v1\/responses\)/);
    });
  });

  describe('/v1/completions and /v1/embeddings (reference 3.5)', () => {
    const complete = (extra: object = {}): Promise<Response> =>
      post('/v1/completions', { model: MODEL, prompt: 'function add(', ...extra });

    it('completes a text, at once and as a stream', async () => {
      await start({ script: () => ({ text: 'a, b) {' }) });
      const whole = await json(await complete());
      assert.match(str(whole['id']), /^cmpl-[a-z0-9]{21}$/);
      assert.equal(whole['object'], 'text_completion');
      assert.deepEqual(objectsOf(whole['choices'])[0], {
        index: 0,
        text: 'a, b) {',
        logprobs: null,
        finish_reason: 'stop',
      });
      const list = await events(await complete({ stream: true, stream_options: { include_usage: true } }));
      const texts = list.map(({ data }) => str(at(data, 'choices', 0, 'text')));
      assert.equal(texts.join(''), 'a, b) {');
      assert.equal(at(list.at(-2)?.data, 'choices', 0, 'finish_reason'), 'stop');
      assert.equal(typeof at(list.at(-1)?.data, 'usage', 'total_tokens'), 'number');
      await refused(await complete({ prompt: undefined }), 400, /^\{"error":"'prompt' field is required"\}$/);
      await refused(await complete({ prompt: 'x'.repeat(200_000) }), 400, /n_keep: \d+>= n_ctx: 32768/);
    });

    it('embeds texts: the same vector for the same text, nearer for words in common', async () => {
      await start();
      const input = ['the red house', 'a red house', 'quarterly numbers'];
      const answer = await json(await post('/v1/embeddings', { model: EMBEDDING, input }));
      const vectors = objectsOf(answer['data']).map(({ embedding }) => embedding as number[]);
      const cosine = (a: number[], b: number[]): number => a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
      assert.ok(cosine(vectors[0]!, vectors[1]!) > cosine(vectors[0]!, vectors[2]!) + 0.2);
      assert.ok(Math.abs(cosine(vectors[0]!, vectors[0]!) - 1) < 1e-9);
      const again = await json(await post('/v1/embeddings', { model: EMBEDDING, input: 'the red house' }));
      assert.deepEqual(at(again, 'data', 0, 'embedding'), vectors[0]);
      assert.equal(simulator.models.instancesOf(EMBEDDING).length, 1);
    });

    it('does not embed with a chat model, nor chat with an embedding model', async () => {
      await start();
      await refused(await post('/v1/embeddings', { model: MODEL, input: 'x' }), 400, /is not an embedding model/);
      await refused(await post('/v1/embeddings', { model: EMBEDDING, input: [1] }), 400, /'input' field/);
      await refused(await complete({ model: EMBEDDING }), 400, /is not an LLM/);
    });
  });

  describe('/v1/messages (reference 3.7)', () => {
    const message = (extra: object = {}, init: RequestInit = {}): Promise<Response> =>
      post(
        '/v1/messages',
        { model: MODEL, max_tokens: 100, messages: [{ role: 'user', content: 'Hi' }], ...extra },
        init,
      );
    const tools = [{ name: 'read_file', description: 'Reads', input_schema: READ_SCHEMA }];

    it('answers with blocks', async () => {
      await start({ script: [{ ...THINKS, ...CALLS }] });
      const answer = await json(await message({ tools }));
      assert.match(str(answer['id']), /^msg_[a-z0-9]{21}$/);
      const blocks = objectsOf(answer['content']);
      assert.deepEqual(
        blocks.map(({ type }) => type),
        ['thinking', 'text', 'tool_use'],
      );
      assert.match(str(blocks[2]?.['id']), /^\d{9}$/);
      assert.deepEqual(blocks[2]?.['input'], { path: 'src/a.ts' });
      assert.equal(answer['stop_reason'], 'tool_use');
      assert.deepEqual(Object.keys(answer['usage'] as JsonObject), [
        ...['input_tokens', 'output_tokens', 'cache_read_input_tokens'],
      ]);
    });

    it('streams a call, with the blank text before it', async () => {
      await start({ script: [CALLS] });
      const list = await events(await message({ tools, stream: true }));
      assert.ok(list.every(({ event, data }) => event === data['type']));
      assert.deepEqual(
        [...new Set(types(list))],
        [
          ...['message_start', 'content_block_start', 'content_block_delta', 'content_block_stop'],
          ...['message_delta', 'message_stop'],
        ],
      );
      const starts = list.filter(({ event }) => event === 'content_block_start');
      assert.deepEqual(
        starts.map(({ data }) => at(data, 'content_block', 'type')),
        ['text', 'tool_use'],
      );
      const parts = list.map(({ data }) => str(at(data, 'delta', 'partial_json')));
      assert.equal(parts.join(''), '{"path":"src/a.ts"}');
      assert.equal(typeof at(list.at(-2)?.data, 'usage', 'input_tokens'), 'number');
    });

    it('takes results of tools', async () => {
      const roles: string[][] = [];
      await start({ script: (request) => (roles.push(request.messages.map(({ role }) => role)), { text: 'ok' }) });
      const messages = [
        { role: 'user', content: 'Hi' },
        { role: 'assistant', content: [{ type: 'tool_use', id: '1', name: 'read_file', input: {} }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: '1', content: [{ type: 'text', text: 'x' }] }] },
      ];
      assert.equal((await message({ messages, tools, system: 'Be brief' })).status, 200);
      assert.deepEqual(roles, [['system', 'user', 'assistant', 'tool']]);
    });

    it('refuses in the form of Anthropic, and says 500 where the prompt is too long', async () => {
      await start();
      const long = await json(await message({ messages: [{ role: 'user', content: 'x'.repeat(200_000) }] }));
      assert.equal(long['type'], 'error');
      assert.equal(at(long, 'error', 'type'), 'api_error');
      const role = message({ messages: [{ role: 'system', content: 'x' }] });
      await refused(await role, 400, /Invalid discriminator value\. Expected 'user' \| 'assistant'/);
      const thinking = message({ thinking: { type: 'adaptive' } });
      await refused(await thinking, 400, /request\.thinking\.type: [^]*'enabled' \| 'disabled'/);
      await refused(await message({ model: EMBEDDING }), 400, /"type":"error"|"type": "error"/);
    });

    it('takes the token by x-api-key, which other endpoints do not', async () => {
      const token = `sk-lm-abcdefgh:${'x'.repeat(20)}`;
      await start({ token });
      const init = { headers: { 'x-api-key': token } };
      assert.equal((await message({}, init)).status, 200);
      assert.equal((await post('/v1/completions', { model: MODEL, prompt: 'x' }, init)).status, 401);
    });
  });

  describe('chat completions with pictures and schemas (reference 3.2)', () => {
    const chat = (extra: object): Promise<Response> =>
      post('/v1/chat/completions', { model: MODEL, messages: [{ role: 'user', content: 'Hi' }], ...extra });
    const picture = (url: string) => [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is it?' },
          { type: 'image_url', image_url: { url } },
        ],
      },
    ];

    it('shows pictures to a model that sees, and counts them, but not their bytes', async () => {
      await start({ script: () => ({ text: 'A pixel' }) });
      const big = `${PIXEL.slice(0, -1)}${'A'.repeat(400_000)}`;
      const answer = await json(await chat({ model: VISION, messages: picture(big) }));
      const tokens = Number(at(answer, 'usage', 'prompt_tokens'));
      assert.ok(tokens > 256 && tokens < 400, String(tokens));
      await refused(await chat({ messages: picture(PIXEL) }), 400, /does not support images/);
      const remote = chat({ model: VISION, messages: picture('https://example.com/a.png') });
      await refused(await remote, 400, /must be a base64 encoded image/);
    });

    it('answers a schema with a sample that fits, a script as it is', async () => {
      await start({ script: demoTurn });
      const schema = {
        type: 'object',
        properties: {
          city: { type: 'string' },
          degrees: { type: 'integer', minimum: 3 },
          sky: { enum: ['blue', 'grey'] },
        },
        required: ['city', 'degrees'],
      };
      const response_format = { type: 'json_schema', json_schema: { name: 'weather', strict: true, schema } };
      const answer = await json(await chat({ response_format }));
      const value = JSON.parse(str(at(answer, 'choices', 0, 'message', 'content'))) as unknown;
      assert.deepEqual(value, { city: 'sample city', degrees: 3, sky: 'blue' });
      const text = { format: { type: 'json_schema', name: 'weather', schema } };
      const response = await json(await post('/v1/responses', { model: MODEL, input: 'Hi', text }));
      assert.deepEqual(JSON.parse(str(at(response, 'output', 1, 'content', 0, 'text'))), value);
      assert.equal((await chat({ response_format: { type: 'text' } })).status, 200);
      await refused(await chat({ response_format: { type: 'json_object' } }), 400, /must be 'json_schema' or 'text'/);
      simulator.setScript([{ text: 'not JSON' }]);
      const scripted = await json(await chat({ response_format }));
      assert.equal(at(scripted, 'choices', 0, 'message', 'content'), 'not JSON');
    });

    it('makes samples that fit any schema of the plain subset', async () => {
      await start();
      const leaf = fc.oneof(
        fc.record({ type: fc.constant('string'), minLength: fc.nat(20) }),
        fc.record({ type: fc.constant('integer'), minimum: fc.integer(), multipleOf: fc.integer({ min: 1, max: 9 }) }),
        fc.record({
          type: fc.constant('number'),
          exclusiveMinimum: fc.constant(0),
          exclusiveMaximum: fc.constant(0.1),
        }),
        fc.record({ type: fc.constant('integer'), exclusiveMinimum: fc.integer() }),
        fc.record({ enum: fc.uniqueArray(fc.string(), { minLength: 1 }) }),
        fc.record({ type: fc.constant(['null', 'string']) }),
        fc.record({ const: fc.jsonValue() }),
        fc.constant({ $ref: '#/$defs/shared' }),
      );
      const { schema } = fc.letrec<{ schema: JsonObject }>((tie) => ({
        schema: fc.oneof(
          { depthSize: 'small' },
          leaf as fc.Arbitrary<JsonObject>,
          fc.record({ type: fc.constant('array'), items: tie('schema'), minItems: fc.nat(2) }),
          fc.record({ anyOf: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }) }),
          fc
            .dictionary(fc.stringMatching(/^[a-z]{1,5}$/), tie('schema'), { maxKeys: 3 })
            .map((properties) => ({ type: 'object', properties, required: Object.keys(properties).slice(0, 1) })),
        ),
      }));
      const shared = { type: 'boolean' };
      const root = schema.map((inner): JsonObject => ({ properties: { inner }, $defs: { shared } }));
      fc.assert(
        fc.property(root, (candidate) => {
          return new Ajv({ strict: false }).validate(candidate, sampleOf(candidate));
        }),
      );
    });

    it('ends on a schema that refers to itself', async () => {
      await start();
      const schema: JsonObject = {
        $ref: '#/$defs/node',
        $defs: {
          node: {
            type: 'object',
            properties: { next: { anyOf: [{ $ref: '#/$defs/node' }, { type: 'null' }] } },
            required: ['next'],
          },
        },
      };
      assert.ok(new Ajv({ strict: false }).validate(schema, sampleOf(schema)));
    });
  });

  describe('what all of them share with chat completions', () => {
    const requests: [string, object][] = [
      ['/api/v1/chat', { model: MODEL, input: 'Hi', stream: true }],
      ['/v1/responses', { model: MODEL, input: 'Hi', stream: true }],
      ['/v1/completions', { model: MODEL, prompt: 'Hi', stream: true }],
      ['/v1/messages', { model: MODEL, messages: [{ role: 'user', content: 'Hi' }], stream: true }],
    ];

    for (const [path, body] of requests) {
      it(`${path}: ragged packets, a client that goes, a model that is unloaded, a reset`, async () => {
        const held = gate();
        await start({
          script: [
            { text: 'Größe €' },
            { text: 'a b c', hold: held.promise },
            { text: 'a b c', hold: held.promise },
            { text: 'a b c', resetSocket: true },
          ],
          ragged: { cut: 'mid-utf8', lineEnd: '\r\n' },
        });
        const whole = (await (await post(path, body)).text()).replaceAll('\r\n', '\n');
        assert.match(whole, /Größe/);
        const gone = new AbortController();
        const cancelled = await post(path, body, { signal: gone.signal });
        await simulator.waitForState(MODEL, 'generating');
        gone.abort();
        await assert.rejects(cancelled.text());
        await simulator.waitForState(MODEL, 'idle');
        const losing = await post(path, body);
        await simulator.waitForState(MODEL, 'generating');
        simulator.models.unload(MODEL);
        assert.match(await losing.text(), /Model (is )?unloaded/);
        await assert.rejects(post(path, body).then((response) => response.text()));
      });
    }

    it('reads the prompt in its time, and tells of it where there are events for it', async () => {
      const clock = new ManualClock();
      await start({ clock, promptTokensPerSecond: 1 });
      const response = await post('/api/v1/chat', { model: MODEL, input: 'Hi', stream: true });
      const reader = (response.body as ReadableStream<Uint8Array>).getReader();
      let text = '';
      const until = async (pattern: RegExp): Promise<void> => {
        while (!pattern.test(text)) {
          const { done, value } = await reader.read();
          assert.equal(done, false, text);
          text += Buffer.from(value).toString('utf8');
        }
      };
      for (const progress of ['0', '0.25', '0.5', '0.75']) {
        await until(new RegExp(`"progress":${progress}\\}`));
        assert.equal(simulator.models.stateOf(MODEL), 'processingPrompt');
        clock.advance(10_000);
      }
      await until(/chat\.end/);
    });
  });

  describe('downloads (reference 2.5)', () => {
    const offer = (fields: Partial<DownloadOffer> = {}): DownloadOffer => ({
      spec: { ...sampleModels()[1]!, key: 'new/model', displayName: 'New' },
      ...fields,
    });
    const download = (model: string): Promise<Response> => post('/api/v1/models/download', { model });
    const status = async (id: JsonValue | undefined): Promise<JsonObject> =>
      json(await fetch(`${simulator.url}/api/v1/models/download/status/${str(id)}`));

    it('moves on with every poll, and then the model is in the lists', async () => {
      await start({ downloads: [offer()], script: () => ({ text: 'ok' }) });
      const job = await json(await download('https://huggingface.co/new/model'));
      assert.deepEqual(Object.keys(job), ['job_id', 'status', 'total_size_bytes', 'started_at']);
      assert.match(str(job['job_id']), /^job_[0-9a-f]{10}$/);
      const id = job['job_id'];
      const steps = [await status(id), await status(id), await status(id)];
      assert.deepEqual(
        steps.map((step) => step['status']),
        ['downloading', 'downloading', 'completed'],
      );
      assert.ok(Number(steps[1]?.['downloaded_bytes']) > Number(steps[0]?.['downloaded_bytes']));
      assert.equal((await status(id))['status'], 'completed');
      assert.deepEqual(await json(await download('new/model')), { status: 'already_downloaded' });
      const list = await json(await fetch(`${simulator.url}/api/v1/models`));
      assert.equal(objectsOf(list['models']).filter(({ key }) => key === 'new/model').length, 1);
      const answer = await post('/v1/completions', { model: 'new/model', prompt: 'x' });
      assert.equal((await json(answer))['model'], 'new/model');
    });

    it('moves on with time', async () => {
      const clock = new ManualClock();
      await start({ downloads: [offer({ durationMs: 10_000 })], clock });
      const { job_id: id } = await json(await download('new/model'));
      clock.advance(4_000);
      const half = await status(id);
      assert.equal(half['status'], 'downloading');
      assert.equal(Date.parse(str(half['estimated_completion'])), 10_000);
      clock.advance(6_000);
      assert.equal((await status(id))['status'], 'completed');
    });

    it('can fail, and can stay paused', async () => {
      const other = offer({ outcome: 'paused', polls: 2 });
      const paused = { ...other, spec: { ...other.spec, key: 'new/other' } };
      await start({ downloads: [offer({ outcome: 'failed', polls: 2 }), paused] });
      const failing = await json(await download('new/model'));
      assert.equal((await status(failing['job_id']))['status'], 'failed');
      assert.equal(simulator.models.spec('new/model'), undefined);
      const waiting = await json(await download('new/other'));
      await status(waiting['job_id']);
      assert.equal((await status(waiting['job_id']))['status'], 'paused');
    });

    it('knows no other job and no other model', async () => {
      await start();
      assert.equal(at(await status('job_0'), 'error', 'type'), 'job_not_found');
      await refused(await download('who/knows'), 404, /model_not_found/);
      await refused(await post('/api/v1/models/download', {}), 400, /missing_required_parameter/);
      assert.deepEqual(await json(await download(MODEL)), { status: 'already_downloaded' });
    });
  });
});
