/** What the rows of tasks, rounds and calls say, to eyes and to ears. */
import assert from 'node:assert/strict';
import type { ListedRun } from '../../../../src/tasks/journalStore';
import { NOTHING_RECORDED, type RecordedCall } from '../../../../src/tasks/taskRecord';
import type { TaskRequest } from '../../../../src/tasks/types';
import { callRow, moreRow, noteRow, roundRow } from '../../../../src/vscode/tasks/callRows';
import {
  hasEnded,
  type LiveTask,
  type PastTask,
  type ShownTask,
  stateOf,
} from '../../../../src/vscode/tasks/shownTask';
import { stateWords, taskRow } from '../../../../src/vscode/tasks/taskRows';
import type { TaskRow } from '../../../../src/vscode/tasks/taskRow';
import type { TaskStatus } from '../../../../src/vscode/tasks/taskStatus';
import type { ServerNews, TaskSurroundings } from '../../../../src/vscode/tasks/taskText';
import { usageOf } from '../../../support/agent';
import { readManifest } from '../../../support/manifest';
import { model } from '../../../support/models';

const NOW = 200_000;
const WALL = Date.UTC(2026, 10, 22, 12);
const REQUEST: TaskRequest = {
  ...{ task: 'Tidy\nup.', model: 'a/b', servers: { kind: 'named', names: ['files', 'web'] } as const },
  ...{ maxRounds: 5, maxTokens: undefined, timeoutMs: undefined },
};

function live(change: Partial<TaskStatus> = {}, more: Partial<LiveTask> = {}): LiveTask {
  const status: TaskStatus = {
    ...{ id: 1, runId: 'r', label: 'Tidy up.', startedAt: NOW - 130_000, round: 2, activity: 'writing' },
    ...{ phase: undefined, since: NOW, model: 'a/b', server: undefined, pause: undefined, isWaiting: false },
    ...change,
  };
  const node = { kind: 'task', id: 1 } as const;
  return { kind: 'live', key: 'task:1', node, status, request: REQUEST, record: NOTHING_RECORDED, ...more };
}

function past(state: ListedRun['state'], change: Partial<ListedRun> = {}, problem?: PastTask['problem']): PastTask {
  const isOver = state !== 'running' && state !== 'interrupted';
  const end: ListedRun['end'] = isOver
    ? {
        ...{ type: 'end', at: WALL, status: state, code: state === 'failed' ? 'context-overflow' : null, rounds: 3 },
        ...{ usage: usageOf(12_345, 67), recoveredCalls: 0, durationMs: 62_000, compactions: 0, prefixShare: null },
      }
    : undefined;
  const run: ListedRun = {
    ...{ runId: 'r', path: '/journals/r.jsonl', task: 'Tidy\nup.', request: REQUEST, startedAt: WALL, bytes: 10 },
    ...{ end, state, holder: undefined, isResumable: false },
    ...change,
  };
  return { kind: 'past', key: 'run:r', node: { kind: 'task', runId: 'r' }, run, problem };
}

interface RowAction {
  readonly command: string;
  readonly when: string;
}

function rowActions(): readonly RowAction[] {
  const { contributes } = readManifest() as { contributes: { menus: Record<string, readonly RowAction[]> } };
  return contributes.menus['view/item/context'] ?? [];
}

const NOTHING: ServerNews = { models: [], loading: [] };
const row = (task: ShownTask, newsOf: TaskSurroundings['newsOf'] = () => NOTHING, now = NOW): TaskRow =>
  taskRow(task, { now, newsOf }, WALL);

describe('the row of a task', () => {
  it('says of one that runs how far it is, what it does, how long, and what it took', () => {
    const { label, description, tooltip, accessibleLabel, context } = row(
      live({}, { record: { ...NOTHING_RECORDED, calls: 4, usage: usageOf(1_234, 56) } }),
    );
    assert.equal(label, 'Tidy up.');
    assert.equal(description, 'running, round 2, writing, 02:10, 1,234 tokens read, 56 written');
    assert.equal(
      accessibleLabel,
      'Task "Tidy up.": running, round 2, writing, for 2 minutes, 1,234 tokens read, 56 written',
    );
    assert.equal(context, 'task.running');
    assert.deepEqual(tooltip.split('\n'), [
      'Task: Tidy up.',
      'State: running, round 2, writing',
      'Round: 2 of at most 5',
      'Model: a/b',
      'MCP servers: files, web',
      'Calls: 4',
      'Tokens: 1,234 tokens read, 56 written',
      'Running for: 02:10',
    ]);
  });

  it('says the same to ears as long as nothing but the seconds change', () => {
    const spoken = [0, 1, 30].map((s) => row(live({ startedAt: NOW - 60_000 - s * 1_000 })).accessibleLabel);
    assert.equal(new Set(spoken).size, 1);
    const waits: readonly (Partial<TaskStatus> & { readonly words: RegExp })[] = [
      {
        phase: { phase: 'processing-prompt', estimatedMs: 90_000, progress: null },
        words: /, reading the prompt, for/,
      },
      { phase: { phase: 'loading-model', progress: 0.5 }, words: /, loading the model, 50 %, for/ },
      { round: 0, words: /starting, for/ },
    ];
    const loading = [{ key: 'a/b', startedAt: NOW - 60_000 }];
    for (const { words, ...change } of waits) {
      const task = live({ startedAt: NOW - 61_000, since: NOW - 1_000, ...change });
      const now = [0, 5_000, 40_000].map((ms) => row(task, () => ({ models: [], loading }), NOW + ms));
      assert.equal(new Set(now.map(({ accessibleLabel }) => accessibleLabel)).size, 1, now[2]?.accessibleLabel);
      assert.match(now[0]?.accessibleLabel ?? '', words);
      assert.equal(new Set(now.map(({ description }) => description)).size, 3, 'to eyes they are counted');
    }
  });

  it('says what its own server does, not another one', () => {
    const loading = { models: [{ ...model('a/b'), activity: 'loading' as const }], loading: [] };
    const waiting = live({
      ...{ server: 'gpu', since: NOW - 3_000 },
      phase: { phase: 'processing-prompt', estimatedMs: null, progress: null },
    });
    const doing = (of: string | undefined) =>
      row(waiting, (name) => (name === of ? loading : NOTHING)).description.split(', ')[2];
    assert.equal(doing('gpu'), 'loading the model');
    assert.equal(doing(undefined), 'reading the prompt');
    assert.match(row(waiting).tooltip, /\nModel: gpu::a\/b\n/);
  });

  it('says that a pause was asked for, and lets the menus take it back', () => {
    const pausing = row(live({ pause: 'pausing' }));
    assert.equal(pausing.description, 'pausing, round 2, writing, 02:10');
    assert.equal(pausing.context, 'task.pausing');
    assert.equal(row(live({ pause: 'pausing', isWaiting: true })).context, 'task.waiting.pausing');
    const offered = (context: string) =>
      rowActions()
        .filter(({ when }) => when.includes('lmstudioBridge.tasks'))
        .filter(({ when }) => new RegExp(/viewItem =~ \/(.*?)\/(?: |$)/.exec(when)?.[1] ?? '').test(context))
        .map(({ command }) => command.split('.')[1]);
    for (const context of ['task.pausing', 'task.waiting.pausing']) {
      assert.ok(offered(context).includes('continueTask'), context);
      assert.ok(offered(context).includes('cancelTask'), context);
      assert.ok(!offered(context).includes('pauseTask'), context);
    }
    assert.ok(offered('task.waiting.pausing').includes('answerQuestion'));
  });

  it('has words, an icon and a context of its own for every state', () => {
    const tasks: readonly ShownTask[] = [
      live({ round: 0, activity: 'starting' }),
      live({ phase: { phase: 'queued', place: 2 } }),
      live(),
      live({ isWaiting: true }),
      live({ pause: 'paused' }),
      live({ pause: 'pausing' }),
      past('running', { holder: -1 }),
      ...(['completed', 'failed', 'limit', 'cancelled', 'interrupted'] as const).map((state) => past(state)),
      {
        kind: 'broken',
        key: 'k',
        node: { kind: 'task', runId: 'r' },
        broken: { runId: 'r', path: '/r', changedAt: 0, problem: 'x' },
      },
    ];
    const rows = tasks.map((task) => row(task));
    for (const facts of [
      rows.map(({ icon }) => icon.id),
      rows.map(({ context }) => context),
      rows.map(({ description }) => description),
    ]) {
      assert.equal(new Set(facts).size, tasks.length, facts.join(', '));
    }
    for (const [index, task] of tasks.entries()) {
      const words = stateWords(stateOf(task));
      assert.ok(rows[index]?.description.startsWith(words), rows[index]?.description);
      assert.notEqual(rows[index]?.accessibleLabel, '');
    }
    assert.equal(rows[1]?.description, 'queued, 2 ahead, round 2, 02:10');
    assert.equal(rows[3]?.description, 'waiting for your answer, round 2, 02:10');
  });

  it('says of one that has ended how, how long ago, and what went wrong', () => {
    const problem = { message: 'Too long.', hint: 'Load it with more.' };
    const failed = row(past('failed', { isResumable: true }, problem));
    assert.match(failed.description, /^failed \(context-overflow\), 3 rounds, 01:02, \d/);
    assert.match(failed.tooltip, /\nToo long\.\nWhat to do: Load it with more\.\nBegun: .*\nRounds: 3\nTook: 01:02\n/);
    assert.equal(failed.context, 'task.failed.resumable');
    assert.match(
      failed.accessibleLabel,
      /^Task "Tidy up\.": failed \(context-overflow\), 3 rounds, 12,345 tokens read, 67 written, /,
    );
    const today = row(past('completed')).description;
    const before = row(past('completed', { startedAt: WALL - 3 * 86_400_000 })).description;
    assert.ok(before.length > today.length, 'a day that is over is named');
  });

  it('takes a run that this process still holds for what its journal says last', () => {
    const { end } = past('completed').run;
    const closing = past('running', { holder: process.pid, end });
    assert.equal(stateOf(closing), 'completed');
    assert.equal(hasEnded(closing), true);
    assert.equal(hasEnded(past('running', { holder: -1 })), false);
    assert.equal(hasEnded(live()), false);
  });

  it('makes no markup of what others wrote', () => {
    const task = past('completed', {
      task: '$(flame) **bold** [x](command:y)\u202Eevil',
      request: { ...REQUEST, model: '$(x)' },
    });
    const { label, accessibleLabel, tooltip } = row(task);
    for (const text of [label, accessibleLabel]) assert.ok(!text.includes('$('), text);
    for (const text of [label, accessibleLabel, tooltip]) assert.ok(!text.includes('\u202E'), text);
  });
});

describe('the rows below a task', () => {
  const call = (change: Partial<RecordedCall> = {}): RecordedCall => ({
    ...{
      id: '1',
      server: 'files',
      tool: 'write',
      arguments: '{"path":"a"}',
      state: 'done',
      code: null,
      durationMs: 1_234,
    },
    ...change,
  });

  it('say of a call its server, tool, arguments, outcome and time', () => {
    const { label, description, accessibleLabel } = callRow('x', call(), false);
    assert.equal(label, 'files › write');
    assert.equal(description, 'done after 1.2 s · {"path":"a"}');
    assert.equal(accessibleLabel, 'Call of "write" of MCP server "files": done after 1.2 s. Arguments: {"path":"a"}');
  });

  it('say in words how a call went, and whether it still goes on', () => {
    const outcome = (change: Partial<RecordedCall>, isLive = false): string =>
      callRow('x', call({ arguments: '{}', ...change }), isLive).description;
    const open = { state: 'open', durationMs: null } as const;
    assert.deepEqual(
      [
        ...[outcome(open, true), outcome(open), outcome({ state: 'denied' }), outcome({ state: 'answered' })],
        ...[outcome({ state: 'answered', durationMs: null }), outcome({ state: 'failed', code: 'tool-timeout' })],
        ...[outcome({ state: 'failed', code: 'tool-not-found', durationMs: null }), outcome({ durationMs: 61_000 })],
      ],
      [
        ...['under way', 'no result is known', 'refused', 'answered after 1.2 s', 'answered'],
        ...['failed (tool-timeout) after 1.2 s', 'failed (tool-not-found)', 'done after 61 s'],
      ],
    );
    assert.notEqual(callRow('x', call(open), true).icon.id, callRow('x', call(open), false).icon.id);
  });

  it('say of a round how many calls it made and what it took', () => {
    const round = { round: 2, usage: usageOf(10, 5), calls: [call(), call({ id: '2' })] };
    assert.equal(
      roundRow('x', round, 'Tidy', false).accessibleLabel,
      'Round 2: 2 calls, 10 tokens read, 5 written; task "Tidy"',
    );
    assert.equal(
      roundRow('x', { ...round, usage: null, calls: [call()] }, 'Tidy', true).accessibleLabel,
      'Round 2: 1 call; task "Tidy"',
    );
    assert.equal(
      roundRow('x', { round: 0, usage: null, calls: [] }, 'Tidy', true).accessibleLabel,
      'Calls of before: no calls; task "Tidy"',
    );
    assert.deepEqual(
      [true, false].map((isOpen) => roundRow('x', round, 'Tidy', isOpen).children),
      ['open', 'closed'],
    );
  });

  it('make no markup of what others wrote', () => {
    const { label, description, accessibleLabel } = callRow(
      'x',
      call({ tool: '$(flame)', arguments: '{"a":"$(flame)"}' }),
      false,
    );
    for (const text of [label, description, accessibleLabel]) assert.ok(!text.includes('$('), text);
    assert.ok(!noteRow('x', '$(flame)', 'Tidy', true).label.includes('$('));
  });

  it('say how many more there are', () => {
    assert.equal(moreRow(1).accessibleLabel, 'Show more tasks: 1 older task');
    assert.equal(noteRow('x', 'Line 3 is damaged.', 'Tidy', true).accessibleLabel, 'Line 3 is damaged.; task "Tidy"');
    assert.equal(moreRow(7).description, '7 older tasks');
  });
});
