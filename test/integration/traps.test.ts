/** Traps of LM Studio that no other test sets for the whole client, over HTTP. All of them: docs/test-map.md. */
import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { runAgent } from '../../src/agent/loop';
import type { AgentEvent } from '../../src/agent/types';
import { type Clock, systemClock } from '../../src/base/clock';
import { BridgeError, isBridgeError } from '../../src/base/errors';
import { ModelCatalog } from '../../src/llm/lmstudio/catalog';
import { ModelLifecycle } from '../../src/llm/lmstudio/lifecycle';
import { ModelValidator } from '../../src/llm/lmstudio/validator';
import { completeChat, completeJson } from '../../src/llm/wire/requests';
import { Responder } from '../../src/llm/wire/responder';
import { assignToolNames } from '../../src/mcp/naming';
import { inGate } from '../../src/tasks/modelLoading';
import { fault, FAULT_NAMES, type FaultName } from '../simulator/faults';
import { gate } from '../simulator/gate';
import { sampleModels } from '../simulator/models';
import { type Simulator, type SimulatorOptions, startSimulator } from '../simulator/server';
import { allowAll, FakeTools, ofType } from '../support/agent';
import { modelServer } from '../support/lmstudio';
import { ManualClock } from '../support/manualClock';
import { ASK, chatModel, eventsOf, failsWith, joined, READ_TOOL, wireTo } from '../support/requests';

const QWEN = 'qwen/qwen3-8b';
const GPT = 'openai/gpt-oss-20b';
const GEMMA = 'google/gemma-3-12b';
const CHAT = '/v1/chat/completions';
const DAY_MS = 24 * 3_600_000;
const signal = new AbortController().signal;

describe('a trap of LM Studio', () => {
  const closing: (() => Promise<void> | void)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  async function simulate(options: SimulatorOptions = {}): Promise<Simulator> {
    const simulator = await startSimulator({ script: () => ({ text: 'ok' }), ...options });
    closing.push(() => simulator.close());
    return simulator;
  }

  function clientOf({ url }: Simulator, clock: Clock = systemClock) {
    const server = modelServer(url, undefined, clock);
    const catalog = new ModelCatalog(server, clock);
    const lifecycle = new ModelLifecycle(catalog, clock);
    closing.push(() => {
      lifecycle.dispose();
      catalog.dispose();
    });
    return { server, catalog, lifecycle, validator: new ModelValidator(catalog, clock) };
  }

  const say = async (simulator: Simulator, model: string): Promise<string> =>
    joined(await eventsOf(chatModel(wireTo(simulator.url), model).stream(ASK, signal)), 'text');
  const bodies = (simulator: Simulator) => simulator.requests.map(({ body }) => body as Record<string, unknown>);

  /** Runs the agent with one tool; what it says, and what the tool was called with. */
  async function runTask(simulator: Simulator, tool = 'read_file') {
    const events: AgentEvent[] = [];
    const tools = new FakeTools([{ name: tool, run: () => 'content' }]);
    const outcome = await runAgent(
      {
        model: chatModel(wireTo(simulator.url), QWEN),
        tools,
        gate: allowAll,
        clock: systemClock,
        retry: { delayAfter: () => undefined },
        limits: { maxRounds: 3, maxTokens: undefined },
        resultCharLimit: 1_000,
        messages: ASK.messages,
        emit: (event: AgentEvent) => events.push(event),
      },
      signal,
    );
    return { outcome, events, calls: tools.calls };
  }

  describe('in its memory', () => {
    it('keeps for good what was loaded by REST, and for an hour what a request loaded', async () => {
      const clock = new ManualClock();
      const simulator = await simulate({ clock });
      const { lifecycle, server } = clientOf(simulator);
      await lifecycle.load(GEMMA, {}, signal);
      await say(simulator, GPT);
      const inMemory = async () =>
        (await server.listModels(signal)).models.filter(({ instances }) => instances?.length).map(({ key }) => key);
      assert.deepEqual(await inMemory(), [QWEN, GEMMA, GPT]);
      clock.advance(30 * DAY_MS);
      assert.deepEqual(await inMemory(), [QWEN, GEMMA]);
    });

    it('makes a copy for each of two requests that come together, but not for two of ours', async () => {
      for (const isGated of [false, true]) {
        const held = gate();
        const simulator = await simulate({ jitRace: true, beforeLoad: () => held.promise });
        const { lifecycle } = clientOf(simulator);
        const plain = chatModel(wireTo(simulator.url), GPT);
        const model = isGated ? inGate(plain, lifecycle, GPT) : plain;
        const both = [1, 2].map(() => eventsOf(model.stream(ASK, signal)));
        const arrive = isGated ? 1 : 2;
        await simulator.waitForRequest(() => bodies(simulator).filter(Boolean).length === arrive);
        // Long enough for a second one that did not wait.
        for (let turn = 0; turn < 50; turn++) await nextTurn();
        assert.equal(simulator.requests.length, arrive);
        held.open();
        await Promise.all(both);
        const { models } = await clientOf(simulator).server.listModels(signal);
        const ids = models.find(({ key }) => key === GPT)?.instances?.map(({ id }) => id);
        assert.deepEqual(ids, isGated ? [GPT] : [GPT, `${GPT}:2`]);
      }
    });

    for (const [evictBusy, code] of [
      ['error-frame', 'model-unloaded'],
      ['silence', 'stream-interrupted'],
    ] as const) {
      it(`cuts off a model that works when another is loaded just in time, by ${evictBusy}: ${code}`, async () => {
        const never = new Promise<never>(() => undefined);
        const script = [{ text: 'One two three', hold: never }, { text: 'The other' }];
        const simulator = await simulate({ evictBusy, script });
        const begun = gate();
        const first = eventsOf(
          chatModel(wireTo(simulator.url), GPT).stream(ASK, signal, ({ phase }) => {
            if (phase === 'generating') begun.open();
          }),
        );
        const cutOff = assert.rejects(first, failsWith(code));
        await begun.promise;
        assert.equal(await say(simulator, GEMMA), 'The other');
        await cutOff;
      });
    }

    it('says the context that is loaded, far below what the model could have', async () => {
      const coder = 'qwen/qwen3-coder-30b';
      const simulator = await simulate();
      const { lifecycle, validator } = clientOf(simulator);
      assert.equal((await validator.choose(coder, signal)).model.maxContextLength, 262_144);
      await lifecycle.load(coder, { contextLength: 4_096 }, signal);
      const { contextLength, contextSource } = await validator.choose(coder, signal);
      assert.deepEqual([contextLength, contextSource], [4_096, 'loaded-instance']);
      const long = { ...ASK, messages: [{ role: 'user' as const, content: 'word '.repeat(8_000) }] };
      await assert.rejects(
        eventsOf(chatModel(wireTo(simulator.url), coder).stream(long, signal)),
        failsWith('context-overflow'),
      );
    });

    it('lists a model with two contexts as one with two copies, each of which can be asked for', async () => {
      const simulator = await simulate();
      const { server, validator } = clientOf(simulator);
      await server.load(QWEN, { contextLength: 2_048 }, signal);
      const { models } = await server.listModels(signal);
      const copies = [
        { id: QWEN, contextLength: 32_768 },
        { id: `${QWEN}:2`, contextLength: 2_048 },
      ];
      const listed = models.filter(({ key }) => key === QWEN).map(({ instances }) => instances);
      assert.deepEqual(
        listed.map((all) => all?.map(({ id, contextLength }) => ({ id, contextLength }))),
        [copies],
      );
      for (const { id, contextLength } of copies) {
        const { model } = await validator.validate(id, signal);
        assert.deepEqual([model?.id, model?.contextLength], [id, contextLength]);
      }
    });

    it('has no models at all, or none but embedding models', async () => {
      for (const models of [[], sampleModels().filter(({ type }) => type === 'embedding')]) {
        const { server, validator } = clientOf(await simulate({ models }));
        assert.equal((await server.listModels(signal)).models.length, models.length);
        await assert.rejects(validator.choose(undefined, signal), (error) => isBridgeError(error, 'no-model'));
      }
    });
  });

  describe('on its wire', () => {
    it('is every quirk of its bytes: none of them changes the answer', async () => {
      const quirks: readonly FaultName[] = [
        ...(['every-byte', 'mid-utf8', 'joined-frames', 'crlf', 'cr', 'comments', 'no-final-blank-line'] as const),
        ...(['no-done', 'no-finish-reason', 'no-usage', 'zero-usage'] as const),
      ];
      for (const name of quirks) {
        const turn = fault(name);
        const { url } = await simulate({ script: [turn] });
        const events = await eventsOf(chatModel(wireTo(url), QWEN).stream(ASK, signal));
        assert.equal(joined(events, 'text'), turn.text, name);
        assert.deepEqual(
          events.filter(({ type }) => type !== 'text').map(({ type }) => type),
          ['finish'],
          name,
        );
      }
    });

    it('is a line that was spliced or cut off: it is left out, counted, and said', async () => {
      for (const name of ['spliced-line', 'cut-off-line'] as const) {
        const { url } = await simulate({ script: [fault(name)] });
        const events = await eventsOf(chatModel(wireTo(url), QWEN).stream(ASK, signal));
        assert.equal(joined(events, 'text'), fault(name).text, name);
        assert.deepEqual(
          events.flatMap((event) => (event.type === 'warning' ? [event.code] : [])),
          ['corrupt-frames'],
          name,
        );
      }
    });

    it('is a prompt that is read to its end although nobody waits for it: the next request queues behind it', async () => {
      const clock = new ManualClock();
      const simulator = await simulate({ clock, promptTokensPerSecond: 10 });
      // With one slot, which the client has no wish to ask for.
      await simulator.models.load(simulator.models.spec(GPT) ?? assert.fail(), { parallel: 1 });
      const controller = new AbortController();
      const stop = new BridgeError('cancelled', 'Stopped by hand.');
      const model = chatModel(wireTo(simulator.url), GPT);
      const given = assert.rejects(eventsOf(model.stream(ASK, controller.signal)), stop);
      await simulator.waitForState(GPT, 'processingPrompt');
      controller.abort(stop);
      await given;
      const again = eventsOf(model.stream(ASK, signal));
      await simulator.models.waitFor(({ instances }) => instances[1]?.queued === 2);
      // Long enough for the prompt, and not for the queue (E16).
      clock.advance(60_000);
      await simulator.models.waitFor(({ instances }) => instances[1]?.queued === 1);
      await simulator.waitForState(GPT, 'processingPrompt');
      clock.advance(60_000);
      assert.equal(joined(await again, 'text'), 'ok');
    });
  });

  describe('in what it takes', () => {
    it('is a field that it takes and need not honour: we send none of them', async () => {
      const simulator = await simulate();
      const request = { ...ASK, tools: [READ_TOOL] };
      await eventsOf(chatModel(wireTo(simulator.url), QWEN).stream(request, signal));
      await completeChat(wireTo(simulator.url), QWEN, request, signal);
      for (const body of bodies(simulator)) {
        const sent = Object.keys(body);
        for (const field of ['tool_choice', 'parallel_tool_calls', 'reasoning_effort', 'reasoning'])
          assert.ok(!sent.includes(field), field);
      }
    });

    it('is a schema that only chat completions keep to: JSON is asked for there, and checked', async () => {
      const script = () => ({ text: '{"size":"large"}' });
      const simulator = await simulate({ script });
      const schema = { type: 'object', properties: { size: { type: 'number' } } };
      const request = { messages: ASK.messages, name: 'size', schema };
      await assert.rejects(completeJson(wireTo(simulator.url), QWEN, request, signal), failsWith('bad-response'));
      assert.deepEqual(
        simulator.requests.map(({ path }) => path),
        [CHAT],
      );
      const asked = new Responder(wireTo(simulator.url)).respond({ ...ASK, model: QWEN }, signal);
      for await (const event of asked) assert.notEqual(event.type, 'warning');
      assert.ok(!('text' in (bodies(simulator)[1] ?? {})), 'no schema goes to /v1/responses');
    });

    it('is a tool name that it changes to snake_case: ours are in it from the outset', async () => {
      const [name = ''] = assignToolNames([{ server: 'files', tool: 'readFile' }], false);
      const simulator = await simulate({ script: [fault('snake-case-name'), { text: 'done' }] });
      const { calls, outcome } = await runTask(simulator, name);
      assert.deepEqual([name, calls.length, outcome.text], ['read_file', 1, 'done']);
    });
  });

  describe('in tool calls', () => {
    it('is any odd id, index or name: the call runs, and the server takes its result back', async () => {
      const odd = [
        ...(['empty-tool-id', 'missing-tool-id', 'numeric-tool-id', 'missing-index'] as const),
        ...(['repeated-empty-name', 'stop-with-calls'] as const),
      ];
      for (const name of odd) {
        const { calls, outcome } = await runTask(await simulate({ script: [fault(name), { text: 'done' }] }));
        assert.deepEqual(calls, [{ name: 'read_file', arguments: { path: 'a.ts' } }], name);
        assert.deepEqual([outcome.status, outcome.text], ['completed', 'done'], name);
      }
    });

    it('is two calls with one id: both run, under ids of their own', async () => {
      const simulator = await simulate({ script: [fault('same-tool-ids'), { text: 'done' }] });
      const { calls, events } = await runTask(simulator);
      assert.equal(calls.length, 2);
      assert.equal(new Set(ofType(events, 'tool_call').map(({ id }) => id)).size, 2);
    });

    it('is a call that was dropped or belongs to no tool: nothing runs', async () => {
      const dropped = await runTask(await simulate({ script: [fault('dropped-call')] }));
      assert.deepEqual([dropped.calls.length, dropped.outcome.text], [0, '']);
      const unknown = await runTask(await simulate({ script: [fault('unknown-tool'), { text: 'done' }] }));
      assert.deepEqual(
        ofType(unknown.events, 'tool_result').map(({ code }) => code),
        ['tool-not-found'],
      );
      assert.deepEqual([unknown.calls.length, unknown.outcome.text], [0, 'done']);
    });

    for (const name of FAULT_NAMES.filter((each) => each.startsWith('leak-') || each === 'call-in-reasoning')) {
      it(`is a call that leaked as text (${name}): it runs, is marked, and its markup is not shown`, async () => {
        const { calls, outcome, events } = await runTask(await simulate({ script: [fault(name), { text: 'done' }] }));
        assert.deepEqual(calls, [{ name: 'read_file', arguments: { path: 'a.ts' } }]);
        assert.deepEqual([outcome.status, outcome.text], ['completed', 'done']);
        assert.deepEqual(
          ofType(events, 'tool_call').map(({ recovered }) => recovered),
          [true],
        );
        const shown = [...ofType(events, 'reasoning_delta'), ...ofType(events, 'text_delta')].map(({ text }) => text);
        assert.doesNotMatch(shown.join(''), /read_file|a\.ts/);
      });
    }
  });
});
