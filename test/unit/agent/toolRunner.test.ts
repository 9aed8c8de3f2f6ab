import assert from 'node:assert/strict';
import { type RequestedCall, ToolRunner } from '../../../src/agent/toolRunner';
import type { AgentEvent, ApprovalGate } from '../../../src/agent/types';
import { BridgeError } from '../../../src/base/errors';
import { allowAll, type FakeTool, FakeTools, ofType } from '../../support/agent';
import { ManualClock } from '../../support/manualClock';

const READ: FakeTool = {
  name: 'Read_File',
  schema: { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] },
  run: ({ path }) => `content of ${JSON.stringify(path)}`,
};

function runnerOf(fakes: readonly FakeTool[], gate: ApprovalGate = allowAll, resultCharLimit = 1_000) {
  const events: AgentEvent[] = [];
  const tools = new FakeTools(fakes);
  const clock = new ManualClock();
  const runner = new ToolRunner({ source: tools, gate, clock, resultCharLimit, emit: (event) => events.push(event) });
  const run = async (fields: Partial<RequestedCall>, signal = new AbortController().signal) => {
    const call = { id: '1', name: 'read_file', arguments: '{"path":"a"}', recovered: false, isCutOff: false };
    const read = runner.read({ ...call, reason: '', ...fields });
    return (await runner.run(read, (text) => text, signal)).message.content;
  };
  return { run, runner, events, tools, clock };
}

describe('a tool call', () => {
  it('is reported, run and answered', async () => {
    const clock = new ManualClock();
    const { run, events } = runnerOf([READ]);
    assert.equal(await run({}), 'content of "a"');
    assert.deepEqual(events, [
      { type: 'tool_call', id: '1', server: 'files', tool: 'Read_File', arguments: { path: 'a' }, recovered: false },
      {
        type: 'tool_result',
        id: '1',
        isError: false,
        text: 'content of "a"',
        truncated: false,
        durationMs: clock.now(),
      },
    ]);
  });

  it('takes as long as it takes by the clock', async () => {
    const { run, events, clock } = runnerOf([
      {
        name: 'slow',
        run: () => {
          clock.advance(1_234);
          return 'done';
        },
      },
    ]);
    await run({ name: 'slow' });
    assert.equal(ofType(events, 'tool_result')[0]?.durationMs, 1_234);
  });

  it('finds its tool when case or the server prefix are off, but never by guessing between two', async () => {
    const { run, tools } = runnerOf([READ]);
    await run({ name: ' READ_FILE ' });
    assert.equal(tools.calls.length, 1);
    const two = runnerOf([
      { name: 'Go', server: 'a' },
      { name: 'gO', server: 'b' },
    ]);
    await two.run({ name: 'GO' });
    assert.equal(two.tools.calls.length, 0);
  });

  it('of an unknown tool is answered with what there is', async () => {
    const { run, events, tools } = runnerOf([READ, { name: 'write' }]);
    assert.match(await run({ name: 'delete_all' }), /no tool "delete_all".*read_file, write/);
    const [made] = ofType(events, 'tool_call');
    assert.deepEqual([made?.server, made?.tool], [null, 'delete_all']);
    assert.equal(ofType(events, 'tool_result')[0]?.code, 'tool-not-found');
    assert.equal(tools.calls.length, 0);
    assert.match(await runnerOf([]).run({}), /No tools are available/);
  });

  it('with arguments that are no JSON object does not run', async () => {
    for (const text of ['[]', '"a"', '3', '{"path":}', '{"path":"a"} and']) {
      const { run, events, tools } = runnerOf([READ]);
      const answer = await run({ arguments: text });
      assert.match(answer, /not a JSON object/);
      assert.ok(answer.endsWith(text), 'the model sees what it wrote');
      const [made] = ofType(events, 'tool_call');
      assert.deepEqual([made?.arguments, made?.rawArguments], [{}, text]);
      assert.equal(ofType(events, 'tool_result')[0]?.code, 'tool-arguments');
      assert.equal(tools.calls.length, 0);
    }
  });

  it('of an unknown tool is told the nearest names first, twenty at most, and how many more there are', async () => {
    const others = Array.from({ length: 40 }, (_, index) => ({ name: `other_${String(index)}` }));
    const { run } = runnerOf([...others, { name: 'write_file' }]);
    const answer = await run({ name: 'write_files' });
    assert.match(answer, /Available tools: write_file, other_0, .*, other_18, and 21 more\.$/);
  });

  it('is found by its name in another spelling, or without its server, where only one can be meant', async () => {
    const { run, tools } = runnerOf([READ]);
    for (const name of ['readFile', 'read-file', 'functions.read_file', 'Read_File']) await run({ name });
    assert.equal(tools.calls.length, 4);
  });

  it('with damaged arguments runs with what they say, and its event shows both', async () => {
    const { run, events, tools, runner } = runnerOf([
      { ...READ, schema: { ...READ.schema, additionalProperties: false } },
    ]);
    const text = "{'path': 'a',}";
    await run({ arguments: text });
    assert.deepEqual(tools.calls, [{ name: 'Read_File', arguments: { path: 'a' } }]);
    const [made] = ofType(events, 'tool_call');
    assert.deepEqual([made?.arguments, made?.rawArguments], [{ path: 'a' }, text]);
    const replayed = (name: string, args: string, isCutOff = false) =>
      runner.replayed({ name, arguments: args, isCutOff });
    assert.deepEqual(replayed('READ_FILE', text), { name: 'read_file', arguments: '{"path":"a"}' });
    assert.deepEqual(replayed('read_file', '{ "path":"a" }').arguments, '{ "path":"a" }', 'as the model wrote it');
    assert.deepEqual(replayed('read_file', "{'pth': 'a'}").arguments, '{"pth":"a"}', 'valid even where it is refused');
    const unread = replayed('read_file', '{"path":"a').arguments;
    assert.match(unread, /unreadable/);
    assert.match(await run({ arguments: unread }), /not a JSON object/, 'not even when the run is taken up again');
    assert.equal(tools.calls.length, 1);
    assert.deepEqual(replayed('', ''), { name: 'unknown', arguments: '{}' });
  });

  it('with arguments that do not fit the schema does not run', async () => {
    const { run, events, tools } = runnerOf([READ]);
    assert.match(await run({ arguments: '{"path":1}' }), /path: must be string.*Received: \{"path":1\}/);
    assert.equal(ofType(events, 'tool_result')[0]?.code, 'tool-arguments');
    assert.equal(tools.calls.length, 0);
  });

  it('without any arguments has none', async () => {
    const { run, events, tools } = runnerOf([{ name: 'list' }]);
    await run({ name: 'list', arguments: ' ' });
    assert.deepEqual(tools.calls, [{ name: 'list', arguments: {} }]);
    assert.equal('rawArguments' in (ofType(events, 'tool_call')[0] ?? {}), false);
  });

  it('that was cut off before or in its arguments does not run without them', async () => {
    for (const text of ['', '{"path":"a']) {
      const { run, events, tools } = runnerOf([{ name: 'list' }]);
      assert.match(await run({ name: 'list', arguments: text, isCutOff: true }), /cut off/);
      assert.equal(ofType(events, 'tool_result')[0]?.code, 'tool-arguments');
      assert.equal(tools.calls.length, 0);
    }
  });

  it('that is refused does not run, and says who refused it', async () => {
    const { run, events, tools } = runnerOf([READ], {
      decide: () => Promise.resolve({ kind: 'denied', reason: 'The person said no.' }),
    });
    assert.match(await run({}), /refused.*The person said no/);
    assert.deepEqual(
      events.map(({ type }) => type),
      ['tool_call', 'approval', 'tool_result'],
    );
    assert.deepEqual(events[1], { type: 'approval', id: '1', decision: 'denied', reason: 'The person said no.' });
    assert.equal(ofType(events, 'tool_result')[0]?.code, 'approval-denied');
    assert.equal(tools.calls.length, 0);
  });

  it('that somebody approved says so and runs', async () => {
    const { run, events, tools } = runnerOf([READ], {
      decide: () => Promise.resolve({ kind: 'approved', reason: 'Once.' }),
    });
    await run({});
    assert.equal(ofType(events, 'approval')[0]?.decision, 'approved');
    assert.equal(tools.calls.length, 1);
  });

  it('is only put before the gate when it can run', async () => {
    let asked = 0;
    const gate: ApprovalGate = {
      decide: () => {
        asked++;
        return Promise.resolve({ kind: 'allowed' });
      },
    };
    const { run } = runnerOf([READ], gate);
    await run({ name: 'nothing' });
    await run({ arguments: '{}' });
    assert.equal(asked, 0);
  });

  it('passes on the failure of a tool, and shortens what is too long', async () => {
    const failing = runnerOf([
      { name: 'boom', run: () => ({ isError: true, code: 'tool-timeout', text: 'Too slow.' }) },
    ]);
    assert.equal(await failing.run({ name: 'boom' }), 'Too slow.');
    assert.equal(ofType(failing.events, 'tool_result')[0]?.code, 'tool-timeout');

    const long = runnerOf([{ name: 'long', run: () => 'x'.repeat(5_000) }], allowAll, 100);
    const text = await long.run({ name: 'long' });
    const [result] = ofType(long.events, 'tool_result');
    assert.deepEqual([result?.truncated, result?.text], [true, text]);
    assert.ok(text.length < 250);
  });

  it('reports nothing more once its run was ended', async () => {
    const reason = new BridgeError('cancelled', 'Stopped.');
    const controller = new AbortController();
    const { run, events } = runnerOf([
      {
        name: 'stop',
        run: () => {
          controller.abort(reason);
          return 'too late';
        },
      },
    ]);
    await assert.rejects(run({ name: 'stop' }, controller.signal), reason);
    assert.equal(ofType(events, 'tool_result').length, 0);
  });
});
