/** The phases of a streamed request, how it is cancelled in each, and every quirk of reference 3.4, over HTTP. */
import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import type { ClientRequest } from 'node:http';
import { runAgent } from '../../src/agent/loop';
import type { AgentEvent, ChatEvent, Phase } from '../../src/agent/types';
import { BridgeError } from '../../src/base/errors';
import { SpeedLedger } from '../../src/llm/speedLedger';
import { SpeedMeter } from '../../src/llm/wire/speedMeter';
import { STALL_MS } from '../../src/llm/wire/sse';
import { inLane, ModelLanes } from '../../src/tasks/modelLanes';
import { gate } from '../simulator/gate';
import { type Simulator, type SimulatorOptions } from '../simulator/server';
import type { Turn } from '../simulator/turn';
import { allowAll, FakeTools, ofType } from '../support/agent';
import { ManualClock } from '../support/manualClock';
import { ASK, chatModel, eventsOf, failsWith, joined, phaseLog, READ_TOOL, wireTo } from '../support/requests';
import { CHAT_STREAMS, cut } from '../support/wire';
import { openedInEachTest } from '../support/opened';

const QWEN = 'qwen/qwen3-8b';
const DAY_MS = 24 * 3_600_000;
const signal = new AbortController().signal;
const STOP = new BridgeError('cancelled', 'Stopped by hand.');
const NEVER = new Promise<never>(() => undefined);

describe('a streamed request', () => {
  const { simulate: open, http } = openedInEachTest();

  const simulate = (turns: readonly Turn[], options: SimulatorOptions = {}) => open({ script: turns, ...options });
  const wasAsked = (simulator: Simulator) => simulator.waitForRequest(({ body }) => body !== undefined);

  describe('in its phases', () => {
    it('connects, waits as long as the prompt takes, and generates (BT#570)', async () => {
      const clock = new ManualClock();
      const prefill = gate();
      const simulator = await simulate([{ text: 'late', holdHeaders: prefill.promise }]);
      const { names, onPhase } = phaseLog();
      const reading = eventsOf(chatModel(wireTo(simulator.url, clock), QWEN).stream(ASK, signal, onPhase));
      await wasAsked(simulator);
      clock.advance(30 * DAY_MS);
      assert.deepEqual(names, ['connecting', 'processing-prompt']);
      prefill.open();
      assert.equal(joined(await reading, 'text'), 'late');
      assert.deepEqual(names, ['connecting', 'processing-prompt', 'generating']);
    });

    it('goes over a connection that has no time limit, and not through the fetch of Node, which gives up after 300 s', async () => {
      const prefill = gate();
      const simulator = await simulate([{ text: 'late', holdHeaders: prefill.promise }]);
      const sent: ClientRequest[] = [];
      const viaFetch: unknown[] = [];
      const onSent = (message: unknown): unknown => sent.push((message as { readonly request: ClientRequest }).request);
      const onFetch = (message: unknown): unknown => viaFetch.push(message);
      subscribe('http.client.request.start', onSent);
      subscribe('undici:request:create', onFetch);
      try {
        const reading = eventsOf(chatModel(wireTo(simulator.url), QWEN).stream(ASK, signal));
        await wasAsked(simulator);
        assert.deepEqual([sent.length, viaFetch.length], [1, 0]);
        assert.ok(!sent[0]?.socket?.timeout, 'its socket has no limit');
        prefill.open();
        assert.equal(joined(await reading, 'text'), 'late');
      } finally {
        unsubscribe('http.client.request.start', onSent);
        unsubscribe('undici:request:create', onFetch);
      }
    });

    it('gives up on the first byte only where it was told to', async () => {
      const clock = new ManualClock();
      const simulator = await simulate([{ text: 'late', holdHeaders: NEVER }]);
      const model = chatModel(wireTo(simulator.url, clock), QWEN, { firstByteMs: 60_000 });
      const failing = assert.rejects(eventsOf(model.stream(ASK, signal)), failsWith('server-timeout'));
      await wasAsked(simulator);
      clock.advance(60_000);
      await failing;
      await simulator.waitForRequest(({ aborted }) => aborted);
      assert.equal(clock.pending, 0);
    });

    it('warns of a silence in mid-answer, and goes on', async () => {
      const clock = new ManualClock();
      const held = gate();
      const simulator = await simulate([{ text: 'one two', hold: held.promise }]);
      const stream = chatModel(wireTo(simulator.url, clock), QWEN, { firstByteMs: 1 }).stream(ASK, signal);
      const seen: ChatEvent[] = [];
      for await (const event of stream) {
        seen.push(event);
        if (seen.length === 1)
          setImmediate(() => {
            clock.advance(STALL_MS);
          });
        if (event.type === 'warning') held.open();
      }
      assert.deepEqual(
        seen.map(({ type }) => type),
        ['text', 'warning', 'text', 'finish'],
      );
      assert.ok(seen[1]?.type === 'warning' && seen[1].code === 'stalled');
      assert.equal(joined(seen, 'text'), 'one two');
    });

    it('fills the ledger, which estimates the next prompt', async () => {
      const clock = new ManualClock();
      const held = [gate(), gate()];
      const long = { messages: [{ role: 'user', content: 'word '.repeat(2_000) }], tools: [] } as const;
      const text = 'one two three four five six seven eight nine ten';
      const simulator = await simulate(held.map(({ promise }) => ({ text, holdHeaders: promise })));
      const ledger = new SpeedLedger();
      const phases: Phase[] = [];
      for (const [index, prefill] of held.entries()) {
        const speed = new SpeedMeter({ ledger, clock, key: QWEN, mayLoad: false });
        const reading = eventsOf(
          chatModel(wireTo(simulator.url, clock), QWEN, { speed }).stream(long, signal, (phase) => phases.push(phase)),
        );
        await simulator.waitForRequest(
          (request) => simulator.requests[index] === request && request.body !== undefined,
        );
        clock.advance(4_000);
        prefill.open();
        await reading;
      }
      assert.equal(ledger.of(QWEN)?.firstByteMs, 4_000);
      const [, unknown, , , known] = phases;
      assert.deepEqual(unknown, { phase: 'processing-prompt', estimatedMs: null, progress: null });
      assert.ok(known?.phase === 'processing-prompt' && Math.abs((known.estimatedMs ?? 0) - 4_000) < 400);
    });
  });

  describe('when it is cancelled', () => {
    it('leaves the queue, and the server never hears of it', async () => {
      const simulator = await simulate([{ text: 'x' }]);
      const lanes = new ModelLanes();
      const other = await lanes.enter(simulator.url, signal);
      const controller = new AbortController();
      const { names, onPhase } = phaseLog();
      const model = inLane(chatModel(wireTo(simulator.url), QWEN), lanes, simulator.url);
      const failing = assert.rejects(eventsOf(model.stream(ASK, controller.signal, onPhase)), STOP);
      controller.abort(STOP);
      await failing;
      other.dispose();
      (await lanes.enter(simulator.url, signal)).dispose();
      assert.deepEqual(names, ['queued']);
      assert.equal(simulator.requests.length, 0);
    });

    it('stops connecting', async () => {
      const clock = new ManualClock();
      const simulator = await simulate([{ text: 'x' }]);
      const controller = new AbortController();
      const { names, onPhase } = phaseLog();
      const model = chatModel(wireTo(simulator.url, clock), QWEN);
      // Nothing has happened on the wire before this turn of the event loop ends.
      const failing = assert.rejects(eventsOf(model.stream(ASK, controller.signal, onPhase)), STOP);
      controller.abort(STOP);
      await failing;
      assert.deepEqual(names, ['connecting']);
      assert.deepEqual([simulator.requests.length, clock.pending], [0, 0]);
    });

    for (const [phase, turn] of [
      ['processing-prompt', { holdHeaders: NEVER, text: 'x' }],
      ['generating', { text: 'one two', hold: NEVER }],
    ] as const) {
      it(`ends the socket while ${phase}`, async () => {
        const clock = new ManualClock();
        const simulator = await simulate([turn]);
        const controller = new AbortController();
        const model = chatModel(wireTo(simulator.url, clock), QWEN);
        const failing = assert.rejects(
          eventsOf(
            model.stream(ASK, controller.signal, (now) => {
              if (now.phase === phase)
                setImmediate(() => {
                  controller.abort(STOP);
                });
            }),
          ),
          STOP,
        );
        await failing;
        await simulator.waitForRequest(({ aborted }) => aborted);
        assert.equal(clock.pending, 0);
      });
    }
  });

  describe('with the quirks of LM Studio (reference 3.4)', () => {
    const READ = { match: 'read_file', arguments: { path: 'a.ts' } };
    const WITH_TOOL = { ...ASK, tools: [READ_TOOL] };

    /** Runs the agent with one tool; what it reports and what the tool was called with. */
    async function agent(simulator: Simulator) {
      const events: AgentEvent[] = [];
      const tools = new FakeTools([{ name: 'read_file', run: () => 'content' }]);
      const options = {
        model: chatModel(wireTo(simulator.url), QWEN),
        tools,
        gate: allowAll,
        clock: new ManualClock(),
        retry: { delayAfter: () => undefined },
        limits: { maxRounds: 5, maxTokens: undefined },
        resultCharLimit: 10_000,
        messages: ASK.messages,
        emit: (event: AgentEvent) => events.push(event),
      };
      return { outcome: await runAgent(options, signal), events, calls: tools.calls };
    }

    it('invents an id for a call without one, which the server would refuse later (BT#830)', async () => {
      const simulator = await simulate([{ toolCalls: [{ ...READ, id: '' }] }, { text: 'done' }]);
      const { outcome, events } = await agent(simulator);
      assert.deepEqual([outcome.status, outcome.text], ['completed', 'done']);
      assert.notEqual(ofType(events, 'tool_call')[0]?.id, '');
      assert.deepEqual(
        ofType(events, 'phase').map(({ phase }) => phase),
        [...['connecting', 'processing-prompt', 'generating'], ...['connecting', 'processing-prompt', 'generating']],
      );
    });

    it('keeps the first name where old builds repeat an empty one (BT#649)', async () => {
      const { calls } = await agent(
        await simulate([{ toolCalls: [READ], chunkSize: 2 }, { text: 'done' }], { profile: '0.3' }),
      );
      assert.deepEqual(calls, [{ name: 'read_file', arguments: { path: 'a.ts' } }]);
    });

    it('takes calls without an index', async () => {
      for (const withIds of [true, false]) {
        const toolCalls = ['a.ts', 'b.ts'].map((path) => ({
          match: 'read_file',
          arguments: { path },
          ...(withIds ? {} : { id: '' }),
        }));
        const simulator = await simulate([{ toolCalls, omitIndex: true, chunkSize: 3 }, { text: 'done' }]);
        assert.deepEqual(
          (await agent(simulator)).calls.map(({ arguments: args }) => args),
          [{ path: 'a.ts' }, { path: 'b.ts' }],
          `with ids: ${String(withIds)}`,
        );
      }
    });

    it('runs parallel calls one after the other, in one turn', async () => {
      const simulator = await simulate([{ toolCalls: [READ, READ, READ] }, { text: 'done' }]);
      const { calls } = await agent(simulator);
      assert.equal(calls.length, 3);
      assert.equal(simulator.requests.length, 2);
    });

    it('never runs a call that was cut off by the length', async () => {
      const cutOff = { toolCalls: [{ match: 'read_file', arguments: '{"path":"a' }], finish: 'length' } as const;
      const { calls, events } = await agent(await simulate([cutOff, { text: 'done' }]));
      assert.deepEqual(calls, []);
      assert.equal(ofType(events, 'tool_result')[0]?.code, 'tool-arguments');
    });

    it('says that the whole answer stands in the reasoning (BT#1602, #1698)', async () => {
      const { events, outcome } = await agent(await simulate([{ reasoning: 'Forty-two.' }, { text: '42.' }]));
      assert.equal(outcome.text, '42.');
      assert.deepEqual(
        ofType(events, 'warning').map(({ code }) => code),
        ['reasoning-only-answer'],
      );
    });

    it('reads reasoning in each of its three places', async () => {
      for (const reasoningField of ['reasoning_content', 'reasoning', 'think-tags'] as const) {
        const { url } = await simulate([{ reasoning: 'Hm', reasoningField, text: 'Hi', chunkSize: 1 }]);
        const events = await eventsOf(chatModel(wireTo(url), QWEN).stream(ASK, signal));
        assert.deepEqual([joined(events, 'reasoning'), joined(events, 'text')], ['Hm', 'Hi'], reasoningField);
      }
    });

    it('leaves reasoning whose opening tag stood in the prompt where it was shown, and says so', async () => {
      const { url } = await simulate([{ text: 'Hm\n</think>\n\nHi', chunkSize: 3 }]);
      const events = await eventsOf(chatModel(wireTo(url), QWEN).stream(ASK, signal));
      assert.equal(joined(events, 'text'), 'Hm\n</think>\n\nHi');
      assert.deepEqual(
        events.flatMap((event) => (event.type === 'warning' ? [event.code] : [])),
        ['reasoning-in-text'],
      );
    });

    it('says how long the model may stay where the request loads it', async () => {
      const simulator = await simulate([{ text: 'Hi' }]);
      await eventsOf(chatModel(wireTo(simulator.url), QWEN, { ttlSeconds: 60 }).stream(ASK, signal));
      const body = simulator.requests[0]?.body as Record<string, unknown>;
      assert.equal(body['ttl'], 60);
    });

    it('asks one thing at a time, because parallel requests can crash an engine (BT#2255)', async () => {
      const held = gate();
      const simulator = await simulate([{ text: 'one', holdHeaders: held.promise }, { text: 'two' }]);
      const lanes = new ModelLanes();
      const places: number[] = [];
      const ask = () =>
        eventsOf(
          inLane(chatModel(wireTo(simulator.url), QWEN), lanes, simulator.url).stream(ASK, signal, (phase) => {
            if (phase.phase === 'queued') places.push(phase.place);
          }),
        );
      const both = [ask(), ask()];
      await wasAsked(simulator);
      assert.deepEqual([simulator.requests.length, places], [1, [1]]);
      held.open();
      assert.deepEqual(
        (await Promise.all(both)).map((events) => joined(events, 'text')),
        ['one', 'two'],
      );
    });

    it('skips a spliced line, counts it, and reads characters and line ends that are cut anywhere', async () => {
      for (const [name, recorded] of Object.entries(CHAT_STREAMS)) {
        if (name === 'an error frame' || name === 'an early end') continue;
        const outcomes = [];
        for (const size of [5, 7, 100_000]) {
          const bytes = Buffer.from(recorded);
          const places = Array.from({ length: Math.floor(bytes.length / size) }, (_, index) => index * size);
          const server = await http((_, response) => {
            response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
            response.socket?.setNoDelay(true);
            for (const piece of cut(bytes, places)) response.write(piece);
            response.end();
          });
          const events = await eventsOf(chatModel(wireTo(server.root), 'm').stream(WITH_TOOL, signal));
          const rest = events.filter(({ type }) => type !== 'text' && type !== 'reasoning');
          outcomes.push({ text: joined(events, 'text'), reasoning: joined(events, 'reasoning'), rest });
        }
        assert.deepEqual(outcomes[0], outcomes[2], name);
        assert.deepEqual(outcomes[1], outcomes[2], name);
        const warned = outcomes[2]?.rest.some((event) => event.type === 'warning' && event.code === 'corrupt-frames');
        assert.equal(warned, name === 'a spliced line');
      }
    });

    it('ends with [DONE] although the server keeps the connection open', async () => {
      const server = await http((_, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(CHAT_STREAMS['line ends of both kinds']);
      });
      const events = await eventsOf(chatModel(wireTo(server.root), 'm').stream(ASK, signal));
      assert.equal(events.at(-1)?.type, 'finish');
      const socket = server.requests[0]?.socket ?? assert.fail();
      if (!socket.destroyed) await once(socket, 'close');
    });
  });
});
