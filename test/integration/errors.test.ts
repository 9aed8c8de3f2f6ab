/** Every row of the error catalogue (reference 3.3, 1.7), in every shape that it comes in, over HTTP. Table: docs/errors.md. */
import assert from 'node:assert/strict';
import type { ChatEvent, ChatRequest } from '../../src/agent/types';
import { systemClock } from '../../src/base/clock';
import type { BridgeError } from '../../src/base/errors';
import {
  ContextOverflowError,
  type ErrorCode,
  InsufficientMemoryError,
  isBridgeError,
  LLMClientError,
  LLMConnectionError,
  ModelNotFoundError,
  ModelValidationError,
} from '../../src/base/errors';
import { createFetch } from '../../src/base/http';
import { chooseModel, isAnswerOf } from '../../src/llm/lmstudio/selection';
import { createChatModel } from '../../src/llm/wire/openaiChat';
import { fault } from '../simulator/faults';
import type { JsonValue } from '../simulator/json';
import { type ModelSpec, sampleModels } from '../simulator/models';
import { type Simulator, type SimulatorOptions, startSimulator } from '../simulator/server';
import type { Turn } from '../simulator/turn';
import { modelServer } from '../support/lmstudio';
import { ManualClock } from '../support/manualClock';
import { model as modelOf } from '../support/models';
import { chatModel, eventsOf, joined, wireTo } from '../support/requests';

const QWEN = 'qwen/qwen3-8b';
const TOKEN = 'sk-lm-AbCd1234:ABCDEFGHIJKLMNOPQRST';
const signal = new AbortController().signal;
const ASK: ChatRequest = { messages: [{ role: 'user', content: 'Hi' }], tools: [] };
const UNLOADED = sampleModels().map((spec) => {
  const onDisk: { -readonly [Key in keyof ModelSpec]: ModelSpec[Key] } = { ...spec };
  delete onDisk.loadedContext;
  return onDisk;
});

const E6 =
  'Trying to keep the first 5000 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens, which is not enough. Try to load the model with a larger context length, or provide a shorter input';
const E7 =
  'The number of tokens to keep from the initial prompt is greater than the context length (n_keep: 9997>= n_ctx: 4096). Try to load the model with a larger context length, or provide a shorter input.';
const E8 =
  'Engine protocol predict stream returned an error: {"code":500,"message":"Context size has been exceeded.","type":"server_error"}';
const E8_LLAMA =
  'Engine protocol predict stream returned an error: {"error":{"code":400,"message":"request (24071 tokens) exceeds the available context size (8192 tokens), try increasing it","type":"exceed_context_size_error","n_prompt_tokens":24071,"n_ctx":8192}}';
const E9 =
  'Reached context length of 32000 tokens with model (arch: gpt-oss) that does not currently support mid-generation context overflow. Try reloading with a larger context length or shortening the prompt/chat.';
const CRASH = 'The model has crashed without additional information. (Exit code: 11)';
const GUARDRAIL =
  'Failed to load model "x/y". Error: Model loading was stopped due to insufficient system resources. Under the current settings, this model requires approximately 117.19 GB of memory, and continuing to load it would likely overload your system and cause it to freeze. If you think this is incorrect, you can adjust the model loading guardrails in settings.';
const object = (message: string, code: string | null = null): JsonValue => ({
  error: { message, type: 'invalid_request_error', param: 'model', code },
});

/** One of the catalogue's texts; sent as an answer and as a frame inside a stream. */
interface Case {
  readonly row: string;
  readonly status: number;
  readonly body: JsonValue;
  readonly code: ErrorCode;
  /** What the hint must be about, where the case has one of its own. */
  readonly hint?: RegExp;
  readonly type?: new (...args: never[]) => BridgeError;
  readonly check?: (error: BridgeError) => void;
}

const tokens = (requestTokens: number | null, contextLength: number | null) => (error: BridgeError) => {
  assert.ok(error instanceof ContextOverflowError);
  assert.deepEqual([error.requestTokens, error.contextLength], [requestTokens, contextLength]);
};

const CASES: readonly Case[] = [
  {
    row: 'E1 an unknown model',
    status: 400,
    body: object(
      'Invalid model identifier "not-a-model". Please specify a valid downloaded model (e.g., google/gemma-4-e4b@4bit, google/gemma-4-e4b, gemma-4-e4b-it-mlx).',
      'model_not_found',
    ),
    code: 'model-not-found',
    type: ModelNotFoundError,
    check: (error) => {
      assert.ok(error instanceof ModelNotFoundError);
      assert.deepEqual(
        [error.modelName, error.availableModels],
        ['not-a-model', ['google/gemma-4-e4b@4bit', 'google/gemma-4-e4b', 'gemma-4-e4b-it-mlx']],
      );
    },
  },
  {
    row: 'E3 an unknown model beside several loaded ones',
    status: 404,
    body: object(
      'Model "qwen3" not found. Please specify a valid model.\n\nYour models:\n\nqwen/qwen3-8b\nopenai/gpt-oss-20b',
      'model_not_found',
    ),
    code: 'model-not-found',
    type: ModelNotFoundError,
    check: (error) => {
      assert.ok(error instanceof ModelNotFoundError);
      assert.deepEqual(
        [error.modelName, error.availableModels, error.suggestions],
        ['qwen3', ['qwen/qwen3-8b', 'openai/gpt-oss-20b'], ['qwen/qwen3-8b']],
      );
    },
  },
  {
    row: 'E4 nothing loaded',
    status: 400,
    body: object("No models loaded. Please load a model in the developer page or use the 'lms load' command."),
    code: 'no-model',
    type: ModelValidationError,
  },
  {
    row: 'E4 nothing loaded, older status and words',
    status: 404,
    body: object('No models loaded. Please load a model in the developer page.'),
    code: 'no-model',
  },
  {
    row: 'E5 a load that fails',
    status: 400,
    body: object('Failed to load model "x/y". Error: Error loading model. (Exit code: 11)'),
    code: 'model-load-failed',
    type: ModelValidationError,
  },
  {
    row: 'E5 the guardrail, with the gigabytes',
    status: 400,
    body: object(GUARDRAIL),
    code: 'insufficient-memory',
    type: InsufficientMemoryError,
    hint: /guardrails|smaller/,
    check: (error) => {
      assert.ok(error instanceof InsufficientMemoryError);
      assert.equal(error.requiredGigabytes, 117.19);
      assert.match(error.message, /needs about 117\.2 GB/);
    },
  },
  {
    row: 'E5 the guardrail, without them',
    status: 400,
    body: object(
      'Failed to load model "x/y". Error: Model loading was stopped due to insufficient system resources. Continuing to load the model would likely overload your system and cause it to freeze.',
    ),
    code: 'insufficient-memory',
    check: (error) => {
      assert.ok(error instanceof InsufficientMemoryError);
      assert.equal(error.requiredGigabytes, null);
    },
  },
  {
    row: 'E6 overflow of 0.3',
    status: 400,
    body: { error: E6 },
    code: 'context-overflow',
    hint: /more than 5000 tokens/,
    check: tokens(5000, 4096),
  },
  {
    row: 'E7 overflow of 0.4',
    status: 400,
    body: { error: E7 },
    code: 'context-overflow',
    hint: /more than 9997 tokens/,
    check: tokens(9997, 4096),
  },
  {
    row: 'E7 overflow without the numbers',
    status: 400,
    body: { error: E7.replace(/ \(.*\)/, '') },
    code: 'context-overflow',
    hint: /larger context/,
    check: tokens(null, null),
  },
  {
    row: 'an overflow in other words',
    status: 400,
    body: { error: 'The prompt is too long: the context length only supports 2048 tokens.' },
    code: 'context-overflow',
    check: tokens(null, 2048),
  },
  {
    row: 'E8 overflow of the engine protocol',
    status: 400,
    body: { error: E8 },
    code: 'context-overflow',
    check: (error) => {
      tokens(null, null)(error);
      assert.match(error.message, /error: Context size has been exceeded\.$/, 'the nested error without its JSON');
    },
  },
  {
    row: 'E8 overflow with an error of llama-server inside',
    status: 400,
    body: { error: E8_LLAMA },
    code: 'context-overflow',
    check: tokens(24071, 8192),
  },
  {
    row: 'E9 a context full while generating',
    status: 200,
    body: object(E9),
    code: 'context-overflow',
    check: tokens(null, 32000),
  },
  {
    row: 'E10 a crash',
    status: 400,
    body: { error: 'The model has crashed without additional information. (Exit code: 18446744072635812000)' },
    code: 'engine-crashed',
    type: LLMClientError,
  },
  {
    row: 'E10 a crash without a number',
    status: 400,
    body: { error: CRASH.replace('11', 'null') },
    code: 'engine-crashed',
  },
  {
    row: 'E11 a lost engine',
    status: 400,
    body: { error: 'Engine protocol predict request failed: fetch failed' },
    code: 'engine-crashed',
  },
  {
    row: 'E12 a tool schema',
    status: 400,
    body: {
      error: 'Engine protocol predict request returned 400: Failed to initialize samplers: failed to parse grammar',
    },
    code: 'bad-response',
    hint: /tool's schema has features the server's grammar cannot express/,
  },
  {
    row: 'E13 the chat template',
    status: 400,
    body: { error: 'Error rendering prompt with jinja template: Cannot apply filter "string" to type: NullValue' },
    code: 'bad-response',
    hint: /chat template/,
  },
  {
    row: 'E14 the output parser',
    status: 500,
    body: { error: 'The model produced output that does not match the expected peg-native format' },
    code: 'bad-response',
    hint: /could not read/,
  },
  { row: 'E15 unloaded', status: 400, body: { error: 'Model is unloaded.' }, code: 'model-unloaded' },
  { row: 'E15 unloaded, shorter', status: 400, body: { error: 'Model unloaded.' }, code: 'model-unloaded' },
  { row: 'E15 the channel', status: 400, body: { error: 'Channel Error' }, code: 'model-unloaded' },
  {
    row: 'E16 the queue',
    status: 400,
    body: { error: 'Request timed out after 120 s in the queue' },
    code: 'rate-limited',
    hint: /waited too long/,
  },
  {
    row: 'E17 nonsense of old builds',
    status: 400,
    body: { error: '[Server Error] _0x48eeaf is not iterable' },
    code: 'bad-response',
    hint: /Update LM Studio/,
  },
  {
    row: 'E17 nonsense of old builds, an object',
    status: 400,
    body: { error: '[Server Error] [object Object]' },
    code: 'bad-response',
    hint: /Update LM Studio/,
  },
  {
    row: 'a conversation that it does not take',
    status: 400,
    body: { error: "Invalid 'messages' in payload. Please check the structure of your 'messages' and try again" },
    code: 'bad-response',
    hint: /report/,
  },
  {
    row: 'an unknown route',
    status: 200,
    body: { error: 'Unexpected endpoint or method. (POST /v1/chat/completions)' },
    code: 'wrong-server',
    type: LLMConnectionError,
  },
  { row: 'too many requests', status: 429, body: { error: 'Slow down' }, code: 'rate-limited' },
  { row: 'an error without a text', status: 500, body: {}, code: 'bad-response' },
];

describe('the error catalogue', () => {
  const closing: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  async function simulate(options: SimulatorOptions): Promise<Simulator> {
    const simulator = await startSimulator(options);
    closing.push(() => simulator.close());
    return simulator;
  }

  async function chat(
    url: string,
    {
      model = QWEN,
      token = undefined as string | undefined,
      seen = [] as ChatEvent[],
      content = 'Hi',
      stop = signal,
    } = {},
  ) {
    const options = { address: { root: url, token }, clock: systemClock, fetch: createFetch(systemClock) };
    const from = createChatModel({ ...options, model, isExpected: () => true });
    const request: ChatRequest = { ...ASK, messages: [{ role: 'user', content }] };
    for await (const event of from.stream(request, stop)) seen.push(event);
  }

  async function failureOf(work: Promise<unknown>): Promise<BridgeError> {
    const error: unknown = await work.then(
      () => assert.fail('it should have failed'),
      (reason: unknown) => reason,
    );
    assert.ok(isBridgeError(error), String(error));
    assert.notEqual(error.code, 'internal');
    assert.ok(error.hint, 'every failure says what to do');
    return error;
  }

  function verify(error: BridgeError, { row, code, hint, type, check }: Case): void {
    assert.equal(error.code, code, `${row}: ${error.message}`);
    if (type) assert.equal(error.constructor, type, row);
    if (hint) assert.match(error.hint ?? '', hint, row);
    check?.(error);
  }

  for (const entry of CASES) {
    it(`${entry.row}: ${entry.code}`, async () => {
      const { url, requests } = await simulate({ script: [{ error: { status: entry.status, body: entry.body } }] });
      const error = await failureOf(chat(url));
      verify(error, entry);
      assert.ok(error instanceof LLMClientError);
      assert.equal(error.status, entry.status);
      assert.equal(requests.length, 1);
    });
  }

  for (const entry of CASES.filter(({ status, row }) => status !== 429 && row !== 'an error without a text')) {
    it(`${entry.row}, as a frame after a 200 and some output: ${entry.code}`, async () => {
      const said = JSON.parse(JSON.stringify(entry.body)) as { error: string | { message: string } };
      const message = typeof said.error === 'string' ? said.error : said.error.message;
      const { url } = await simulate({ script: [{ text: 'Hel', midStreamError: message }] });
      const seen: ChatEvent[] = [];
      const error = await failureOf(chat(url, { seen }));
      verify(error, entry);
      assert.ok(error instanceof LLMClientError);
      assert.equal(error.status, 200);
      assert.deepEqual(seen, [{ type: 'text', text: 'Hel' }]);
    });
  }

  it('an early end and a broken connection: stream-interrupted', async () => {
    const turns: readonly Turn[] = [
      { text: 'Hel lo', cutAfter: 1 },
      { text: 'Hel lo', cutAfter: 0 },
      { text: 'Hel', resetSocket: true },
      { resetSocket: true },
    ];
    for (const turn of turns) {
      const { url } = await simulate({ script: [turn] });
      assert.equal((await failureOf(chat(url))).code, 'stream-interrupted');
    }
  });

  it('E13 after a 200 and no output at all: the same as a refusal', async () => {
    const { url } = await simulate({ script: [fault('E13')] });
    const seen: ChatEvent[] = [];
    const error = await failureOf(chat(url, { seen }));
    assert.deepEqual([error.code, seen], ['bad-response', []]);
    assert.match(error.hint ?? '', /chat template/);
  });

  describe('by the state of the server', () => {
    it('E2 another model answers for the one that was asked for: a warning, once, and no error', async () => {
      const { url } = await simulate({ script: () => ({ text: 'ok' }) });
      const asked = chooseModel([modelOf('not/it')], 'not/it');
      const from = chatModel(wireTo(url), asked.id, { isExpected: (answered) => isAnswerOf(asked, answered) });
      const warnings = (await eventsOf(from.stream(ASK, signal))).flatMap((event) =>
        event.type === 'warning' ? [event] : [],
      );
      assert.deepEqual(
        warnings.map(({ code, message }) => [code, message.includes(QWEN) && message.includes('not/it')]),
        [['model-substituted', true]],
      );
      const again = await eventsOf(from.stream(ASK, signal));
      assert.deepEqual([joined(again, 'text'), again.filter(({ type }) => type === 'warning')], ['ok', []]);
    });

    it('E3 an unknown model beside two that are loaded, without just-in-time loading', async () => {
      const models = sampleModels().map((spec) => (spec.type === 'llm' ? { ...spec, loadedContext: 4_096 } : spec));
      const { url } = await simulate({ models, jit: false });
      const error = await failureOf(chat(url, { model: 'default' }));
      assert.ok(error instanceof ModelNotFoundError && error.modelName === 'default');
      assert.ok(error.availableModels.includes(QWEN), String(error.availableModels));
    });

    for (const [row, profile] of [
      ['E6', '0.3'],
      ['E7', '0.4'],
      ['E8', '0.4.2x'],
    ] as const) {
      it(`${row} a prompt beyond the context, as ${profile} says it`, async () => {
        const { url } = await simulate({ profile });
        const error = await failureOf(chat(url, { content: 'word '.repeat(60_000) }));
        assert.ok(error instanceof ContextOverflowError, error.message);
        if (row !== 'E8') assert.deepEqual([error.contextLength, (error.requestTokens ?? 0) > 32_768], [32_768, true]);
      });
    }

    it('E16 a request that waits two minutes for its turn', async () => {
      const clock = new ManualClock();
      const never = new Promise<never>(() => undefined);
      const simulator = await simulate({ clock, script: () => ({ holdHeaders: never }) });
      const gpt = 'openai/gpt-oss-20b';
      await simulator.models.load(simulator.models.spec(gpt) ?? assert.fail(), { parallel: 1 });
      const controller = new AbortController();
      const first = assert.rejects(chat(simulator.url, { model: gpt, stop: controller.signal }));
      await simulator.models.waitFor((host) => host.instancesOf(gpt)[0]?.queued === 1);
      const second = failureOf(chat(simulator.url, { model: gpt }));
      await simulator.models.waitFor((host) => host.instancesOf(gpt)[0]?.queued === 2);
      clock.advance(120_000);
      const error = await second;
      assert.equal(error.code, 'rate-limited');
      assert.match(error.hint ?? '', /waited too long/);
      controller.abort();
      await first;
    });
  });

  it('a model that bears the name of a failure: model-not-found', async () => {
    for (const model of ['n_ctx', 'guardrail', 'rate-limit-7b', 'queue', 'jinja', 'Exit code', 'No models loaded']) {
      const { url } = await simulate({ models: UNLOADED });
      const error = await failureOf(chat(url, { model }));
      assert.ok(error instanceof ModelNotFoundError, `${model}: ${error.code}`);
      assert.equal(error.modelName, model);
    }
  });

  describe('a token: auth-required', () => {
    it('that is missing, malformed or unknown, each with its own advice and none of its letters', async () => {
      const { url, requests } = await simulate({ token: TOKEN });
      const cases: readonly (readonly [string | undefined, RegExp])[] = [
        [undefined, /^Create an API token/],
        ['lm-studio-secret', /not one of this server/],
        [`${TOKEN.slice(0, -1)}x`, /not one of this server/],
      ];
      for (const [token, hint] of cases) {
        for (const ask of [() => chat(url, { token }), () => modelServer(url, token).listModels(signal)]) {
          const error = await failureOf(ask());
          assert.equal(error.code, 'auth-required');
          assert.match(error.hint ?? '', hint);
          if (token !== undefined) assert.ok(!error.message.includes(token.slice(0, 10)), error.message);
        }
      }
      assert.equal(requests.length, 6, 'asked once each: no other endpoint, no repeat');
    });

    it('that lacks a permission', async () => {
      const forbiddenPaths = ['/v1/chat/completions', '/api/v1/models', '/api/v1/models/load'];
      const { url, requests } = await simulate({ token: TOKEN, forbiddenPaths });
      const server = modelServer(url, TOKEN);
      const asks = [
        () => chat(url, { token: TOKEN }),
        () => server.listModels(signal),
        () => server.load(QWEN, {}, signal),
      ];
      for (const ask of asks) {
        const error = await failureOf(ask());
        assert.equal(error.code, 'auth-required');
        assert.match(error.hint ?? '', /lacks a permission/);
      }
      assert.equal(requests.length, 3, 'no other endpoint, no repeat');
    });
  });

  it('the same texts from a load over REST', async () => {
    const faulty = (loadFault: 'failed' | 'guardrail') =>
      simulate({ models: UNLOADED.map((spec) => ({ ...spec, loadFault })) });
    const load = async (fault: 'failed' | 'guardrail', key = QWEN) =>
      failureOf(modelServer((await faulty(fault)).url).load(key, {}, signal));
    assert.equal((await load('failed')).code, 'model-load-failed');
    assert.ok((await load('guardrail')) instanceof InsufficientMemoryError);
    const missing = await load('failed', 'no/such');
    assert.ok(missing instanceof ModelNotFoundError);
    assert.equal(missing.modelName, 'no/such');
  });
});
