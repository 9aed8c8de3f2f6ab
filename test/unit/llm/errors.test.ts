import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  BridgeError,
  ContextOverflowError,
  type ErrorCode,
  InsufficientMemoryError,
  LLMClientError,
  LLMConnectionError,
  LLMTimeoutError,
  ModelValidationError,
} from '../../../src/base/errors';
import { classifyAnswer, classifyFailure, errorText, serverError } from '../../../src/llm/errors';

const WHERE = 'http://127.0.0.1:1234';
const object = (message: string, code: string | null = null, type = 'invalid_request_error') => ({
  error: { message, type, param: 'model', code },
});
const codeOf = (status: number, body: unknown): ErrorCode =>
  classifyAnswer(status, typeof body === 'string' ? body : JSON.stringify(body), WHERE).code;

const GUARDRAIL =
  'Model loading was stopped due to insufficient system resources. Continuing to load the model would likely overload your system and cause it to freeze. If you think this is incorrect, you can adjust the model loading guardrails in settings.';
const OVERFLOW_03 =
  'Trying to keep the first 5000 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens, which is not enough. Try to load the model with a larger context length, or provide a shorter input';
const OVERFLOW_04 =
  'The number of tokens to keep from the initial prompt is greater than the context length (n_keep: 9997>= n_ctx: 4096). Try to load the model with a larger context length, or provide a shorter input.';
const OVERFLOW_ENGINE =
  'Engine protocol predict stream returned an error: {"code":500,"message":"Context size has been exceeded.","type":"server_error"}';
const LLAMA_SERVER =
  'Engine protocol predict stream returned an error: {"error":{"code":400,"message":"request (24071 tokens) exceeds the available context size (8192 tokens), try increasing it","type":"exceed_context_size_error","n_prompt_tokens":24071,"n_ctx":8192}}';
const CRASH = 'The model has crashed without additional information. (Exit code: 18446744072635812000)';

describe('what a server says becomes an error with a code', () => {
  const catalogue: readonly (readonly [string, number, unknown, ErrorCode])[] = [
    [
      'E1 unknown model',
      400,
      object(
        'Invalid model identifier "not-a-model". Please specify a valid downloaded model (e.g., google/gemma-4-e4b@4bit, google/gemma-4-e4b, gemma-4-e4b-it-mlx).',
        'model_not_found',
      ),
      'model-not-found',
    ],
    [
      'E3 unknown model, several loaded',
      404,
      object('Model "default" not found. Please specify a valid model.\n\nYour models:\n\na\nb', 'model_not_found'),
      'model-not-found',
    ],
    [
      'E4 none loaded',
      400,
      object("No models loaded. Please load a model in the developer page or use the 'lms load' command."),
      'no-model',
    ],
    ['E5 load fails', 400, object('Failed to load model "x". Error: Error loading model.'), 'model-load-failed'],
    [
      'E5 load fails with an exit code',
      400,
      object('Failed to load model "x". Error: Error loading model. (Exit code: 11)'),
      'model-load-failed',
    ],
    ['E5 guardrail', 400, object(`Failed to load model "x". Error: ${GUARDRAIL}`), 'insufficient-memory'],
    ['E6 overflow, 0.3', 400, { error: OVERFLOW_03 }, 'context-overflow'],
    ['E7 overflow, 0.4', 400, { error: OVERFLOW_04 }, 'context-overflow'],
    ['E7 overflow without the parenthesis', 400, { error: OVERFLOW_04.replace(/ \(.*\)/, '') }, 'context-overflow'],
    ['E8 overflow, engine protocol', 400, { error: OVERFLOW_ENGINE }, 'context-overflow'],
    ['E8 overflow, llama-server inside', 400, { error: LLAMA_SERVER }, 'context-overflow'],
    [
      'E9 full while generating',
      200,
      {
        error: {
          message:
            'Reached context length of 32000 tokens with model (arch: gpt-oss) that does not currently support mid-generation context overflow. Try reloading with a larger context length or shortening the prompt/chat.',
        },
      },
      'context-overflow',
    ],
    ['E10 crash', 400, { error: CRASH }, 'engine-crashed'],
    ['E10 crash in a stream', 200, { error: { message: CRASH }, message: CRASH }, 'engine-crashed'],
    ['E11 engine socket', 400, { error: 'Engine protocol predict request failed: fetch failed' }, 'engine-crashed'],
    [
      'E12 grammar',
      400,
      { error: 'Engine protocol predict request returned 400: Failed to initialize samplers: failed to parse grammar' },
      'bad-response',
    ],
    ['E13 template', 400, { error: 'Error rendering prompt with jinja template: Cannot apply filter' }, 'bad-response'],
    ['E14 parser', 500, { error: 'The model produced output that the peg-native parser cannot read' }, 'bad-response'],
    ['E15 unloaded', 200, { error: { message: 'Model is unloaded.' } }, 'model-unloaded'],
    ['E15 unloaded, short', 200, { error: { message: 'Model unloaded.' } }, 'model-unloaded'],
    ['E15 channel', 200, { error: 'Channel Error' }, 'model-unloaded'],
    ['E16 queue', 400, { error: 'Request was in the queue for too long' }, 'rate-limited'],
    ['E17 old builds', 400, { error: '[Server Error] _0x48eeaf is not iterable' }, 'bad-response'],
    ['E17 old builds, object', 400, { error: '[Server Error] [object Object]' }, 'bad-response'],
    ['an unknown route', 200, { error: 'Unexpected endpoint or method. (GET /foo)' }, 'wrong-server'],
    [
      'no token',
      401,
      {
        error: {
          type: 'invalid_request',
          code: 'invalid_api_key',
          message: 'An LM Studio API token is required to make requests to this server',
        },
      },
      'auth-required',
    ],
    ['a refusal without words', 403, '', 'auth-required'],
    [
      'a REST load that fails',
      500,
      { error: { type: 'model_load_failed', code: 'model_load_failed', message: 'Error' } },
      'model-load-failed',
    ],
    [
      'a REST load of an unknown key',
      404,
      { error: { type: 'model_not_found', message: 'Model X not found in downloaded models' } },
      'model-not-found',
    ],
    ['too many requests', 429, 'slow down', 'rate-limited'],
    ['nothing at all', 500, '', 'bad-response'],
  ];
  for (const [what, status, body, expected] of catalogue) {
    it(`${what}: ${expected}`, () => {
      assert.equal(codeOf(status, body), expected);
    });
  }

  it('with a hint for every code that can come of it, and the class that belongs to it', () => {
    for (const code of new Set(catalogue.map(([, , , expected]) => expected)))
      assert.ok(serverError(code, 'x').hint, code);
    assert.ok(serverError('wrong-server', '') instanceof LLMConnectionError);
    assert.ok(serverError('server-timeout', '') instanceof LLMTimeoutError);
    assert.ok(serverError('insufficient-memory', '') instanceof ModelValidationError);
  });

  it('with the numbers of an overflow in each of its forms', () => {
    const numbers = (said: string) => {
      const error = classifyAnswer(400, JSON.stringify({ error: said }), WHERE);
      assert.ok(error instanceof ContextOverflowError);
      return [error.requestTokens, error.contextLength];
    };
    assert.deepEqual(numbers(OVERFLOW_03), [5000, 4096]);
    assert.deepEqual(numbers(OVERFLOW_04), [9997, 4096]);
    assert.deepEqual(numbers(OVERFLOW_ENGINE), [null, null]);
    assert.deepEqual(numbers(LLAMA_SERVER), [24071, 8192]);
    assert.deepEqual(numbers(LLAMA_SERVER.replace(/request[^,]*, /, '')), [24071, 8192], 'from the fields alone');
    assert.deepEqual(numbers('Too long: the context length only supports 2048 tokens'), [null, 2048]);
  });

  it('with the gigabytes of a refused load', () => {
    const more = GUARDRAIL.replace('Continuing', 'This model requires approximately 9.5 GB of memory, and continuing');
    for (const [said, expected] of [
      [GUARDRAIL, null],
      [more, 9.5],
    ] as const) {
      const error = classifyAnswer(500, JSON.stringify(object(said, 'model_load_failed')), WHERE);
      assert.ok(error instanceof InsufficientMemoryError);
      assert.equal(error.requiredGigabytes, expected);
      assert.equal(error.message.includes('9.5 GB'), expected !== null);
    }
  });

  it('with the status, and the wait that was asked for', () => {
    const error = classifyAnswer(429, '{"error":"Slow down"}', WHERE, 7_000);
    assert.ok(error instanceof LLMClientError);
    assert.deepEqual([error.status, error.retryAfterMs], [429, 7_000]);
  });

  it('whatever the server says: never anything that is not classified', () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 599 }), fc.oneof(fc.json(), fc.string()), (status, body) => {
        for (const text of [body, JSON.stringify({ error: body }), JSON.stringify({ error: { message: body } })]) {
          const error = classifyAnswer(status, text, WHERE);
          assert.ok(error.hint && error.message && error.code !== 'internal');
        }
      }),
    );
  });

  it('quoting what was said, without its secrets', () => {
    const said = 'Malformed LM Studio API token provided: sk-bogus-E************** Ensure you are using a valid token.';
    const error = classifyAnswer(401, JSON.stringify(object(said, 'invalid_api_key')), WHERE);
    assert.match(error.message, /Malformed LM Studio API token provided: \[redacted\]/);
    assert.doesNotMatch(error.message, /bogus/);
  });

  it('quoting a page of HTML as a short text', () => {
    const page = `<html><head><style>p{}</style><title>404</title></head><body><p>Not <b>found</b></p>${'x '.repeat(500)}</body></html>`;
    const { message } = classifyAnswer(404, page, WHERE);
    assert.match(message, /404 Not found/);
    assert.doesNotMatch(message, /[<{]/);
    assert.ok(message.length < 300);
  });

  it('finding the text in every shape', () => {
    assert.equal(errorText({ error: 'plain' }), 'plain');
    assert.equal(errorText({ error: { message: 'a', code: null, type: 't' } }), 'a · t');
    assert.equal(errorText({ error: { message: 'a', code: 'c', type: 't' } }), 'a · c');
    assert.equal(errorText({ error: { status: 1 } }), '{"status":1}');
    for (const body of [{}, [], null, 'text', { error: null }, { message: 'a' }])
      assert.equal(errorText(body), undefined);
  });
});

describe('what the network says becomes an error with a code', () => {
  const signal = new AbortController().signal;
  const failure = (code: string): Error =>
    new TypeError('fetch failed', { cause: Object.assign(new Error(`at ${code}`), { code }) });

  const catalogue: Readonly<Record<string, ErrorCode>> = {
    ECONNREFUSED: 'server-unreachable',
    ENOTFOUND: 'server-unreachable',
    EHOSTUNREACH: 'server-unreachable',
    ETIMEDOUT: 'server-unreachable',
    HPE_INVALID_CONSTANT: 'wrong-server',
    EPROTO: 'wrong-server',
    ERR_SSL_WRONG_VERSION_NUMBER: 'wrong-server',
    DEPTH_ZERO_SELF_SIGNED_CERT: 'wrong-server',
    UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'wrong-server',
    ECONNRESET: 'stream-interrupted',
  };
  for (const [code, expected] of Object.entries(catalogue)) {
    it(`${code}: ${expected}`, () => {
      const error = classifyFailure(failure(code), WHERE, signal);
      assert.equal(error.code, expected);
      assert.ok(error.hint);
      assert.match(error.message, /127\.0\.0\.1:1234/);
    });
  }

  it('unless we ended it ourselves: then it is our reason', () => {
    const reason = new BridgeError('limit-time', 'Too late.');
    assert.equal(classifyFailure(failure('ECONNRESET'), WHERE, AbortSignal.abort(reason)), reason);
  });

  it('keeps one of ours from anywhere in the chain, and gives it the hint that it lacks', () => {
    const own = new LLMConnectionError('server-unreachable', 'did not accept');
    const error = classifyFailure(new Error('outer', { cause: own }), WHERE, signal);
    assert.equal(error.code, 'server-unreachable');
    assert.equal(error.message, 'did not accept');
    assert.ok(error.hint);
  });
});
