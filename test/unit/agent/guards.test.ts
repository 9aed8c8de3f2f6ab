/** The guards against a model that goes round in circles: each with the bad thing that it stops, and the good one that it does not. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type AgentOptions, runAgent } from '../../../src/agent/loop';
import { HeadwayGuard } from '../../../src/agent/headway';
import { RepetitionGuard } from '../../../src/agent/repetition';
import type { AgentEvent, ApprovalRequest, Message, RunControl } from '../../../src/agent/types';
import { BridgeError } from '../../../src/base/errors';
import { ServerPolicy } from '../../../src/llm/resilience';
import {
  allowAll,
  answers,
  call,
  calls,
  type FakeTool,
  FakeTools,
  ofType,
  ScriptedModel,
  type Step,
  untilAborted,
} from '../../support/agent';
import { ManualClock } from '../../support/manualClock';

const OPENING: readonly Message[] = [
  { role: 'system', content: 'Rules.' },
  { role: 'user', content: 'Task.' },
];
const STOP = new BridgeError('cancelled', 'Stopped by hand.');
const READ: FakeTool = { name: 'read', readOnly: true, run: ({ path }) => `text of ${JSON.stringify(path)}` };
const FIND: FakeTool = { name: 'find', readOnly: true, run: () => 'not found' };
const WRITE: FakeTool = { name: 'write', run: () => 'ok' };
const FAIL: FakeTool = { name: 'fail', run: () => ({ isError: true, code: 'tool-failed', text: 'Broken.' }) };

/** A person who answers every question whether the run may go on from a list, then with no. */
function personWho(...replies: boolean[]): RunControl & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    next: () => Promise.resolve([]),
    whenGoing: () => Promise.resolve(),
    mayGoOn: (problem) => {
      asked.push(problem);
      return Promise.resolve(replies.shift() ?? false);
    },
  };
}

/** Runs a model that makes these calls, one a round, and then says `Done.`; asked for its answer before, it says the same. */
async function run(made: readonly Step[][], options: Partial<AgentOptions> = {}) {
  const tools = new FakeTools([READ, FIND, WRITE, FAIL]);
  const events: AgentEvent[] = [];
  const model = new ScriptedModel(made);
  const clock = new ManualClock();
  const retry = new ServerPolicy({ clock, random: () => 0.5 }).turns;
  const stream: typeof model.stream = (request, signal) =>
    request.tools.length === 0 || model.requests.length >= made.length
      ? new ScriptedModel([answers('Done.')]).stream(request, signal)
      : model.stream(request, signal);
  const outcome = await runAgent(
    {
      ...{ model: { id: model.id, stream }, tools, gate: allowAll, clock, retry, messages: OPENING },
      ...{ limits: { maxRounds: 100, maxTokens: undefined }, resultCharLimit: 10_000 },
      emit: (event) => events.push(event),
      ...options,
    },
    new AbortController().signal,
  );
  const notes = ofType(events, 'tool_result').filter(({ text }) => text.includes('\n['));
  return { ...outcome, tools, model, events, notes };
}

const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));
const read = (path: string): Step[] => calls(call('read', { path }));

describe('the guard against the same calls again and again', () => {
  for (const period of [1, 2, 3, 4]) {
    it(`warns of a circle of ${period} and stops it, with an answer`, async () => {
      const { status, code, text, tools, notes } = await run(times(40, (index) => read(`f${index % period}`)));
      assert.deepEqual([status, code, text], ['limit', 'loop-detected', 'Done.']);
      // The guard against no headway is quicker with the longest circle.
      const [warned, stopped] = [Math.min(3 * period, period + 6), Math.min(5 * period, period + 12)];
      assert.equal(tools.calls.length, stopped, 'five times round, and not once more');
      assert.equal(notes.length, stopped - warned + 1, 'warned from the third time round on');
    });
  }

  it('lets a poll go on whose answer changes', async () => {
    let count = 0;
    const poll: FakeTool = { name: 'status', readOnly: true, run: () => `${++count} %` };
    const tools = new FakeTools([poll]);
    const { status, notes } = await run(
      times(30, () => calls(call('status'))),
      { tools },
    );
    assert.deepEqual([status, tools.calls.length, notes.length], ['completed', 30, 0]);
  });

  it('lets the same call be made again after others', async () => {
    const paths = ['a', 'b', 'a', 'c', 'a', 'd', 'a', 'e', 'a', 'f'];
    const { status, notes } = await run(paths.map(read));
    assert.deepEqual([status, notes.length], ['completed', 0]);
  });

  it('stops nothing that keeps changing, and every circle within its sixth round', () => {
    const circle = fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(circle, fc.array(fc.string(), { maxLength: 10 }), (names, before) => {
        const guard = new RepetitionGuard();
        for (const [index, name] of before.entries()) guard.record(name, { index }, `result ${index}`);
        let rounds = 0;
        while (rounds < 6 && !names.some((name) => guard.isLoop(name, {}))) {
          for (const name of names) guard.record(name, {}, 'same');
          rounds++;
        }
        assert.equal(rounds, 5);
      }),
    );
  });
});

describe('the guard against no headway', () => {
  it('warns and stops a run that hears the same from different calls', async () => {
    const { status, code, text, tools, notes } = await run(
      times(40, (index) => calls(call('find', { name: `n${index}` }))),
    );
    assert.deepEqual([status, code, text], ['limit', 'loop-detected', 'Done.']);
    assert.equal(tools.calls.length, 13, 'the first result is news, twelve more are not');
    assert.match(notes[0]?.text ?? '', /\[The last 6 results told you nothing new/);
  });

  it('warns and stops a run whose calls all fail in the same way', async () => {
    const { code, tools } = await run(times(40, (index) => calls(call('fail', { try: index }))));
    assert.deepEqual([code, tools.calls.length], ['loop-detected', 13]);
  });

  it('lets twenty writes go on that each say "ok"', async () => {
    const { status, tools, notes } = await run(times(20, (index) => calls(call('write', { path: `f${index}` }))));
    assert.deepEqual([status, tools.calls.length, notes.length], ['completed', 20, 0]);
  });

  it('counts from the beginning after anything new', () => {
    const guard = new HeadwayGuard();
    const same = { name: 'find', arguments: {}, text: 'not found', isIdle: true };
    for (let count = 0; count < 12; count++) guard.record(same);
    assert.equal(guard.isStuck, false);
    guard.record({ ...same, text: 'found' });
    for (let count = 0; count < 11; count++) guard.record(same);
    assert.equal(guard.isStuck, false);
    guard.record(same);
    assert.equal(guard.isStuck, true);
  });
});

describe('a person who is asked whether a run may go on', () => {
  const circling = times(40, () => read('a'));

  it('says yes: it counts anew, and asks again when it has come round as often', async () => {
    const control = personWho(true, true);
    const { code, tools } = await run(circling, { control });
    assert.deepEqual([code, tools.calls.length, control.asked.length], ['loop-detected', 15, 3]);
    assert.equal(control.asked[0], 'The model makes the same calls again and again, with the same results.');
  });

  it('says yes, and the run that finds a way out is completed', async () => {
    const control = personWho(true);
    const { status, text, tools } = await run(circling.slice(0, 8), { control });
    assert.deepEqual([status, text, tools.calls.length, control.asked.length], ['completed', 'Done.', 8, 1]);
  });

  it('says no: the call does not run, and the model is asked for its answer without tools', async () => {
    const control = personWho(false);
    const { status, code, text, tools, events } = await run(circling, { control });
    assert.deepEqual([status, code, text], ['limit', 'loop-detected', 'Done.']);
    assert.deepEqual([tools.calls.length, control.asked.length], [5, 1]);
    assert.equal(ofType(events, 'tool_result').at(-1)?.code, 'loop-detected');
  });

  it('is asked about no headway too', async () => {
    const control = personWho(true);
    const finding = times(40, (index) => calls(call('find', { name: `n${index}` })));
    const { tools } = await run(finding, { control });
    assert.deepEqual(
      control.asked,
      times(2, () => 'The last results told the model nothing new.'),
    );
    assert.equal(tools.calls.length, 13 + 12);
  });

  it('is not asked about a run that gets on', async () => {
    const control = personWho();
    assert.equal(
      (
        await run(
          times(20, (index) => read(`f${index}`)),
          { control },
        )
      ).status,
      'completed',
    );
    assert.deepEqual(control.asked, []);
  });

  it('does not keep a run from ending while the question is open', async () => {
    const controller = new AbortController();
    const model = new ScriptedModel(circling);
    const clock = new ManualClock();
    const failing = runAgent(
      {
        ...{ model, tools: new FakeTools([READ]), gate: allowAll, clock, messages: OPENING, emit: () => undefined },
        ...{ limits: { maxRounds: 100, maxTokens: undefined }, resultCharLimit: 10_000 },
        retry: new ServerPolicy({ clock, random: () => 0.5 }).turns,
        control: {
          next: () => Promise.resolve([]),
          whenGoing: () => Promise.resolve(),
          mayGoOn: (_, signal) => {
            queueMicrotask(() => controller.abort(STOP));
            return untilAborted(signal);
          },
        },
      },
      controller.signal,
    );
    await assert.rejects(failing, STOP);
    assert.equal(model.requests.length, 6);
  });
});

describe('a run that is taken up again', () => {
  it('asks again before a call that was open: no decision comes from the past', async () => {
    const asked: ApprovalRequest[] = [];
    const open = { id: '1', name: 'write', arguments: '{"path":"a"}' };
    const messages: readonly Message[] = [...OPENING, { role: 'assistant', content: 'I write.', toolCalls: [open] }];
    const gate: AgentOptions['gate'] = {
      decide: (request) => {
        asked.push(request);
        return Promise.resolve({ kind: 'denied', reason: 'The person said no.' });
      },
    };
    const { status, tools } = await run([], { messages, gate, spent: { rounds: 1, usage: NO_TOKENS } });
    assert.deepEqual([status, tools.calls.length, asked.length], ['completed', 0, 1]);
    assert.deepEqual(asked[0]?.arguments, { path: 'a' });
  });
});

const NO_TOKENS = { promptTokens: 0, completionTokens: 0, reasoningTokens: 0 };
