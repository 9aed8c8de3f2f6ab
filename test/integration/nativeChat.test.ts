/** LM Studio's own chat over HTTP: what it tells, what it serves, and what goes the ordinary way. */
import assert from 'node:assert/strict';
import type { ChatRequest, Phase } from '../../src/agent/types';
import { BridgeError, type ErrorCode, isBridgeError } from '../../src/base/errors';
import { nullLogger } from '../../src/base/logger';
import { systemClock } from '../../src/base/clock';
import { createFetch } from '../../src/base/http';
import { ModelCatalog } from '../../src/llm/lmstudio/catalog';
import { createNativeChatModel, type NativeChatOptions } from '../../src/llm/lmstudio/nativeChat';
import { ModelValidator } from '../../src/llm/lmstudio/validator';
import { SpeedLedger } from '../../src/llm/speedLedger';
import { SpeedMeter } from '../../src/llm/wire/speedMeter';
import { STALL_MS } from '../../src/llm/wire/sse';
import { parseConfigFile } from '../../src/mcp/configFile';
import { givenSource } from '../../src/mcp/serverSpec';
import { createUnattendedGate } from '../../src/policy/gates';
import { ModelLanes } from '../../src/tasks/modelLanes';
import { runTask } from '../../src/tasks/taskRunner';
import type { TaskEvent } from '../../src/tasks/types';
import { crashed, MODEL_UNLOADED } from '../simulator/engineTexts';
import { modelFailure } from '../simulator/failures';
import { gate } from '../simulator/gate';
import { isObject } from '../simulator/json';
import { type Simulator, type SimulatorOptions, startSimulator } from '../simulator/server';
import type { Turn } from '../simulator/turn';
import { modelServer, serve } from '../support/lmstudio';
import { ManualClock } from '../support/manualClock';
import { ASK, eventsOf, failsWith, joined, READ_TOOL, wireTo } from '../support/requests';
import { connectionsIn } from '../support/mcp/harness';

const QWEN = 'qwen/qwen3-8b';
const GPT = 'openai/gpt-oss-20b';
const NATIVE = '/api/v1/chat';
const ORDINARY = '/v1/chat/completions';
const PICTURE = `data:image/png;base64,${Buffer.from('\x89PNG\r\n\x1a\n', 'latin1').toString('base64')}`;
const signal = new AbortController().signal;

describe("LM Studio's own chat", () => {
  const closing: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });
  async function simulate(turns: readonly Turn[], options: SimulatorOptions = {}): Promise<Simulator> {
    const simulator = await startSimulator({ script: turns, ...options });
    closing.push(() => simulator.close());
    return simulator;
  }
  const model = (root: string, id: string | undefined = QWEN, options: Partial<NativeChatOptions> = {}) =>
    createNativeChatModel({
      ...wireTo(root, options.clock),
      ...{ model: id, isExpected: () => true, isSpoken: () => true, contextLength: null },
      ...options,
    });
  const paths = ({ requests }: Simulator) => requests.map(({ path }) => path);
  const bodies = ({ requests }: Simulator) => requests.map(({ body }) => (isObject(body) ? body : {}));

  it('tells of the load and the prompt before it answers', async () => {
    const simulator = await simulate([{ reasoning: 'Hm.', text: 'Done.' }]);
    const phases: Phase[] = [];
    const ledger = new SpeedLedger();
    const speed = new SpeedMeter({ ledger, clock: systemClock, key: GPT, mayLoad: true });
    const request: ChatRequest = { messages: [{ role: 'system', content: 'Be brief.' }, ...ASK.messages], tools: [] };
    const events = await eventsOf(
      model(simulator.url, GPT, { speed }).stream(request, signal, (phase) => phases.push(phase)),
    );
    assert.deepEqual([joined(events, 'reasoning'), joined(events, 'text')], ['Hm.', 'Done.']);
    const end = events.at(-1);
    assert.ok(end?.type === 'finish' && (end.usage.promptTokens ?? 0) > 0 && (end.usage.reasoningTokens ?? 0) > 0);
    const steps = phases.map((phase) => ('progress' in phase ? [phase.phase, phase.progress] : [phase.phase]));
    assert.deepEqual(steps, [
      ['connecting'],
      ['processing-prompt', null],
      ['loading-model', null],
      ['loading-model', 0],
      ['loading-model', 1],
      ['processing-prompt', null],
      ...[0, 0.25, 0.5, 0.75, 1].map((progress) => ['processing-prompt', progress]),
      ['generating'],
    ]);
    assert.deepEqual(bodies(simulator), [
      { model: GPT, input: 'Hi', system_prompt: 'Be brief.', store: false, stream: true },
    ]);
    assert.notEqual(ledger.of(GPT)?.firstByteMs, null, 'the load is told apart, so the prompt can be timed');
  });

  it('serves only what has no tools, no earlier answers, and a server that is known to have it', async () => {
    const simulator = await simulate([{ text: 'a' }, { text: 'b' }, { text: 'c' }]);
    const earlier: ChatRequest['messages'] = [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Hello', toolCalls: [] },
      { role: 'user', content: 'Go on' },
    ];
    await eventsOf(model(simulator.url).stream({ ...ASK, tools: [READ_TOOL] }, signal));
    await eventsOf(model(simulator.url).stream({ messages: earlier, tools: [] }, signal));
    await eventsOf(model(simulator.url, QWEN, { isSpoken: () => false }).stream(ASK, signal));
    assert.deepEqual(paths(simulator), [ORDINARY, ORDINARY, ORDINARY]);
  });

  for (const nativeInputPart of ['message', 'text'] as const) {
    it(`sends pictures, also to a build that calls its texts "${nativeInputPart}"`, async () => {
      const simulator = await simulate([{ text: 'A cat.' }, { text: 'A dog.' }], { nativeInputPart });
      const seeing = model(simulator.url, seeingModel(simulator));
      const request: ChatRequest = { messages: [{ role: 'user', content: 'What?', images: [PICTURE] }], tools: [] };
      for (const answer of ['A cat.', 'A dog.']) {
        assert.equal(joined(await eventsOf(seeing.stream(request, signal)), 'text'), answer);
      }
      const parts = nativeInputPart === 'message' ? ['message', 'message'] : ['message', 'text', 'text'];
      assert.deepEqual(
        bodies(simulator).map(({ input }) => input),
        parts.map((type) => [
          { type: 'image', data_url: PICTURE },
          { type, content: 'What?' },
        ]),
      );
      assert.ok(paths(simulator).every((path) => path === NATIVE));
    });
  }

  const seeingModel = ({ models }: Simulator) => models.specs.find(({ vision }) => vision)?.key;

  for (const profile of ['0.3', 'openai-only'] as const) {
    it(`goes the ordinary way from then on where the endpoint is missing (${profile})`, async () => {
      const simulator = await simulate([{ text: 'a' }, { text: 'b' }], { profile });
      const asked = model(simulator.url);
      assert.equal(joined(await eventsOf(asked.stream(ASK, signal)), 'text'), 'a');
      assert.equal(joined(await eventsOf(asked.stream(ASK, signal)), 'text'), 'b');
      assert.deepEqual(paths(simulator), [NATIVE, ORDINARY, ORDINARY]);
    });
  }

  for (const [status, body] of [
    [405, 'Method Not Allowed'],
    [403, '{"error":{"type":"invalid_request","message":"Permission denied."}}'],
    [400, '{"error":{"type":"invalid_request","code":"unrecognized_keys","message":"Unrecognized key(s): store"}}'],
  ] as const) {
    it(`goes the ordinary way where the request is refused (HTTP ${String(status)})`, async () => {
      const server = await serve((request, response) => {
        if (request.url === NATIVE) response.writeHead(status).end(body);
        else response.writeHead(200, { 'Content-Type': 'text/event-stream' }).end(ORDINARY_ANSWER);
      });
      closing.push(() => server.close());
      assert.equal(joined(await eventsOf(model(server.root).stream(ASK, signal)), 'text'), 'Hi');
      assert.deepEqual(
        server.requests.map(({ url }) => url),
        [NATIVE, ORDINARY],
      );
    });
  }

  describe('when it fails', () => {
    const failures: Record<string, [Turn, ErrorCode, SimulatorOptions?]> = {
      'a crash in mid-stream': [{ text: 'Hel', midStreamError: crashed('11') }, 'engine-crashed'],
      'an unload in mid-stream': [{ text: 'Hel', midStreamError: MODEL_UNLOADED }, 'model-unloaded'],
      'an end without an end': [{ text: 'Hello you', cutAfter: 1 }, 'stream-interrupted'],
      'a reset': [{ text: 'Hello you', resetSocket: true }, 'stream-interrupted'],
    };
    for (const [name, [turn, code, options]] of Object.entries(failures)) {
      it(`says why, and does not ask again the ordinary way: ${name}`, async () => {
        const simulator = await simulate([turn], options);
        await assert.rejects(eventsOf(model(simulator.url).stream(ASK, signal)), failsWith(code));
        assert.deepEqual(paths(simulator), [NATIVE]);
      });
    }

    it('says that the model cannot be loaded, in the stream', async () => {
      const beforeLoad = () =>
        Promise.reject(modelFailure(500, 'Failed to load model "x". Error: no space', 'model_load_failed'));
      const simulator = await simulate([], { beforeLoad });
      const asking = eventsOf(model(simulator.url, GPT).stream(ASK, signal));
      await assert.rejects(asking, failsWith('model-load-failed'));
      assert.deepEqual(paths(simulator), [NATIVE]);
    });

    it('says that there is no such model, and that a token is needed', async () => {
      const simulator = await simulate([]);
      await assert.rejects(eventsOf(model(simulator.url, 'no/such').stream(ASK, signal)), failsWith('model-not-found'));
      const locked = await simulate([], { token: 'sk-lm-abcdefgh:ABCDEFGHIJKLMNOPQRST' });
      await assert.rejects(eventsOf(model(locked.url).stream(ASK, signal)), failsWith('auth-required'));
      assert.deepEqual([...paths(simulator), ...paths(locked)], [NATIVE, NATIVE]);
    });

    it('stops the request when it is cancelled while the prompt is read', async () => {
      const prefill = gate();
      const simulator = await simulate([{ text: 'x', holdHeaders: prefill.promise }]);
      const controller = new AbortController();
      const stop = new BridgeError('cancelled', 'Stopped by hand.');
      const asking = eventsOf(
        model(simulator.url).stream(ASK, controller.signal, (phase) => {
          if (phase.phase === 'processing-prompt' && phase.progress === 0) controller.abort(stop);
        }),
      );
      await assert.rejects(asking, (error) => isBridgeError(error, 'cancelled'));
      assert.ok((await simulator.waitForRequest(({ aborted }) => aborted)).aborted);
      assert.deepEqual(paths(simulator), [NATIVE]);
    });
  });

  it('takes a long silence of the prompt for no stall', async () => {
    const clock = new ManualClock();
    const prefill = gate();
    const simulator = await simulate([{ text: 'late', holdHeaders: prefill.promise }]);
    const reading = eventsOf(
      model(simulator.url, QWEN, { clock }).stream(ASK, signal, (phase) => {
        if (phase.phase !== 'processing-prompt' || phase.progress !== 0) return;
        // What the reader waits with begins after this frame.
        setImmediate(() => {
          clock.advance(3 * STALL_MS);
          prefill.open();
        });
      }),
    );
    const events = await reading;
    assert.equal(joined(events, 'text'), 'late');
    assert.ok(!events.some(({ type }) => type === 'warning'));
  });

  describe('in a task', () => {
    async function run(
      simulator: Simulator,
      optsIn: boolean,
      ttlSeconds?: number,
      wanted = QWEN,
    ): Promise<TaskEvent[]> {
      const catalog = new ModelCatalog(modelServer(simulator.url), systemClock);
      const events: TaskEvent[] = [];
      const { ModelLifecycle } = await import('../../src/llm/lmstudio/lifecycle');
      const lifecycle = new ModelLifecycle(catalog, systemClock);
      await runTask(
        {
          ...{ task: 'Go.', model: wanted, servers: { kind: 'none' } },
          ...{ maxRounds: 3, maxTokens: undefined, timeoutMs: undefined },
        },
        {
          ...{ clock: systemClock, logger: nullLogger, version: '0.0.0', server: catalog.server },
          validator: new ModelValidator(catalog, systemClock),
          fetch: createFetch(systemClock),
          lanes: new ModelLanes(),
          workspaces: [process.cwd()],
          connections: connectionsIn([process.cwd()]),
          found: parseConfigFile('{"mcpServers":{}}', givenSource('mcp.json')),
          gate: createUnattendedGate('none'),
          loading: { lifecycle, ttlSeconds },
          ...(optsIn ? { progress: { hasNativeChat: () => true, logger: nullLogger } } : {}),
        },
        (event) => events.push(event),
        signal,
      );
      lifecycle.dispose();
      catalog.dispose();
      return events;
    }
    const chats = (simulator: Simulator) => paths(simulator).filter((path) => path.includes('chat'));

    it('is used where the door allows it, and its steps are events', async () => {
      const simulator = await simulate([{ text: 'Done.' }]);
      const events = await run(simulator, true);
      assert.deepEqual(chats(simulator), [NATIVE]);
      const end = events.at(-1);
      assert.ok(end?.type === 'run_end' && end.status === 'completed' && end.text === 'Done.');
      assert.ok(events.some((event) => event.type === 'phase' && 'progress' in event && event.progress === 0.5));
    });

    it('is not used where the door does not, or where a time to live goes with the load', async () => {
      const simulator = await simulate([{ text: 'Done.' }, { text: 'Done.' }, { text: 'Done.' }]);
      await run(simulator, false);
      await run(simulator, true, 60, GPT);
      assert.deepEqual(chats(simulator), [ORDINARY, ORDINARY]);
      await run(simulator, true, 60, QWEN);
      assert.deepEqual(chats(simulator), [ORDINARY, ORDINARY, NATIVE]);
    });
  });
});

const ORDINARY_ANSWER =
  'data: {"model":"m","choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n';
