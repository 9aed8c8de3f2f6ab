import assert from 'node:assert/strict';
import { ToolRunner } from '../../../src/agent/toolRunner';
import type { AgentEvent, ApprovalRequest, JournalEntry } from '../../../src/agent/types';
import { OWN_SERVER, withOwnTools } from '../../../src/tasks/ownTools';
import { createToolFinder } from '../../../src/tasks/toolFinder';
import { type FakeTool, FakeTools, ofType } from '../../support/agent';
import { ManualClock } from '../../support/manualClock';

const signal = new AbortController().signal;
const WRITE: FakeTool = {
  name: 'Write_File',
  schema: { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] },
};

/** A runner with our two tools beside `fakes`, of which none is offered. */
function runnerOf(...fakes: FakeTool[]) {
  const [events, asked, journal]: [AgentEvent[], ApprovalRequest[], JournalEntry[]] = [[], [], []];
  const fake = new FakeTools(fakes);
  const source = withOwnTools(
    { tools: fake.tools, offered: [], call: (...call) => fake.call(...call) },
    createToolFinder(fake.tools, 2_000),
  );
  const runner = new ToolRunner({
    source,
    gate: {
      decide: (request) => {
        asked.push(request);
        return Promise.resolve({ kind: 'allowed' });
      },
    },
    journal: {
      record: (entry) => journal.push(entry),
      written: () => Promise.resolve(),
      flush: () => Promise.resolve(),
    },
    clock: new ManualClock(),
    resultCharLimit: 2_000,
    emit: (event) => events.push(event),
  });
  const call = async (name: string, args: unknown) => {
    const made = { id: '1', name, arguments: JSON.stringify(args), recovered: false, isCutOff: false, reason: '' };
    const read = runner.read(made);
    return { read, text: (await runner.run(read, (text) => text, signal)).message.content };
  };
  return { call, events, asked, journal, calls: fake.calls, source };
}

describe('a call that use_tool passes on', () => {
  it('is that of the real tool for events, gate, journal and guards', async () => {
    const { call, events, asked, journal, calls } = runnerOf(WRITE);
    const { read, text } = await call('use_tool', { name: 'write_file', arguments: { path: 'a' } });
    assert.equal(text, 'ok');
    const [made] = ofType(events, 'tool_call');
    assert.deepEqual([made?.server, made?.tool, made?.arguments], ['files', 'Write_File', { path: 'a' }]);
    assert.deepEqual([asked[0]?.tool.name, asked[0]?.arguments], ['Write_File', { path: 'a' }]);
    const { type, server, tool, readOnly } = journal[0] as Extract<JournalEntry, { type: 'call' }>;
    assert.deepEqual([type, server, tool, readOnly], ['call', 'files', 'Write_File', false]);
    assert.deepEqual([read.call.name, read.call.id], ['write_file', '1']);
    assert.deepEqual(calls, [{ name: 'Write_File', arguments: { path: 'a' } }]);
  });

  it('may have its arguments in a text, or none', async () => {
    const { call, calls } = runnerOf(WRITE, { name: 'ping' });
    await call('use_tool', { name: 'write_file', arguments: '{"path":"a"}' });
    await call('use_tool', { name: 'ping' });
    assert.deepEqual(
      calls.map((made) => made.arguments),
      [{ path: 'a' }, {}],
    );
  });

  it('is checked against the schema of the real tool, and does not run where it is wrong', async () => {
    const { call, calls, asked } = runnerOf(WRITE);
    assert.match((await call('use_tool', { name: 'write_file', arguments: {} })).text, /path/);
    assert.match((await call('use_tool', { name: 'write_file', arguments: '{"path":' })).text, /cut off/);
    assert.match(
      (await call('use_tool', { name: 'wipe_disk', arguments: {} })).text,
      /no tool "wipe_disk".*find_tools/,
    );
    assert.match((await call('use_tool', { arguments: {} })).text, /name/);
    assert.match((await call('use_tool', { name: 'use_tool', arguments: {} })).text, /calls another tool/);
    assert.deepEqual(calls, []);
    assert.deepEqual(
      asked.map(({ tool }) => tool.server),
      [OWN_SERVER],
      'only the harmless call of itself came so far',
    );
  });
});

describe('a tool that is not offered', () => {
  it('can be found, and then be called by its name as well', async () => {
    const { call, calls, events } = runnerOf(WRITE);
    const { text } = await call('find_tools', { query: 'write a file' });
    assert.match(text, /Tool write_file\nDoes Write_File\.\nArguments: \{"type":"object","properties":\{"path"/);
    assert.equal(ofType(events, 'tool_call')[0]?.server, OWN_SERVER);
    await call('write_file', { path: 'b' });
    assert.equal(calls.length, 1);
  });
});

describe('our own tools', () => {
  it('take other names where a server has tools of theirs', () => {
    const { source, calls } = runnerOf({ name: 'find_tools' }, { name: 'use_tool' });
    const own = source.tools.filter(({ server }) => server === OWN_SERVER);
    assert.deepEqual(
      own.map(({ name }) => name),
      ['bridge_find_tools', 'bridge_use_tool'],
    );
    assert.match(own[0]?.definition.description ?? '', /with bridge_use_tool\.$/);
    assert.deepEqual(calls, []);
  });

  it('are not there where none is needed', () => {
    const fake = new FakeTools([WRITE]);
    assert.equal(withOwnTools(fake, []), fake);
  });
});
