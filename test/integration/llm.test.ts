/** Our client against the LM Studio simulator, and against servers that are none, over real sockets. */
import assert from 'node:assert/strict';
import type { ChatEvent, ChatModel, ChatRequest } from '../../src/agent/types';
import { type Clock, systemClock } from '../../src/base/clock';
import { BridgeError, type ErrorCode, isBridgeError } from '../../src/base/errors';
import { createFetch, KEPT_FOR_NEXT_ROUND_MS } from '../../src/base/http';
import { chooseModel, isAnswerOf } from '../../src/llm/lmstudio/selection';
import { createChatModel } from '../../src/llm/wire/openaiChat';
import { gate } from '../simulator/gate';
import { type ModelSpec, sampleModels } from '../simulator/models';
import type { SimulatorOptions } from '../simulator/server';
import type { Turn } from '../simulator/turn';
import { modelServer, unusedRoot } from '../support/lmstudio';
import { model } from '../support/models';
import { ManualClock } from '../support/manualClock';
import { openedInEachTest } from '../support/opened';

const QWEN = 'qwen/qwen3-8b';
const GPT = 'openai/gpt-oss-20b';
const TOKEN = 'sk-lm-AbCd1234:ABCDEFGHIJKLMNOPQRST';
const signal = new AbortController().signal;
const STOP = new BridgeError('cancelled', 'Stopped by hand.');
const ASK: ChatRequest = { messages: [{ role: 'user', content: 'Hi' }], tools: [] };
const UNLOADED = sampleModels().map((spec) => {
  const onDisk: { -readonly [Key in keyof ModelSpec]: ModelSpec[Key] } = { ...spec };
  delete onDisk.loadedContext;
  return onDisk;
});
const READ_TOOL = { name: 'read_file', description: 'Reads.', inputSchema: { type: 'object', properties: {} } };

const failsWith = (code: ErrorCode) => (error: unknown) => {
  assert.ok(isBridgeError(error), String(error));
  assert.equal(error.code, code, error.message);
  assert.ok(error.hint, 'every failure says what to do');
  return true;
};

describe('the model client', () => {
  const { simulate, http, tcp } = openedInEachTest();

  describe('listing models', () => {
    it('takes the best list that the server has', async () => {
      const paths = { '0.4': '/api/v1/models', '0.3': '/api/v0/models', 'openai-only': '/v1/models' } as const;
      for (const profile of ['0.4', '0.3', 'openai-only'] as const) {
        const { models, path } = await modelServer((await simulate({ profile })).url).listModels(signal);
        assert.equal(path, paths[profile]);
        assert.deepEqual(
          models.map(({ key }) => key),
          sampleModels().map(({ key }) => key),
        );
        const qwen = models.find(({ key }) => key === QWEN);
        const instances = qwen?.instances?.map(({ id, contextLength }) => ({ id, contextLength })) ?? null;
        assert.deepEqual(instances, profile === 'openai-only' ? null : [{ id: QWEN, contextLength: 32_768 }]);
      }
    });

    it('asks the rung that answered first from then on', async () => {
      const simulator = await simulate({ profile: '0.3' });
      const server = modelServer(simulator.url);
      await server.listModels(signal);
      await server.listModels(signal);
      assert.deepEqual(
        simulator.requests.map(({ path }) => path),
        ['/api/v1/models', '/api/v0/models', '/api/v0/models'],
      );
    });

    it('says that a token is missing or wrong, and does not try the older lists', async () => {
      const simulator = await simulate({ token: TOKEN });
      for (const token of [undefined, 'lm-studio', `${TOKEN.slice(0, -1)}x`]) {
        await assert.rejects(modelServer(simulator.url, token).listModels(signal), (error) => {
          assert.ok(
            error instanceof BridgeError && (token === undefined || !error.message.includes(token.slice(0, 10))),
          );
          return failsWith('auth-required')(error);
        });
      }
      assert.equal(simulator.requests.length, 3);
      assert.equal(simulator.requests[0]?.headers.authorization, undefined, 'no token, no header');
      assert.equal((await modelServer(simulator.url, TOKEN).listModels(signal)).models.length, 6);
    });

    it('tells LM Studio from others', async () => {
      // A greeting has two seconds, which are no matter of this test.
      const greets = (root: string): Promise<boolean> => modelServer(root, undefined, new ManualClock()).greet(signal);
      assert.equal(await greets((await simulate()).url), true);
      assert.equal(await greets((await simulate({ profile: 'openai-only' })).url), false);
    });

    it('says that nothing listens', async () => {
      await assert.rejects(modelServer(await unusedRoot()).listModels(signal), failsWith('server-unreachable'));
    });

    it('says that something else listens: a website, an unknown status, no HTTP at all', async () => {
      const website = await http((_, response) =>
        response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Hello</html>'),
      );
      const empty = await http((_, response) => response.end('{}'));
      const noise = await tcp((socket) => socket.write('220 mail.example ESMTP\r\n'));
      const odd = await tcp((socket) =>
        socket.once('data', () => socket.end('HTTP/1.1 999 Denied\r\ncontent-length: 0\r\n\r\n')),
      );
      for (const { root } of [website, empty, noise, odd]) {
        await assert.rejects(modelServer(root).listModels(signal), failsWith('wrong-server'));
      }
    });

    it('reports the trouble of a server that has some', async () => {
      const sick = await http((_, response) =>
        response.writeHead(500).end('{"error":"The model has crashed (Exit code: 6)"}'),
      );
      await assert.rejects(modelServer(sick.root).listModels(signal), failsWith('engine-crashed'));
    });

    it('does not wait for ever, before the answer or in the middle of it', async () => {
      for (const begins of [false, true]) {
        const clock = new ManualClock();
        const asked = gate();
        const silent = await http((_, response) => {
          if (begins) response.write('{"models":[');
          asked.open();
        });
        const failing = assert.rejects(
          modelServer(silent.root, undefined, clock).listModels(signal),
          failsWith('server-timeout'),
        );
        await asked.promise;
        clock.advance(10_000);
        await failing;
        assert.equal(clock.pending, 0);
      }
    });

    it('ends with the reason of its signal', async () => {
      const asked = gate();
      const silent = await http(() => {
        asked.open();
      });
      const controller = new AbortController();
      const failing = assert.rejects(modelServer(silent.root).listModels(controller.signal), STOP);
      await asked.promise;
      controller.abort(STOP);
      await failing;
    });
  });

  it('follows no redirect, and carries its token nowhere else', async () => {
    const other = await http((_, response) => response.end('{"models":[]}'));
    const server = await http((request, response) => {
      response.writeHead(307, { location: other.root + (request.url ?? '') }).end();
    });
    await assert.rejects(modelServer(server.root, TOKEN).listModels(signal), failsWith('wrong-server'));
    await assert.rejects(read(chat(server.root, QWEN, TOKEN)), failsWith('wrong-server'));
    assert.equal(other.requests.length, 0);
    assert.ok(server.requests.every(({ headers }) => headers.authorization === `Bearer ${TOKEN}`));
  });

  describe('loading', () => {
    it('reads back what was applied, which can be less than was asked', async () => {
      const server = modelServer((await simulate()).url);
      const { instanceId, applied } = await server.load(GPT, { contextLength: 8_192, flashAttention: false }, signal);
      assert.deepEqual([instanceId, applied.contextLength, applied.flashAttention], [GPT, 8_192, false]);
      const mlx = 'mistralai/devstral-small-2507';
      assert.deepEqual(await server.load(mlx, { contextLength: 32_768 }, signal), {
        instanceId: mlx,
        applied: { contextLength: 4_096 },
      });
    });

    it('says why it failed', async () => {
      const faulty = (loadFault: 'failed' | 'guardrail') =>
        simulate({ models: sampleModels().map((spec) => ({ ...spec, loadFault })) });
      const server = modelServer((await faulty('guardrail')).url);
      await assert.rejects(server.load(GPT, {}, signal), failsWith('insufficient-memory'));
      await assert.rejects(
        modelServer((await faulty('failed')).url).load(GPT, {}, signal),
        failsWith('model-load-failed'),
      );
      await assert.rejects(server.load('no/such', {}, signal), failsWith('model-not-found'));
      await assert.rejects(server.unload(GPT, signal), failsWith('model-not-found'));
      await assert.rejects(
        modelServer((await simulate({ profile: '0.3' })).url).load(GPT, {}, signal),
        failsWith('wrong-server'),
      );
    });
  });

  describe('chatting', () => {
    const start = (turn: Turn, options: SimulatorOptions = {}) => simulate({ script: [turn], ...options });

    it('streams reasoning, text and tool calls, and counts', async () => {
      const simulator = await start({
        reasoning: 'Let me see',
        text: 'Größe: 漢字 👍',
        toolCalls: [
          { match: 'read_file', arguments: { path: 'a.ts' } },
          { match: 'read_file', arguments: { path: 'b.ts' } },
        ],
        chunkSize: 3,
      });
      const events = await read(chat(simulator.url), { ...ASK, tools: [READ_TOOL] });
      assert.equal(joined(events, 'reasoning'), 'Let me see');
      assert.equal(joined(events, 'text'), 'Größe: 漢字 👍');
      const made = events.filter((event) => event.type === 'tool-call');
      assert.deepEqual(
        made.map(({ name, arguments: args }) => [name, args]),
        [
          ['read_file', '{"path":"a.ts"}'],
          ['read_file', '{"path":"b.ts"}'],
        ],
      );
      const last = events.at(-1);
      assert.ok(last?.type === 'finish' && last.reason === 'tool-calls');
      assert.ok((last.usage.promptTokens ?? 0) > 0 && (last.usage.reasoningTokens ?? 0) > 0);
    });

    it('reads what other builds send: tags, no index, repeated names, no usage', async () => {
      const turn: Turn = {
        reasoning: 'Hm',
        reasoningField: 'think-tags',
        text: 'Hi',
        toolCalls: [{ match: 'read_file', id: '', arguments: { path: 'a' } }],
        omitIndex: true,
        repeatEmptyName: true,
        omitUsage: true,
        chunkSize: 2,
      };
      const events = await read(chat((await start(turn)).url), { ...ASK, tools: [READ_TOOL] });
      assert.equal(joined(events, 'reasoning'), 'Hm');
      assert.equal(joined(events, 'text'), 'Hi');
      assert.deepEqual(events.slice(-2), [
        { type: 'tool-call', id: '', name: 'read_file', arguments: '{"path":"a"}', recovered: false },
        {
          type: 'finish',
          reason: 'tool-calls',
          usage: { promptTokens: null, completionTokens: null, reasoningTokens: null },
        },
      ]);
    });

    it('sends the conversation as LM Studio wants it, and no header that it does not need', async () => {
      const simulator = await simulate({ script: () => ({ text: 'ok' }) });
      process.env['OPENAI_CUSTOM_HEADERS'] = 'Authorization: Bearer for-another-service\nX-Secret: hunter22';
      try {
        for (const token of [undefined, TOKEN]) {
          await read(chat(simulator.url, QWEN, token), {
            messages: [
              { role: 'system', content: 'Rules.' },
              { role: 'user', content: 'Hi' },
              { role: 'assistant', content: '', toolCalls: [{ id: '1', name: 'read_file', arguments: '{}' }] },
              { role: 'tool', toolCallId: '1', content: 'text' },
            ],
            tools: [READ_TOOL],
          });
        }
      } finally {
        delete process.env['OPENAI_CUSTOM_HEADERS'];
      }
      const [first, second] = simulator.requests;
      assert.ok(first && second);
      assert.deepEqual(first.body, {
        model: QWEN,
        messages: [
          { role: 'system', content: 'Rules.' },
          { role: 'user', content: 'Hi' },
          {
            role: 'assistant',
            content: '',
            tool_calls: [{ id: '1', type: 'function', function: { name: 'read_file', arguments: '{}' } }],
          },
          { role: 'tool', tool_call_id: '1', content: 'text' },
        ],
        tools: [
          {
            type: 'function',
            function: { name: 'read_file', description: 'Reads.', parameters: READ_TOOL.inputSchema },
          },
        ],
        stream: true,
        stream_options: { include_usage: true },
      });
      const ofTransport = ['connection', 'host', 'content-length', 'transfer-encoding'];
      const sent = Object.keys(first.headers).filter((name) => !ofTransport.includes(name));
      assert.deepEqual(sent.sort(), ['accept', 'content-type']);
      assert.equal(second.headers.authorization, `Bearer ${TOKEN}`);
    });

    it('uses one connection for one turn after the other', async () => {
      const server = await http((_, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.end('data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n');
      });
      const ports = new Set<number | undefined>();
      const manual = new ManualClock();
      let onKept = (): void => undefined;
      const clock: Clock = {
        now: () => manual.now(),
        after: (ms, callback) => {
          if (ms === KEPT_FOR_NEXT_ROUND_MS) onKept();
          return manual.after(ms, callback);
        },
      };
      const from = chat(server.root, QWEN, undefined, clock);
      for (const turn of [1, 2, 3]) {
        // The end of the body comes after [DONE]; it is read in the background, and then the connection is kept.
        const kept = new Promise<void>((resolve) => (onKept = resolve));
        await read(from);
        ports.add(server.requests.at(-1)?.socket.remotePort);
        assert.equal(server.requests.length, turn);
        await kept;
      }
      assert.equal(ports.size, 1);
    });

    it('waits silently while a model is loaded for it', async () => {
      const held = gate();
      const started = gate();
      const beforeLoad = (): Promise<void> => {
        started.open();
        return held.promise;
      };
      const simulator = await start({ text: 'ready' }, { beforeLoad });
      const events = read(chat(simulator.url, GPT));
      await started.promise;
      assert.equal(simulator.models.isLoading(GPT), true);
      held.open();
      assert.equal(joined(await events, 'text'), 'ready');
    });

    it('says why a request was refused', async () => {
      const cases: readonly (readonly [SimulatorOptions, string, ErrorCode])[] = [
        [{ models: UNLOADED }, 'no/such', 'model-not-found'],
        [{ models: UNLOADED, jit: false }, QWEN, 'no-model'],
        [
          { models: UNLOADED.map((spec) => ({ ...spec, loadFault: 'guardrail' as const })) },
          QWEN,
          'insufficient-memory',
        ],
        [{ models: UNLOADED.map((spec) => ({ ...spec, loadFault: 'failed' as const })) }, QWEN, 'model-load-failed'],
        [{ token: TOKEN }, QWEN, 'auth-required'],
        [
          {
            script: [
              { error: { status: 400, body: { error: 'Engine protocol predict request failed: fetch failed' } } },
            ],
          },
          QWEN,
          'engine-crashed',
        ],
        [{ script: [{ error: { status: 429, body: { error: 'Slow down' } } }] }, QWEN, 'rate-limited'],
        [
          {
            script: [
              { error: { status: 200, body: { error: 'Unexpected endpoint or method. (POST /v1/chat/completions)' } } },
            ],
          },
          QWEN,
          'wrong-server',
        ],
      ];
      for (const [options, model, code] of cases) {
        const simulator = await simulate(options);
        await assert.rejects(read(chat(simulator.url, model)), failsWith(code), code);
        assert.equal(simulator.requests.length, 1, 'asked once: retries are the business of the agent');
      }
    });

    it('quotes a page of HTML as a short text', async () => {
      const { root } = await http((_, response) =>
        response.writeHead(502, { 'content-type': 'text/html' }).end('<html><body><h1>Bad gateway</h1></body></html>'),
      );
      await assert.rejects(read(chat(root)), (error) => {
        assert.ok(
          error instanceof BridgeError && error.message.includes('Bad gateway') && !error.message.includes('<'),
          String(error),
        );
        return failsWith('bad-response')(error);
      });
    });

    it('fails after what was streamed: an error frame, an early end, a reset, an unload', async () => {
      const never = new Promise<never>(() => undefined);
      const crash = 'The model has crashed without additional information. (Exit code: 11)';
      const cases: readonly (readonly [Turn, ErrorCode])[] = [
        [{ text: 'Hel', midStreamError: crash }, 'engine-crashed'],
        [{ text: 'Hel lo', cutAfter: 1 }, 'stream-interrupted'],
        [{ text: 'Hel', resetSocket: true }, 'stream-interrupted'],
        [{ text: 'Hel lo', hold: never }, 'model-unloaded'],
      ];
      for (const [turn, code] of cases) {
        const simulator = await start(turn);
        const seen: string[] = [];
        await assert.rejects(
          read(chat(simulator.url), ASK, signal, (event) => {
            if (event.type === 'text') seen.push(event.text);
            if (turn.hold) simulator.models.unload(QWEN);
          }),
          failsWith(code),
        );
        assert.equal(seen.join('').trim(), 'Hel', code);
      }
    });

    it('fails before anything was streamed, and asks nobody twice', async () => {
      for (const turn of [{ resetSocket: true }, { text: 'Hel', cutAfter: 0 }]) {
        const simulator = await start(turn);
        await assert.rejects(read(chat(simulator.url)), failsWith('stream-interrupted'));
        assert.equal(simulator.requests.length, 1);
      }
    });

    it('stops the server when its signal fires, before the first byte and in mid-stream', async () => {
      const never = new Promise<never>(() => undefined);
      for (const turn of [
        { holdHeaders: never, text: 'x' },
        { text: 'one two three', hold: never },
      ] satisfies Turn[]) {
        const simulator = await start(turn);
        const controller = new AbortController();
        const failing = assert.rejects(
          read(chat(simulator.url), ASK, controller.signal, () => {
            controller.abort(STOP);
          }),
          STOP,
        );
        await simulator.waitForRequest(({ body }) => body !== undefined);
        if ('holdHeaders' in turn) controller.abort(STOP);
        await failing;
        assert.equal((await simulator.waitForRequest(({ aborted }) => aborted)).finished, false);
      }
    });

    it('throws the reason of its signal although the rest of the answer has arrived already', async () => {
      const frames = ['a', 'b'].map((text) => `data: {"choices":[{"delta":{"content":"${text}"}}]}\n\n`).join('');
      const { root } = await http((_, response) =>
        response.writeHead(200, { 'content-type': 'text/event-stream' }).end(`${frames}data: [DONE]\n\n`),
      );
      const controller = new AbortController();
      await assert.rejects(
        read(chat(root), ASK, controller.signal, () => {
          controller.abort(STOP);
        }),
        STOP,
      );
    });

    it('stops the server when its reader stops', async () => {
      const simulator = await start({ text: 'one two three', hold: new Promise<never>(() => undefined) });
      for await (const event of chat(simulator.url).stream(ASK, signal)) {
        assert.equal(event.type, 'text');
        break;
      }
      await simulator.waitForRequest(({ aborted }) => aborted);
    });

    it('says that nothing listens, or something else', async () => {
      await assert.rejects(read(chat(await unusedRoot())), failsWith('server-unreachable'));
      const noise = await tcp((socket) => socket.write('220 mail.example ESMTP\r\n'));
      await assert.rejects(read(chat(noise.root)), failsWith('wrong-server'));
    });
  });
});

/** A model of a server, reached as a task reaches it. */
function chat(root: string, key = QWEN, token?: string, clock: Clock = systemClock): ChatModel {
  const chosen = chooseModel([model(key)], key);
  return createChatModel({
    address: { root, token },
    fetch: createFetch(clock),
    clock,
    model: chosen.id,
    isExpected: (answered) => isAnswerOf(chosen, answered),
  });
}

async function read(
  from: ChatModel,
  request = ASK,
  stop = signal,
  onEvent: (event: ChatEvent) => void = () => undefined,
): Promise<ChatEvent[]> {
  const events: ChatEvent[] = [];
  for await (const event of from.stream(request, stop)) {
    events.push(event);
    onEvent(event);
  }
  return events;
}

function joined(events: readonly ChatEvent[], type: 'text' | 'reasoning'): string {
  return events.map((event) => (event.type === type ? event.text : '')).join('');
}
