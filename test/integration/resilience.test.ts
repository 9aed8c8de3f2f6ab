/**
 * Repeats, `Retry-After` and the circuit breaker over real sockets: what comes again, what never does, and how long it
 * takes. The waits stand on a clock that is moved by hand; the scenarios are those that our predecessor listed.
 */
import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { runAgent } from '../../src/agent/loop';
import type { AgentEvent } from '../../src/agent/types';
import type { BreakerState } from '../../src/base/circuitBreaker';
import { systemClock } from '../../src/base/clock';
import { BridgeError, type ErrorCode, isBridgeError, LLMConnectionError } from '../../src/base/errors';
import { createFetch } from '../../src/base/http';
import { ModelServer } from '../../src/llm/lmstudio/server';
import { RESILIENCE_DEFAULTS, type ResilienceOptions, ServerPolicy } from '../../src/llm/resilience';
import { createChatModel } from '../../src/llm/wire/openaiChat';
import { gate } from '../simulator/gate';
import { type SimulatorOptions, startSimulator } from '../simulator/server';
import type { Turn } from '../simulator/turn';
import { allowAll, FakeTools, ofType } from '../support/agent';
import { serve, unusedRoot } from '../support/lmstudio';
import { ManualClock } from '../support/manualClock';
import { ASK, chatModel, eventsOf, wireTo } from '../support/requests';

const QWEN = 'qwen/qwen3-8b';
const signal = new AbortController().signal;
const STOP = new BridgeError('cancelled', 'Stopped by hand.');
const LIST = JSON.stringify({ models: [] });

const failsWith = (code: ErrorCode) => (error: unknown) => {
  assert.ok(isBridgeError(error, code), String(error));
  return true;
};

/** Lets the sockets do their work until something waits on the clock. */
async function untilWaiting(clock: ManualClock): Promise<void> {
  while (clock.pending === 0) await nextTurn();
}

describe('resilience', () => {
  const closing: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  async function http(listener: RequestListener) {
    const server = await serve(listener);
    closing.push(server.close);
    return server;
  }
  async function simulate(options: SimulatorOptions = {}) {
    const simulator = await startSimulator(options);
    closing.push(() => simulator.close());
    return simulator;
  }

  /** Answers in this order, the last one again and again. A number: that status; `reset`: no answer at all. */
  async function answering(...answers: readonly (number | 'reset' | Record<string, string>)[]) {
    let next = 0;
    return http((request, response) => {
      const answer = answers[Math.min(next++, answers.length - 1)];
      if (answer === 'reset') request.socket.resetAndDestroy();
      else if (typeof answer === 'number') response.writeHead(answer).end(answer === 200 ? LIST : '{"error":"No."}');
      else response.writeHead(429, answer).end('{"error":"Slow down"}');
    });
  }

  /** A client whose waits, all but those of its sockets, stand on a clock of their own. */
  function clientOf(root: string, options: Partial<ResilienceOptions> = {}) {
    const clock = new ManualClock();
    const policy = new ServerPolicy({ clock, random: () => 1 }, options);
    const fetch = createFetch(systemClock);
    const server = new ModelServer({ root, token: undefined }, { fetch, clock: systemClock, policy });
    const states: BreakerState['kind'][] = [];
    policy.breaker.onDidChange(({ kind }) => states.push(kind));
    return { server, clock, policy, states, fetch };
  }

  /** A task without tools, as the workshop puts it together. */
  function taskOn(root: string, stop = signal, options: Partial<ResilienceOptions> = {}) {
    const { server, clock, policy, fetch } = clientOf(root, options);
    const events: AgentEvent[] = [];
    const model = createChatModel({
      address: server.address,
      fetch,
      clock: systemClock,
      model: QWEN,
      isExpected: () => true,
    });
    const outcome = runAgent(
      {
        model: policy.guard(model),
        tools: new FakeTools([]),
        gate: allowAll,
        clock,
        retry: policy.turns,
        limits: { maxRounds: 5, maxTokens: undefined },
        resultCharLimit: 1_000,
        messages: [{ role: 'user', content: 'Hi' }],
        emit: (event) => events.push(event),
      },
      stop,
    );
    return { outcome, clock, events, policy };
  }

  describe('reading', () => {
    it('succeeds at the second attempt where the trouble passes', async () => {
      for (const trouble of [429, 502, 503, 504, 'reset'] as const) {
        const { root, requests } = await answering(trouble, 200);
        const { server, clock } = clientOf(root);
        const listing = server.listModels(signal);
        await untilWaiting(clock);
        clock.advance(399);
        assert.equal(clock.pending, 1, 'the first wait is up to 400 ms');
        clock.advance(1);
        assert.deepEqual((await listing).models, [], String(trouble));
        assert.deepEqual([requests.length, clock.pending], [2, 0]);
      }
    });

    it('is given up after its attempts, each wait longer than the one before', async () => {
      const { root, requests } = await answering(503);
      const { server, clock } = clientOf(root, { reads: { ...RESILIENCE_DEFAULTS.turns, baseMs: 100 } });
      const failing = assert.rejects(server.listModels(signal), failsWith('bad-response'));
      for (const ms of [100, 200]) {
        await untilWaiting(clock);
        clock.advance(ms - 1);
        assert.equal(clock.pending, 1);
        clock.advance(1);
      }
      await failing;
      assert.equal(requests.length, 3);
    });

    it('is never repeated where it fails the same way again', async () => {
      for (const status of [400, 401, 403, 404, 422, 500]) {
        const { root, requests } = await answering(status);
        const { server, clock } = clientOf(root);
        await assert.rejects(server.listModels(signal));
        const paths = requests.map(({ url }) => url);
        assert.equal(new Set(paths).size, paths.length, `${String(status)} was asked for twice`);
        assert.equal(clock.pending, 0);
      }
    });

    it('waits as long as the server asks for, in seconds or until a date', async () => {
      const inTwo = { date: 'Sun, 06 Nov 1994 08:49:37 GMT', 'retry-after': 'Sun, 06 Nov 1994 08:49:39 GMT' };
      const reads = { ...RESILIENCE_DEFAULTS.reads, maxRetryAfterMs: 10_000 };
      for (const headers of [{ 'retry-after': '2' }, inTwo]) {
        const { root } = await answering(headers, 200);
        const { server, clock } = clientOf(root, { reads });
        const listing = server.listModels(signal);
        await untilWaiting(clock);
        clock.advance(1_999);
        assert.equal(clock.pending, 1);
        clock.advance(1);
        await listing;
      }
    });

    it('does not wait where the server asks for more than a person would', async () => {
      const { root, requests } = await answering({ 'retry-after': '120' });
      await assert.rejects(clientOf(root).server.listModels(signal), failsWith('rate-limited'));
      assert.equal(requests.length, 1);
    });

    it('says at once that nothing listens, at first contact', async () => {
      const { server, clock } = clientOf(await unusedRoot());
      await assert.rejects(server.listModels(signal), (error) => {
        assert.ok(error instanceof LLMConnectionError);
        return failsWith('server-unreachable')(error);
      });
      assert.equal(clock.pending, 0);
    });

    it('asks once more, quickly, where a server is gone that was there a moment ago', async () => {
      const simulator = await startSimulator();
      const { server, clock } = clientOf(simulator.url);
      await server.listModels(signal);
      await simulator.close();
      const failing = assert.rejects(server.listModels(signal), failsWith('server-unreachable'));
      await untilWaiting(clock);
      clock.advance(400);
      await failing;
      await assert.rejects(server.listModels(signal), failsWith('server-unreachable'));
      assert.equal(clock.pending, 0, 'it is known to be gone now');
    });

    it('ends in its wait when it is cancelled, and asks no more', async () => {
      const { root, requests } = await answering(503);
      const controller = new AbortController();
      const { server, clock, policy } = clientOf(root);
      const failing = assert.rejects(server.listModels(controller.signal), STOP);
      await untilWaiting(clock);
      controller.abort(STOP);
      await failing;
      assert.deepEqual([requests.length, clock.pending, policy.breaker.state.kind], [1, 0, 'closed']);
    });
  });

  describe('loading', () => {
    it('is never repeated, whatever goes wrong: a second load makes a second copy', async () => {
      for (const trouble of [429, 502, 503, 504, 'reset'] as const) {
        const { root, requests } = await answering(trouble, 200);
        const { server, clock } = clientOf(root);
        await assert.rejects(server.load(QWEN, {}, signal));
        assert.deepEqual([requests.length, clock.pending], [1, 0], String(trouble));
      }
    });

    it('has no time limit: a load takes as long as it takes', async () => {
      const held = gate();
      const started = gate();
      const beforeLoad = (): Promise<void> => {
        started.open();
        return held.promise;
      };
      const { url } = await simulate({ beforeLoad });
      const clock = new ManualClock();
      const server = new ModelServer({ root: url, token: undefined }, { fetch: createFetch(clock), clock });
      const load = server.load('openai/gpt-oss-20b', {}, signal);
      await started.promise;
      clock.advance(3_600_000);
      held.open();
      assert.equal((await load).instanceId, 'openai/gpt-oss-20b');
    });
  });

  describe('a turn of a task', () => {
    const answers: Turn = { text: 'Now.' };
    const busy = (status: number): Turn => ({ error: { status, body: { error: 'Try later' } } });

    it('waits for an answer that is slow, in its beginning and between its words', async () => {
      const [late, later] = [gate(), gate()];
      const turn = { holdHeaders: late.promise, text: 'At last.', hold: later.promise };
      const simulator = await simulate({ script: [turn] });
      const { outcome, clock, events } = taskOn(simulator.url);
      await simulator.waitForRequest(({ body }) => body !== undefined);
      clock.advance(3_600_000);
      late.open();
      while (ofType(events, 'text_delta').length === 0) await nextTurn();
      clock.advance(3_600_000);
      later.open();
      assert.equal((await outcome).text, 'At last.');
      assert.deepEqual([simulator.requests.length, ofType(events, 'retry')], [1, []]);
    });

    it('comes again after a failure that passes, and says so', async () => {
      for (const [trouble, code] of [
        [{ resetSocket: true }, 'stream-interrupted'],
        [{ text: 'x', cutAfter: 0 }, 'stream-interrupted'],
        [busy(429), 'rate-limited'],
        [busy(503), 'bad-response'],
      ] as const satisfies readonly (readonly [Turn, ErrorCode])[]) {
        const { url, requests } = await simulate({ script: [trouble, trouble, answers] });
        const { outcome, clock, events } = taskOn(url);
        for (const ms of [2_000, 4_000]) {
          await untilWaiting(clock);
          clock.advance(ms);
        }
        assert.equal((await outcome).text, 'Now.');
        assert.deepEqual(ofType(events, 'retry'), [
          { type: 'retry', code, attempt: 1, delayMs: 2_000 },
          { type: 'retry', code, attempt: 2, delayMs: 4_000 },
        ]);
        assert.equal(requests.length, 3);
      }
    });

    it('waits as long as the server asks for', async () => {
      let asked = 0;
      const { root } = await http((_, response) => {
        if (asked++ === 0) response.writeHead(429, { 'retry-after': '30' }).end('{"error":"Slow down"}');
        else {
          response.writeHead(200, { 'content-type': 'text/event-stream' });
          response.end('data: {"choices":[{"delta":{"content":"Now."},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n');
        }
      });
      const { outcome, clock, events } = taskOn(root);
      await untilWaiting(clock);
      assert.equal(ofType(events, 'retry')[0]?.delayMs, 30_000);
      clock.advance(30_000);
      assert.equal((await outcome).text, 'Now.');
    });

    it('fails for good after three attempts', async () => {
      const { url, requests } = await simulate({ script: () => busy(429) });
      const { outcome, clock } = taskOn(url);
      const failing = assert.rejects(outcome, failsWith('rate-limited'));
      for (const ms of [2_000, 4_000]) {
        await untilWaiting(clock);
        clock.advance(ms);
      }
      await failing;
      assert.equal(requests.length, 3);
    });

    it('never comes again after output, a refusal or a dead server', async () => {
      for (const turn of [{ text: 'Hel lo', cutAfter: 1 }, busy(400), busy(404), busy(422), busy(500)]) {
        const { url, requests } = await simulate({ script: () => turn });
        const { outcome, events } = taskOn(url);
        await assert.rejects(outcome);
        assert.deepEqual([requests.length, ofType(events, 'retry').length], [1, 0], JSON.stringify(turn));
      }
      await assert.rejects(taskOn(await unusedRoot()).outcome, failsWith('server-unreachable'));
    });

    it('never comes again after a cancel', async () => {
      const { url, requests } = await simulate({ script: () => busy(429) });
      const controller = new AbortController();
      const { outcome, clock } = taskOn(url, controller.signal);
      const failing = assert.rejects(outcome, STOP);
      await untilWaiting(clock);
      controller.abort(STOP);
      await failing;
      assert.deepEqual([requests.length, clock.pending], [1, 0]);
    });
  });

  describe('the breaker of a server', () => {
    const fail = async (server: ModelServer, times: number): Promise<void> => {
      for (let time = 0; time < times; time++)
        await assert.rejects(server.listModels(signal), failsWith('server-unreachable'));
    };

    it('opens after five failures in a row, fails fast, and says when it will try again', async () => {
      const { server, clock, states, policy } = clientOf(await unusedRoot());
      await fail(server, 4);
      assert.deepEqual(states, []);
      await fail(server, 1);
      assert.deepEqual(states, ['open']);
      clock.advance(1_000);
      for (const ask of [
        () => server.listModels(signal),
        () => server.load(QWEN, {}, signal),
        () => server.greet(signal),
      ]) {
        await assert.rejects(ask(), (error) => {
          assert.ok(error instanceof LLMConnectionError);
          assert.match(error.message, /nothing listens there.*next try is in 4 s/);
          assert.match(error.hint ?? '', /Start LM Studio/);
          return failsWith('server-unreachable')(error);
        });
      }
      assert.equal(policy.breaker.state.kind, 'open');
    });

    it('asks nobody while it is open, and opens again after a failed probe', async () => {
      const { url, requests } = await simulate({ script: () => ({ resetSocket: true }) });
      const { policy, clock, states } = clientOf(url, { breaker: { failures: 2, openMs: 5_000 } });
      const model = policy.guard(chatModel(wireTo(url), QWEN));
      const ask = (): Promise<void> =>
        assert.rejects(eventsOf(model.stream(ASK, signal)), failsWith('stream-interrupted'));
      for (let time = 0; time < 5; time++) await ask();
      assert.equal(requests.length, 2);
      clock.advance(5_000);
      for (let time = 0; time < 5; time++) await ask();
      assert.equal(requests.length, 3);
      assert.deepEqual(states, ['open', 'half-open', 'open']);
    });

    it('closes when the server is back', async () => {
      const simulator = await startSimulator();
      const { port, url } = simulator;
      await simulator.close();
      const { server, clock, states } = clientOf(url);
      await fail(server, 5);
      await simulate({ port });
      await fail(server, 1);
      clock.advance(5_000);
      assert.ok((await server.listModels(signal)).models.length > 0);
      assert.deepEqual(states, ['open', 'half-open', 'closed']);
    });

    it('closes for whatever the server says, as long as it says something', async () => {
      const { root } = await answering('reset', 'reset', 'reset', 'reset', 401, 'reset');
      const { server, policy, states } = clientOf(root);
      const ask = (): Promise<void> => assert.rejects(server.unload(QWEN, signal));
      for (let time = 0; time < 9; time++) await ask();
      assert.deepEqual([states, policy.breaker.state.kind], [[], 'closed']);
    });

    it('counts a server that is silent', async () => {
      const { root } = await http(() => undefined);
      const clock = new ManualClock();
      const policy = new ServerPolicy({ clock }, { breaker: { failures: 1, openMs: 60_000 } });
      const server = new ModelServer({ root, token: undefined }, { fetch: createFetch(systemClock), clock, policy });
      const failing = assert.rejects(server.greet(signal), failsWith('server-timeout'));
      await untilWaiting(clock);
      clock.advance(2_000);
      await failing;
      await assert.rejects(server.greet(signal), /next try is in 60 s/);
    });

    it('holds for the turns of a task too, and their first word closes it', async () => {
      const dead = taskOn(await unusedRoot(), signal, { breaker: { failures: 1, openMs: 5_000 } });
      await assert.rejects(dead.outcome, failsWith('server-unreachable'));
      assert.equal(dead.policy.breaker.state.kind, 'open');
      const { url } = await simulate({ script: () => ({ text: 'Here.' }) });
      const { server, policy, fetch, states } = clientOf(url, { breaker: { failures: 1, openMs: 5_000 } });
      const model = policy.guard(
        createChatModel({ address: server.address, fetch, clock: systemClock, model: QWEN, isExpected: () => true }),
      );
      const read = async (): Promise<number> => {
        let count = 0;
        for await (const event of model.stream({ messages: [{ role: 'user', content: 'Hi' }], tools: [] }, signal))
          count += event.type === 'text' ? 1 : 0;
        return count;
      };
      policy.breaker.enter().failed(new BridgeError('server-unreachable', 'Gone.'));
      await assert.rejects(read(), /Gone\..*next try is in 5 s/);
      policy.breaker.tryNow();
      assert.ok((await read()) > 0);
      assert.deepEqual(states, ['open', 'open', 'half-open', 'closed']);
    });
  });
});
