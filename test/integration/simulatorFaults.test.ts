/** Every named fault of the simulator, as its bytes reach a client. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { FAILING_FAULTS, fault, FAULT_NAMES, type FaultName } from '../simulator/faults';
import { startSimulator, type Simulator, type SimulatorOptions } from '../simulator/server';
import type { Turn } from '../simulator/turn';
import { at, chat, CHAT, textAt, type Json } from '../support/rawHttp';

/** §3.3: status and exact text. A function of the message; the shape is checked beside it. */
const REFUSED: Partial<Record<FaultName, readonly [status: number, shape: 'object' | 'string', text: string]>> = {
  E1: [
    400,
    'object',
    'Invalid model identifier "not-a-model". Please specify a valid downloaded model ' +
      '(e.g., google/gemma-4-e4b@4bit, google/gemma-4-e4b, gemma-4-e4b-it-mlx).',
  ],
  E3: [
    404,
    'object',
    'Model "default" not found. Please specify a valid model.\n\nYour models:\n\nqwen/qwen3-8b\nopenai/gpt-oss-20b',
  ],
  E4: [400, 'object', "No models loaded. Please load a model in the developer page or use the 'lms load' command."],
  E5: [400, 'object', 'Failed to load model "qwen/qwen3-8b". Error: Error loading model.'],
  'E5-guardrail': [
    400,
    'object',
    'Failed to load model "qwen/qwen3-8b". Error: Model loading was stopped due to insufficient system resources. ' +
      'Continuing to load the model would likely overload your system and cause it to freeze. If you think this is ' +
      'incorrect, you can adjust the model loading guardrails in settings.',
  ],
  E6: [
    400,
    'string',
    'Trying to keep the first 9997 tokens when context the overflows. However, the model is loaded with context length ' +
      'of only 4096 tokens, which is not enough. Try to load the model with a larger context length, or provide a shorter input',
  ],
  E7: [
    400,
    'string',
    'The number of tokens to keep from the initial prompt is greater than the context length (n_keep: 9997>= n_ctx: ' +
      '4096). Try to load the model with a larger context length, or provide a shorter input.',
  ],
  E8: [
    400,
    'string',
    'Engine protocol predict stream returned an error: ' +
      '{"code":500,"message":"Context size has been exceeded.","type":"server_error"}',
  ],
  E10: [400, 'string', 'The model has crashed without additional information. (Exit code: 18446744072635812000)'],
  E11: [400, 'string', 'Engine protocol predict request failed: fetch failed'],
  E12: [
    400,
    'string',
    'Engine protocol predict request returned 400: Failed to initialize samplers: failed to parse grammar',
  ],
  E14: [
    500,
    'string',
    'Engine protocol predict stream returned an error: {"code":500,"message":"The model produced output that does not ' +
      'match the expected peg-native format","type":"server_error"}',
  ],
  E17: [400, 'string', '[Server Error] _0x48eeaf is not iterable'],
  'unexpected-endpoint': [200, 'string', 'Unexpected endpoint or method. (POST /v1/v1/chat/completions)'],
};

describe('the named faults of the simulator', () => {
  let simulator: Simulator;
  beforeEach(async () => (simulator = await startSimulator()));
  afterEach(() => simulator.close());

  async function play(turn: Turn, options: SimulatorOptions = {}): Promise<void> {
    await simulator.close();
    simulator = await startSimulator({ script: [turn], ...options });
  }

  async function ask(turn: Turn, extra: object = {}, options: SimulatorOptions = {}): Promise<Response> {
    await play(turn, options);
    return chat(simulator, extra);
  }

  const textOf = async (turn: Turn, options: SimulatorOptions = {}): Promise<string> =>
    (await ask(turn, {}, options)).text();

  const framesOf = (text: string): Json[] =>
    text
      .split('\n')
      .filter((line) => line.startsWith('data: {'))
      .map((line) => JSON.parse(line.slice(6)) as Json);

  const deltasOf = async (turn: Turn): Promise<unknown[]> =>
    framesOf(await textOf(turn)).flatMap((frame) => (at(frame, 'choices', 0, 'delta') as object | undefined) ?? []);

  const contentOf = async (turn: Turn, key = 'content'): Promise<string> =>
    (await deltasOf(turn)).map((delta) => textAt(delta, key)).join('');

  const firstCall = async (turn: Turn): Promise<unknown> => at(await deltasOf(turn), 0, 'tool_calls', 0);

  it('has one for every row of the catalogue', () => {
    const names = new Set<string>(FAULT_NAMES);
    for (let row = 1; row <= 17; row += 1) assert.ok(names.has(`E${String(row)}`), `E${String(row)}`);
  });

  describe('refuses', () => {
    for (const [name, [status, shape, message]] of Object.entries(REFUSED)) {
      it(name, async () => {
        const response = await ask(fault(name as FaultName));
        const body = await response.json();
        assert.equal(response.status, status);
        assert.equal(shape === 'string' ? at(body, 'error') : at(body, 'error', 'message'), message);
        if (shape === 'object') {
          assert.deepEqual(Object.keys(at(body, 'error') as object), ['message', 'type', 'param', 'code']);
        }
      });
    }
  });

  it('fails each failing one, streamed or not, and ends it', async () => {
    for (const name of FAILING_FAULTS) {
      for (const stream of [true, false]) {
        const outcome = await ask(fault(name), { stream })
          .then(async (response) => ({ ok: response.ok, text: await response.text() }))
          .catch(() => undefined);
        const whole = outcome?.text.includes('[DONE]') ?? false;
        const says = outcome === undefined || outcome.text.includes('"error"') || (stream && !whole);
        assert.ok(says && !whole, `${name}, ${stream ? 'streamed' : 'plain'}: ${JSON.stringify(outcome)}`);
      }
    }
  });

  it('answers each of the others with 200 and an answer', async () => {
    for (const name of FAULT_NAMES.filter((candidate) => !FAILING_FAULTS.includes(candidate))) {
      const response = await ask(fault(name));
      assert.equal(response.status, 200, name);
      assert.match(await response.text(), /"choices"/, name);
    }
  });

  it('tells of a failure in a frame of its own, after the 200', async () => {
    const response = await ask(fault('E9'));
    assert.equal(response.status, 200);
    const message =
      'Reached context length of 32000 tokens with model (arch: gpt-oss) that does not currently support ' +
      'mid-generation context overflow. Try reloading with a larger context length or shortening the prompt/chat.';
    const frame = JSON.stringify({ error: { message }, message });
    assert.ok((await response.text()).endsWith(`\n\nevent: error\ndata: ${frame}\n\n`));
    const nothingBefore = await textOf(fault('E13'));
    assert.ok(nothingBefore.startsWith('event: error\ndata: {"error":{"message":"Error rendering prompt with jinja'));
  });

  describe('spoils tool calls:', () => {
    const cases: readonly (readonly [FaultName, object])[] = [
      ['empty-tool-id', { index: 0, id: '', type: 'function', function: { name: 'read_file', arguments: '' } }],
      ['missing-tool-id', { index: 0, type: 'function', function: { name: 'read_file', arguments: '' } }],
    ];
    for (const [name, first] of cases) {
      it(name, async () => assert.deepEqual(await firstCall(fault(name)), first));
    }

    it('numeric-tool-id and missing-index', async () => {
      const call = (await firstCall(fault('numeric-tool-id'))) as object;
      assert.equal(typeof at(call, 'id'), 'number');
      const indices = (await deltasOf(fault('missing-index'))).map((delta) => at(delta, 'tool_calls', 0, 'index'));
      assert.deepEqual(new Set(indices), new Set([undefined]));
    });

    it('repeated-empty-name', async () => {
      const deltas = await deltasOf(fault('repeated-empty-name'));
      const names = deltas.map((delta) => at(delta, 'tool_calls', 0, 'function', 'name'));
      assert.deepEqual(names.slice(0, 3), ['read_file', '', '']);
    });

    it('snake-case-name', async () => {
      const tools = [{ type: 'function', function: { name: 'files__readFile-now', parameters: { type: 'object' } } }];
      const text = await (await ask(fault('snake-case-name'), { tools })).text();
      assert.ok(text.includes('"name":"files__read_file_now"'), text);
    });

    it('cut-arguments, with finish_reason length', async () => {
      const text = await textOf(fault('cut-arguments'));
      const pieces = framesOf(text).map((frame) =>
        textAt(frame, 'choices', 0, 'delta', 'tool_calls', 0, 'function', 'arguments'),
      );
      assert.equal(pieces.join(''), '{"path":"a.');
      assert.match(text, /"finish_reason":"length"/);
    });
  });

  describe('leaks tool calls as text:', () => {
    const cases: readonly (readonly [FaultName, string])[] = [
      ['leak-tool-request', '[TOOL_REQUEST]{"name":"read_file","arguments":{"path":"a.ts"}}[END_TOOL_REQUEST]'],
      ['leak-tool-call-json', '<tool_call>\n{"name": "read_file", "arguments": {"path":"a.ts"}}\n</tool_call>'],
      [
        'leak-function-xml',
        '<tool_call>\n<function=read_file>\n<parameter=path>\na.ts\n</parameter>\n</function>\n</tool_call>',
      ],
      ['leak-bare-function-xml', '<function=read_file>\n<parameter=path>\na.ts\n</parameter>\n</function>'],
      ['leak-bare-json', '{"name": "read_file", "arguments": {"path":"a.ts"}}'],
      ['leak-hybrid', '{"function=read_file","arguments":{"path":"a.ts"}}'],
      ['leak-named-function', '<function name="read_file">{"path":"a.ts"}</function>'],
      ['leak-mistral', '[TOOL_CALLS][{"name": "read_file", "arguments": {"path":"a.ts"}}]'],
      ['leak-mistral-args', '[TOOL_CALLS]read_file[ARGS]{"path":"a.ts"}'],
      [
        'leak-channel',
        '<|channel|>commentary to=functions.read_file <|constrain|>json<|message|>{"path":"a.ts"}<|call|>',
      ],
      ['leak-bare-pythonic', '[read_file(path="a.ts")]'],
      ['leak-pythonic', '<|tool_call_start|>[read_file(path="a.ts")]<|tool_call_end|>'],
    ];
    for (const [name, expected] of cases) {
      it(name, async () => {
        const text = await textOf(fault(name));
        const content = framesOf(text).map((frame) => textAt(frame, 'choices', 0, 'delta', 'content'));
        assert.equal(content.join(''), expected);
        assert.doesNotMatch(text, /tool_calls/);
        assert.match(text, /"finish_reason":"stop"/);
      });
    }

    it('call-in-reasoning, with nothing in the content', async () => {
      const deltas = await deltasOf(fault('call-in-reasoning'));
      const reasoning = deltas.map((delta) => textAt(delta, 'reasoning_content')).join('');
      assert.match(reasoning, /^I should look\.\n\n<tool_call>\n\{"name": "read_file"/);
      assert.ok(deltas.every((delta) => at(delta, 'content') === undefined));
    });
  });

  it('leaves a broken line between whole frames', async () => {
    for (const name of ['spliced-line', 'cut-off-line'] as const) {
      const text = await textOf(fault(name));
      const lines = text.split('\n').filter((line) => line.startsWith('data: {'));
      const broken = lines.filter((line) => {
        try {
          JSON.parse(line.slice(6));
          return false;
        } catch {
          return true;
        }
      });
      assert.equal(broken.length, 1, name);
      const content = lines
        .filter((line) => !broken.includes(line))
        .map((line) => textAt(JSON.parse(line.slice(6)), 'choices', 0, 'delta', 'content'));
      assert.equal(content.join(''), 'Let me have a look at this.');
    }
  });

  it('counts nothing, or says nothing of what it counted', async () => {
    const zero = framesOf(await textOf(fault('zero-usage'))).at(-1);
    assert.deepEqual(zero?.['usage'], {
      prompt_tokens: 0,
      completion_tokens: 0,
      total_tokens: 0,
      completion_tokens_details: { reasoning_tokens: 0 },
    });
    assert.doesNotMatch(await textOf(fault('no-usage')), /"usage"/);
  });

  it('ends without [DONE], or without finish_reason', async () => {
    const noDone = await textOf(fault('no-done'));
    assert.match(noDone, /"finish_reason":"stop"/);
    assert.doesNotMatch(noDone, /DONE/);
    const noFinish = await textOf(fault('no-finish-reason'));
    assert.doesNotMatch(noFinish, /"finish_reason":"/);
    assert.ok(noFinish.endsWith('data: [DONE]\n\n'));
  });

  describe('cuts the bytes', () => {
    /** The pieces in which the body was sent: a chunk of HTTP each, which neither the network nor a buffer can join. */
    async function packets(turn: Turn): Promise<Buffer[]> {
      await play(turn);
      const chunks: Buffer[] = [];
      const asking = request(`${simulator.url}/v1/chat/completions`, { method: 'POST' });
      asking.end(JSON.stringify(CHAT));
      const [response] = (await once(asking, 'response')) as [IncomingMessage];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      await once(response, 'end');
      return chunks;
    }

    it('at every byte', async () => {
      const chunks = await packets(fault('every-byte'));
      assert.ok(chunks.every(({ length }) => length === 1));
      assert.equal(await contentOf(fault('every-byte')), 'Grüße, 世界 🌍');
    });

    it('in the middle of a character', async () => {
      const chunks = await packets(fault('mid-utf8'));
      const whole = Buffer.concat(chunks).toString('utf8');
      assert.match(whole, /Grüße, [^]*世界/);
      assert.notEqual(chunks.map((chunk) => chunk.toString('utf8')).join(''), whole);
    });

    it('after many frames', async () => {
      const chunks = await packets(fault('joined-frames'));
      assert.equal(chunks.length, 1);
      assert.ok(chunks[0]!.toString('utf8').endsWith('data: [DONE]\n\n'));
    });

    it('as the simulator is set, for every turn that does not say', async () => {
      const text = await textOf({ text: 'Hello' }, { ragged: { lineEnd: '\r\n', comments: true } });
      assert.match(text, /^: keep-alive\r\n\r\ndata: \{[^\n]*\}\r\n\r\n: keep-alive/);
      assert.doesNotMatch(text, /[^\r]\n/);
    });

    it('without the last blank line', async () => {
      assert.ok((await textOf(fault('no-final-blank-line'))).endsWith('}\n\ndata: [DONE]'));
    });
  });
});
