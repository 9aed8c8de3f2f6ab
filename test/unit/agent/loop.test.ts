import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type AgentOptions, runAgent } from '../../../src/agent/loop';
import type { AgentEvent, ChatEvent, Message } from '../../../src/agent/types';
import { BridgeError, isBridgeError } from '../../../src/base/errors';
import { ServerPolicy } from '../../../src/llm/resilience';
import {
  allowAll,
  answers,
  call,
  calls,
  type FakeTool,
  FakeTools,
  finish,
  ofType,
  reasoning,
  ScriptedModel,
  type Step,
  text,
  untilAborted,
  usageOf,
} from '../../support/agent';
import { ManualClock } from '../../support/manualClock';

const OPENING: readonly Message[] = [
  { role: 'system', content: 'Rules.' },
  { role: 'user', content: 'Task.' },
];
const LIST: FakeTool = { name: 'list', run: ({ dir }) => `files of ${typeof dir === 'string' ? dir : '.'}` };
const STOP = new BridgeError('cancelled', 'Stopped by hand.');

function agent(
  turns: readonly (readonly Step[])[],
  fakes: readonly FakeTool[] = [LIST],
  options: Partial<AgentOptions> = {},
) {
  const events: AgentEvent[] = [];
  const model = new ScriptedModel(turns);
  const tools = new FakeTools(fakes);
  const clock = new ManualClock();
  const controller = new AbortController();
  const run = () =>
    runAgent(
      {
        model,
        tools,
        gate: allowAll,
        clock,
        retry: new ServerPolicy({ clock, random: () => 0.5 }).turns,
        limits: { maxRounds: 50, maxTokens: undefined },
        resultCharLimit: 10_000,
        messages: OPENING,
        emit: (event) => events.push(event),
        ...options,
      },
      controller.signal,
    );
  const types = () => events.map(({ type }) => type);
  return { run, model, tools, clock, controller, events, types };
}

describe('the agent', () => {
  it('answers a task without tools in one round', async () => {
    const { run, events } = agent([[reasoning('Hm'), text('Hel'), text('lo'), finish('stop', usageOf(10, 5, 2))]]);
    const outcome = await run();
    const usage = usageOf(10, 5, 2);
    assert.deepEqual(outcome, { status: 'completed', code: null, text: 'Hello', rounds: 1, usage });
    assert.deepEqual(events, [
      { type: 'round_start', round: 1 },
      { type: 'reasoning_delta', text: 'Hm' },
      { type: 'text_delta', text: 'Hel' },
      { type: 'text_delta', text: 'lo' },
      { type: 'usage', ...usage, prefixShare: null },
    ]);
  });

  it('runs the calls of a round in order and gives their results back', async () => {
    const turn = [
      text('Looking.'),
      call('list', { dir: 'a' }, '111111111'),
      call('list', { dir: 'b' }, '222222222'),
      finish('tool-calls'),
    ];
    const { run, model, types, tools } = agent([turn, answers('Done.')]);
    const outcome = await run();
    assert.deepEqual([outcome.text, outcome.rounds, outcome.usage], ['Done.', 2, usageOf(20, 10)]);
    assert.deepEqual(types(), [
      'round_start',
      'text_delta',
      'usage',
      'tool_call',
      'tool_call',
      'tool_result',
      'tool_result',
      'round_start',
      'text_delta',
      'usage',
    ]);
    assert.deepEqual(
      tools.calls.map((made) => made.arguments),
      [{ dir: 'a' }, { dir: 'b' }],
    );
    assert.deepEqual(model.requests[1]?.messages.slice(2), [
      {
        role: 'assistant',
        content: 'Looking.',
        toolCalls: [
          { id: '111111111', name: 'list', arguments: '{"dir":"a"}' },
          { id: '222222222', name: 'list', arguments: '{"dir":"b"}' },
        ],
      },
      { role: 'tool', toolCallId: '111111111', content: 'files of a' },
      { role: 'tool', toolCallId: '222222222', content: 'files of b' },
    ]);
  });

  it('only ever appends to the prompt, and offers the same tools every time', async () => {
    const ids = fc.constantFrom('', '1', '000000001', '000000002', '931693397');
    const made = fc.record({
      name: fc.constantFrom('list', 'LIST', 'nothing', ''),
      args: fc.constantFrom('{}', '{"dir":"a"}', '{"dir":', ''),
      id: ids,
    });
    const rounds = fc.array(fc.array(made, { minLength: 1, maxLength: 3 }), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(rounds, async (script) => {
        const turns = script.map((round) => calls(...round.map(({ name, args, id }) => call(name, args, id))));
        const { run, model, events } = agent([...turns, answers('Done.')]);
        const outcome = await run();
        for (const [index, { messages, tools }] of model.requests.entries()) {
          const next = model.requests[index + 1];
          if (next) assert.deepEqual(next.messages.slice(0, messages.length), messages);
          // Where a guard has stopped it, the last request is for the answer alone.
          const isClosing = !next && tools.length === 0;
          if (!isClosing) assert.deepEqual(tools, model.requests[0]?.tools);
        }
        const used = ofType(events, 'tool_call').map(({ id }) => id);
        assert.equal(new Set(used).size, used.length);
        assert.ok(!used.includes(''));
        if (outcome.status === 'completed')
          assert.deepEqual(
            ofType(events, 'tool_result')
              .map(({ id }) => id)
              .sort(),
            used.sort(),
          );
        const conversation = model.requests.at(-1)?.messages ?? [];
        const replayed = conversation.flatMap((message) => (message.role === 'assistant' ? message.toolCalls : []));
        for (const { name, arguments: args } of replayed) {
          assert.notEqual(name, '', 'servers refuse nameless calls');
          assert.equal(typeof JSON.parse(args), 'object', 'templates fail on broken arguments');
        }
      }),
      { numRuns: 60 },
    );
  });

  it('invents ids in the form of the server where they are missing or used already', async () => {
    const { run, events } = agent([
      calls(call('list'), call('list', {}, '5')),
      calls(call('list', { dir: 'x' }, '5')),
      answers('Done.'),
    ]);
    await run();
    const ids = ofType(events, 'tool_call').map(({ id }) => id);
    assert.equal(ids[1], '5');
    for (const id of [ids[0], ids[2]]) assert.match(id ?? '', /^\d{9}$/);
  });

  it('goes on after a call that cannot run', async () => {
    const failing: FakeTool = { name: 'fails', run: () => ({ isError: true, code: 'tool-failed', text: 'Broken.' }) };
    const { run, events, model } = agent(
      [calls(call('nothing'), call('list', '{"dir"'), call('fails')), answers('Done.')],
      [LIST, failing],
    );
    assert.equal((await run()).status, 'completed');
    assert.deepEqual(
      ofType(events, 'tool_result').map(({ code }) => code),
      ['tool-not-found', 'tool-arguments', 'tool-failed'],
    );
    const results = model.requests[1]?.messages.filter(({ role }) => role === 'tool').map(({ content }) => content);
    assert.deepEqual(
      results,
      ofType(events, 'tool_result').map((event) => event.text),
    );
  });

  it('notes on the disk that a changing call begins, and writes what it did before anything else happens', async () => {
    const order: string[] = [];
    const later = (what: string) => (): Promise<void> =>
      new Promise((resolve) => {
        setImmediate(() => {
          order.push(what);
          resolve();
        });
      });
    const journal = { record: () => undefined, written: later('written'), flush: later('flushed') };
    const write: FakeTool = { name: 'write', run: () => String(order.push('write')) };
    const read: FakeTool = { name: 'read', readOnly: true, run: () => String(order.push('read')) };
    const turns = [calls(call('read'), call('write'), call('write'), call('read')), answers('Done.')];
    await agent(turns, [read, write], { journal }).run();
    assert.deepEqual(order, ['read', 'flushed', 'write', 'written', 'flushed', 'write', 'written', 'read']);
  });

  it('tells the model that a call was denied, and goes on', async () => {
    const { run, model, tools } = agent([calls(call('list')), answers('Without it.')], [LIST], {
      gate: { decide: () => Promise.resolve({ kind: 'denied', reason: 'Not today.' }) },
    });
    assert.equal((await run()).text, 'Without it.');
    assert.match(model.requests[1]?.messages.at(-1)?.content ?? '', /Not today/);
    assert.equal(tools.calls.length, 0);
  });

  it('warns of an answer that is cut off, empty, or nothing but reasoning', async () => {
    const warningsOf = async (...turns: Step[][]) => {
      const { run, events, model } = agent(turns);
      assert.equal((await run()).status, 'completed');
      assert.equal(model.requests.length, turns.length);
      return ofType(events, 'warning').map(({ code }) => code);
    };
    assert.deepEqual(await warningsOf([text('Hel'), finish('length')]), ['answer-truncated']);
    assert.deepEqual(await warningsOf([reasoning('Hm'), finish()], answers('Done.')), ['reasoning-only-answer']);
    assert.deepEqual(await warningsOf([text(' \n'), finish()], answers('Done.')), ['empty-answer']);
    assert.deepEqual(await warningsOf(answers('Hello')), []);
  });

  it('asks a model that says nothing to say something, but not for ever', async () => {
    const silent: Step[] = [reasoning('Hm'), finish()];
    const { run, model } = agent([silent, silent, silent]);
    assert.deepEqual([(await run()).text, model.requests.length], ['', 3]);
    assert.deepEqual(
      model.requests[1]?.messages.slice(-2).map(({ role }) => role),
      ['assistant', 'user'],
    );
    const short = agent([silent], [LIST], { limits: { maxRounds: 1, maxTokens: undefined } });
    assert.equal((await short.run()).status, 'completed');
  });

  describe('stops at a limit', () => {
    const busy = (round: number): Step[] => [
      text(`Round ${String(round)}`),
      call('list', { dir: String(round) }),
      finish('tool-calls'),
    ];
    const twoRounds = { limits: { maxRounds: 2, maxTokens: undefined } };

    it('of rounds, with an answer that is asked for without tools', async () => {
      const { run, model, tools } = agent([busy(1), busy(2), answers('So far.')], [LIST], twoRounds);
      assert.deepEqual(await run(), {
        status: 'limit',
        code: 'limit-rounds',
        text: 'So far.',
        rounds: 2,
        usage: usageOf(30, 15),
      });
      assert.deepEqual(
        model.requests.map((request) => request.tools.length),
        [1, 1, 0],
      );
      assert.equal(tools.calls.length, 2);
    });

    it('of rounds, with the text of the last one where there is no such answer', async () => {
      const broken = new BridgeError('stream-interrupted', 'Broke.');
      const { run, events } = agent([busy(1), busy(2), [text('So'), broken]], [LIST], twoRounds);
      assert.deepEqual(await run(), {
        status: 'limit',
        code: 'limit-rounds',
        text: 'Round 2',
        rounds: 2,
        usage: usageOf(20, 10),
      });
      assert.deepEqual(
        ofType(events, 'warning').map(({ code }) => code),
        ['closing-answer', 'no-closing-answer'],
      );
      const calling = agent([busy(1), busy(2), busy(3)], [LIST], twoRounds);
      assert.equal((await calling.run()).status, 'limit');
      assert.equal(calling.tools.calls.length, 2);
    });

    it('of tokens, prompt and completion together', async () => {
      const turn = (dir: string): Step[] => [call('list', { dir }), finish('tool-calls', usageOf(100, 50, 40))];
      const { run } = agent([turn('a'), turn('b'), turn('c')], [LIST], { limits: { maxRounds: 50, maxTokens: 300 } });
      assert.deepEqual(
        [
          (await run()).code,
          (await agent([turn('a'), answers('Done.')], [LIST], { limits: { maxRounds: 50, maxTokens: 151 } }).run())
            .code,
        ],
        ['limit-tokens', null],
      );
    });

    it('of tokens, early enough for an answer where there is room for one', async () => {
      const turn: Step[] = [call('list'), finish('tool-calls', usageOf(100, 50))];
      const { run, model } = agent([turn, answers('So far.')], [LIST], { limits: { maxRounds: 50, maxTokens: 320 } });
      const outcome = await run();
      assert.deepEqual([outcome.code, outcome.text, model.requests.length], ['limit-tokens', 'So far.', 2]);
      assert.deepEqual(model.requests[1]?.tools, []);
    });

    it('of tokens by an estimate where the server counts nothing', async () => {
      const turn: Step[] = [call('list'), finish('tool-calls', usageOf(null, null))];
      const long: FakeTool = { name: 'list', run: () => 'x'.repeat(8_000) };
      const { run } = agent([turn, turn, turn], [long], { limits: { maxRounds: 50, maxTokens: 2_000 } });
      const outcome = await run();
      assert.deepEqual([outcome.code, outcome.rounds], ['limit-tokens', 1]);
    });

    it('but not when the last allowed round is the answer', async () => {
      const { run } = agent([answers('Done.')], [LIST], { limits: { maxRounds: 1, maxTokens: 1 } });
      assert.equal((await run()).status, 'completed');
    });
  });

  describe('notices a loop', () => {
    const again = calls(call('list', { dir: 'a' }));

    it('and stops it: after five equal answers the sixth call does not run', async () => {
      const { run, tools, events } = agent(Array.from({ length: 10 }, () => again));
      const outcome = await run();
      assert.deepEqual([outcome.status, outcome.code, outcome.rounds], ['limit', 'loop-detected', 6]);
      assert.equal(tools.calls.length, 5);
      assert.equal(ofType(events, 'tool_call').length, 6);
      assert.equal(ofType(events, 'tool_result').at(-1)?.code, 'loop-detected');
    });

    it('and tells the model from the third time on, in the event too', async () => {
      const { run, model, events } = agent([again, again, again, answers('Done.')]);
      await run();
      const given =
        model.requests[3]?.messages.filter(({ role }) => role === 'tool').map(({ content }) => content) ?? [];
      assert.equal(given[1], 'files of a');
      assert.match(given[2] ?? '', /^files of a\n\[You have made the same call or calls 3 times/);
      assert.deepEqual(
        ofType(events, 'tool_result').map((event) => event.text),
        given,
      );
    });

    it('whatever order the keys of the arguments come in', async () => {
      const turns = Array.from({ length: 10 }, (_, index) =>
        calls(call('list', index % 2 ? '{"a":1,"b":2}' : '{ "b":2, "a":1 }')),
      );
      assert.equal((await agent(turns).run()).code, 'loop-detected');
    });

    it('but not where the answer changes or another call comes between', async () => {
      let count = 0;
      const counting: FakeTool = { name: 'list', run: () => String(count++) };
      const turns = Array.from({ length: 9 }, () => again);
      assert.equal((await agent([...turns, answers('Done.')], [counting]).run()).status, 'completed');
      const mixed = Array.from({ length: 12 }, (_, index) => calls(call('list', { dir: index % 4 ? 'a' : 'b' })));
      assert.equal((await agent([...mixed, answers('Done.')]).run()).status, 'completed');
    });
  });

  describe('repeats a round', () => {
    const limited = new BridgeError('rate-limited', 'Busy.');
    const broken = new BridgeError('stream-interrupted', 'Broke.');

    it('that failed in passing before it said anything, after a while', async () => {
      const { run, clock, events, model } = agent([[limited], [broken], answers('Done.')]);
      const done = run();
      await settle();
      assert.deepEqual(ofType(events, 'retry'), [{ type: 'retry', code: 'rate-limited', attempt: 1, delayMs: 1_000 }]);
      clock.advance(999);
      await settle();
      assert.equal(model.requests.length, 1);
      clock.advance(1);
      await settle();
      assert.deepEqual(ofType(events, 'retry')[1], {
        type: 'retry',
        code: 'stream-interrupted',
        attempt: 2,
        delayMs: 2_000,
      });
      clock.advance(2_000);
      const outcome = await done;
      assert.deepEqual([outcome.text, outcome.rounds], ['Done.', 1]);
      assert.deepEqual(model.requests[2], model.requests[0]);
    });

    it('twice at most', async () => {
      const { run, clock } = agent([[limited], [limited], [limited], answers('Never.')]);
      const failing = assert.rejects(run(), limited);
      for (const ms of [1_000, 2_000]) {
        await settle();
        clock.advance(ms);
      }
      await failing;
    });

    it('never after any output', async () => {
      for (const output of [text('Hel'), reasoning('Hm'), call('list')]) {
        const { run, model } = agent([[output, broken], answers('Never.')]);
        await assert.rejects(run(), broken);
        assert.equal(model.requests.length, 1);
      }
    });

    it('never where it would fail the same way again', async () => {
      for (const code of [
        'context-overflow',
        'engine-crashed',
        'auth-required',
        'model-not-found',
        'bad-response',
      ] as const) {
        const { run, events } = agent([[new BridgeError(code, 'No.')], answers('Never.')]);
        await assert.rejects(run(), (error) => isBridgeError(error, code));
        assert.equal(ofType(events, 'retry').length, 0);
      }
    });
  });

  describe('ends with the reason of its signal', () => {
    it('before and in an answer', async () => {
      for (const steps of [['hang'], [text('Hel'), 'hang'], [reasoning('Hm'), 'hang']] as Step[][]) {
        const { run, controller, model, types } = agent([steps]);
        model.beforeStep = (step) => {
          if (step === 'hang') controller.abort(STOP);
        };
        await assert.rejects(run(), STOP);
        assert.ok(!types().includes('usage'));
      }
    });

    it('while it waits to repeat a round', async () => {
      const { run, controller, clock, model } = agent([[new BridgeError('rate-limited', 'Busy.')], answers('Never.')]);
      const failing = assert.rejects(run(), STOP);
      await settle();
      controller.abort(STOP);
      await failing;
      assert.deepEqual([model.requests.length, clock.pending], [1, 0]);
    });

    it('while a person is asked', async () => {
      const { run, controller, tools } = agent([calls(call('list'))], [LIST], {
        gate: {
          decide: (_, signal) => {
            queueMicrotask(() => {
              controller.abort(STOP);
            });
            return untilAborted(signal);
          },
        },
      });
      await assert.rejects(run(), STOP);
      assert.equal(tools.calls.length, 0);
    });

    it('while a tool runs, even one that pays no attention', async () => {
      const { run, controller, model } = agent(
        [calls(call('list')), answers('Never.')],
        [
          {
            name: 'list',
            run: () => {
              controller.abort(STOP);
              return 'done all the same';
            },
          },
        ],
      );
      await assert.rejects(run(), STOP);
      assert.equal(model.requests.length, 1);
    });
  });

  it('does not lose a warning of the model', async () => {
    const warning: ChatEvent = { type: 'warning', code: 'model-substituted', message: 'Another one.' };
    const { run, events } = agent([[warning, ...answers('Done.')]]);
    await run();
    assert.deepEqual(ofType(events, 'warning'), [warning]);
  });
});

/** Lets everything that waits for nothing but its turn have it. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await Promise.resolve();
}
