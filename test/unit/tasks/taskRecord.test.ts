/** What views and exports know of a run: the same from its events as from its journal. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { eventsOf } from '../../../src/tasks/journalEvents';
import { exportedTask } from '../../../src/tasks/journalExport';
import type { JournalHeader, JournalLine } from '../../../src/tasks/journalFormat';
import type { ReadJournal } from '../../../src/tasks/journalReader';
import { JournalStore } from '../../../src/tasks/journalStore';
import { recordAfter, recordOf, type TaskRecord } from '../../../src/tasks/taskRecord';
import type { RunEvent, TaskRequest } from '../../../src/tasks/types';
import { usageOf } from '../../support/agent';

const REQUEST: TaskRequest = {
  ...{ task: 'Tidy up.', model: undefined, servers: { kind: 'all' } as const },
  ...{ maxRounds: 5, maxTokens: undefined, timeoutMs: undefined, tools: undefined, toolCalls: undefined },
};

const HEADER: JournalHeader = {
  ...{ type: 'run', format: 1, at: 0, runId: 'r', version: '1.0.0', request: REQUEST },
  ...{ workspaces: ['/work'], mcpConfig: null },
};
const ofLines = (...lines: readonly JournalLine[]): TaskRecord => recordOf(eventsOf({ header: HEADER, lines }));

const after = (...events: readonly RunEvent[]): TaskRecord => recordOf(events.map((event) => ({ ...event, at: 0 })));
const asked = (id: string, server: string | null = 'files'): RunEvent => ({
  ...{ type: 'tool_call', id, server, tool: 'write', arguments: { path: 'a' }, recovered: false },
});
const answered = (id: string, code?: 'tool-failed' | 'approval-denied'): RunEvent => ({
  ...{ type: 'tool_result', id, isError: code !== undefined, ...(code ? { code } : {}) },
  ...{ text: 'x', truncated: false, durationMs: 12 },
});
const used = (...usage: Parameters<typeof usageOf>): RunEvent => ({
  type: 'usage',
  prefixShare: null,
  ...usageOf(...usage),
});

const assistant = (content: string, ...ids: readonly string[]): JournalLine => ({
  type: 'message',
  at: 20,
  message: {
    role: 'assistant',
    content,
    toolCalls: ids.map((id) => ({ id, name: 'files_write', arguments: '{"path":"a"}' })),
  },
  meant: ids.map(() => ({ server: 'files', tool: 'write' })),
});
const began = (id: string, at = 30): JournalLine => ({
  ...{ type: 'call', at, id, server: 'files', tool: 'write', arguments: { path: 'a' }, readOnly: false },
});
/** `code` undefined: as in older journals. */
const result = (id: string, code?: string | null): JournalLine => ({
  ...{ type: 'message', at: 42, message: { role: 'tool', toolCallId: id, content: 'x' } },
  ...(code === undefined ? {} : { outcome: { code, durationMs: 12 } }),
});
const usage = (round: number, at = 10): JournalLine => ({ type: 'usage', at, round, ...usageOf(10, 5) });

describe('the record of a run', () => {
  it('is the same from its events as from its journal', () => {
    const events = after(
      { type: 'round_start', round: 1 },
      used(10, 5),
      ...[
        asked('1'),
        asked('2'),
        asked('3'),
        answered('1'),
        answered('2', 'tool-failed'),
        answered('3', 'approval-denied'),
      ],
      { type: 'round_start', round: 2 },
      used(10, 5),
    );
    const journal = ofLines(
      ...[
        usage(1),
        assistant('', '1', '2', '3'),
        began('1'),
        result('1', null),
        began('2'),
        result('2', 'tool-failed'),
      ],
      ...[result('3', 'approval-denied'), usage(2), assistant('Done.')],
    );
    assert.deepEqual(journal, events);
    assert.deepEqual(
      events.rounds[0]?.calls.map(({ state }) => state),
      ['done', 'failed', 'denied'],
    );
    assert.equal(events.calls, 3);
    assert.deepEqual(events.usage, usageOf(20, 10));
  });

  it('is not touched by streamed text, so that nothing is drawn for it', () => {
    const record = after({ type: 'round_start', round: 1 });
    const word = { text: 'word', at: 1 };
    assert.equal(recordAfter(record, { type: 'text_delta', ...word }), record);
    assert.equal(recordAfter(record, { type: 'reasoning_delta', ...word }), record);
  });

  it('says of a call that was cut off that it has no result, and of an old journal no more than it holds', () => {
    const { rounds } = ofLines(usage(1), assistant('', '1', '2'), began('1'), result('1'), began('2'));
    assert.deepEqual(
      rounds[0]?.calls.map(({ state, code, durationMs }) => [state, code, durationMs]),
      [
        ['answered', null, 12],
        ['open', null, null],
      ],
    );
  });

  it('names the call that a call passes on, and where nothing is known of it, what the model named', () => {
    const asked = { ...assistant('', '1', '2'), meant: [{ server: 'a', tool: 'b', arguments: { c: 1 } }] };
    const { rounds } = ofLines(usage(1), asked, result('2', 'tool-not-found'));
    assert.deepEqual(
      rounds[0]?.calls.map(({ server, tool, arguments: args, state }) => [server, tool, args, state]),
      [
        ['a', 'b', '{"c":1}', 'open'],
        [null, 'files_write', '{"path":"a"}', 'failed'],
      ],
    );
  });

  it('takes a closing answer for part of the round that the limit was met in', () => {
    const { rounds } = ofLines(usage(1), assistant('', '1'), usage(1), assistant('So far.'));
    assert.equal(rounds.length, 1);
    assert.deepEqual(rounds[0]?.usage, usageOf(20, 10));
  });

  it('says how many rounds it knows nothing of, where a run goes on after an interruption', () => {
    assert.equal(after({ type: 'round_start', round: 5 }).leftOut, 4);
    const withCalls = after(asked('1'), answered('1'), { type: 'round_start', round: 5 });
    assert.deepEqual(
      withCalls.rounds.map(({ round }) => round),
      [0, 5],
    );
    assert.equal(withCalls.leftOut, 4);
  });

  it('stays small, however long the run is', () => {
    const rounds = Array.from({ length: 250 }, (_, index): RunEvent => ({ type: 'round_start', round: index + 1 }));
    const record = after(...rounds);
    assert.equal(record.rounds.length + record.leftOut, 250);
    assert.equal(record.rounds.at(-1)?.round, 250);
    assert.ok(record.rounds.length <= 100);
    const long = after(
      { type: 'round_start', round: 1 },
      {
        ...{ type: 'tool_call', id: '1', server: 'files', tool: 'write', arguments: { text: 'x'.repeat(100_000) } },
        recovered: false,
      },
    );
    assert.ok(JSON.stringify(long).length < 1_000);
    const calls = Array.from({ length: 500 }, (_, index) => asked(String(index)));
    const many = after({ type: 'round_start', round: 1 }, ...calls);
    assert.deepEqual([many.calls, many.rounds[0]?.calls.length], [500, 100]);
  });

  it('of any lines in any order is a list of rounds, with each call once', () => {
    const id = fc.constantFrom('1', '2', '3');
    const line = fc.oneof(
      fc.integer({ min: 1, max: 4 }).map((round) => usage(round)),
      fc.array(id, { maxLength: 2 }).map((ids) => assistant('', ...new Set(ids))),
      id.map((call) => began(call)),
      id.map((call) => result(call, null)),
      fc.integer({ min: 1, max: 4 }).map((round): JournalLine => ({ type: 'round', at: 5, round })),
      id.map((call): JournalLine => ({ type: 'approval', at: 25, id: call, decision: 'approved', reason: 'Once.' })),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 30 }), (lines) => {
        const read = { header: HEADER, lines, problems: [], wholeBytes: 0 };
        const { rounds } = exportedTask(read, 'interrupted');
        const results = lines.filter((each) => each.type === 'message' && each.message.role === 'tool').length;
        const shown = rounds.flatMap(({ calls }) => calls);
        assert.ok(shown.filter(({ result: text }) => text !== null).length <= results);
        assert.ok(rounds.every(({ round }, index) => index === 0 || round !== rounds[index - 1]?.round));
        const told = rounds.filter(({ round }) => round > 0);
        assert.deepEqual(
          ofLines(...lines).rounds.flatMap(({ round, usage: tokens, calls }) =>
            round > 0 ? [[round, tokens, calls.map((call) => [call.id, call.tool])]] : [],
          ),
          // A result that no call belongs to is exported, but is no row.
          told.map(({ round, usage: tokens, calls }) => [
            ...[round, tokens],
            calls.flatMap(({ id: call, tool }) => (tool === '' ? [] : [[call, tool]])),
          ]),
          'the rows are those of the export',
        );
      }),
    );
  });
});

describe('a task as one document', () => {
  it('has its header, its rounds with calls and results, its tokens and its end, with times that people can read', () => {
    const end: JournalLine = {
      ...{ type: 'end', at: 60_000, status: 'completed', code: null, rounds: 1, usage: usageOf(10, 5) },
      ...{ recoveredCalls: 0, durationMs: 5, compactions: 0, prefixShare: null },
    };
    const read: ReadJournal = {
      header: HEADER,
      lines: [usage(1), assistant('I write.', '1'), began('1'), result('1', null), end],
      ...{ problems: [{ line: 9, message: 'cut' }], wholeBytes: 0 },
    };
    const exported = exportedTask(read, 'completed');
    assert.equal(exported.header.startedAt, '1970-01-01T00:00:00.000Z');
    assert.equal(exported.header.request.task, 'Tidy up.');
    assert.deepEqual(exported.rounds, [
      {
        ...{ round: 1, at: '1970-01-01T00:00:00.010Z', usage: usageOf(10, 5), text: 'I write.', told: [] },
        ...{ reasoning: '', warnings: [] },
        calls: [
          {
            ...{ id: '1', server: 'files', tool: 'write', arguments: { path: 'a' }, result: 'x' },
            ...{ begunAt: '1970-01-01T00:00:00.030Z', answeredAt: '1970-01-01T00:00:00.042Z' },
            ...{ approval: null, outcome: { code: null, durationMs: 12 } },
          },
        ],
      },
    ]);
    assert.deepEqual(exported.usage, usageOf(10, 5));
    assert.equal(exported.end?.['at'], '1970-01-01T00:01:00.000Z');
    assert.deepEqual(exported.problems, [{ line: 9, message: 'cut' }]);
    assert.equal(exportedTask({ ...read, lines: read.lines.slice(0, -1) }, 'interrupted').end, null);
  });

  it('says what the model thought, who allowed what, what was warned of, and why it failed', () => {
    const at = 15;
    const failure = { code: 'engine-crashed', message: 'It crashed.', hint: 'Load it again.' } as const;
    const lines: JournalLine[] = [
      { type: 'round', at: 5, round: 1 },
      { type: 'reasoning', at, text: 'Hm.', durationMs: 3 },
      usage(1),
      assistant('', '1', '2'),
      { type: 'approval', at, id: '1', decision: 'denied', reason: 'Not now.' },
      result('1', 'approval-denied'),
      // It was interrupted, and begins its round anew.
      { type: 'round', at, round: 1 },
      { type: 'warning', at, code: 'x', message: 'Take care.' },
      { type: 'error', at, ...failure },
      {
        ...{ type: 'end', at, status: 'failed', code: failure.code, rounds: 1, usage: usageOf(10, 5) },
        ...{ recoveredCalls: 0, durationMs: 5, compactions: 0, prefixShare: null },
      },
    ];
    const { rounds, error } = exportedTask({ header: HEADER, lines, problems: [], wholeBytes: 0 }, 'failed');
    assert.equal(rounds.length, 1);
    assert.deepEqual([rounds[0]?.reasoning, rounds[0]?.warnings], ['Hm.', ['Take care.']]);
    assert.deepEqual(
      rounds[0]?.calls.map(({ approval }) => approval),
      [{ decision: 'denied', reason: 'Not now.' }, null],
    );
    assert.deepEqual(error, failure);
    assert.equal(ofLines(...lines).rounds.length, 1, 'a row for each round');
  });
});

describe('a folder with many journals', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lmstudio-bridge-journals-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('is listed whole, newest first, each as it stands, and with who writes it now', async () => {
    let now = 0;
    const store = new JournalStore({ folder, version: '1', wallClock: () => (now === 0 ? Date.now() : now++) });
    const open = await store.create(REQUEST, [], []);
    now = 1_000;
    for (let index = 0; index < 200; index++) await (await store.create(REQUEST, [], [])).close();
    now = 0;
    const { runs, broken } = await store.list();
    assert.deepEqual([runs.length, broken.length], [201, 0]);
    assert.deepEqual([runs[0]?.runId, runs[0]?.state, runs[0]?.holder], [open.runId, 'running', process.pid]);
    assert.ok(runs.slice(1).every(({ state, holder }) => state === 'interrupted' && holder === undefined));
    const times = runs.map(({ startedAt }) => startedAt);
    assert.deepEqual(
      times,
      times.toSorted((a, b) => b - a),
    );
    await open.close();
  });
});
