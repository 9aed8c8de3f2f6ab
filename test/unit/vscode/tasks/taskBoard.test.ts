/** Which task counts as the last one of the person. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Emitter } from '../../../../src/base/emitter';
import type { TaskRequest } from '../../../../src/tasks/types';
import { Journals } from '../../../../src/vscode/tasks/journals';
import { TaskBoard } from '../../../../src/vscode/tasks/taskBoard';
import { TaskHistory } from '../../../../src/vscode/tasks/taskHistory';
import type { TaskReport } from '../../../../src/vscode/tasks/tasks';
import type { TaskStatus } from '../../../../src/vscode/tasks/taskStatus';
import { ToldRuns } from '../../../../src/vscode/tasks/toldRuns';
import { memento } from '../../../support/memento';

const FOLDER = mkdtempSync(join(tmpdir(), 'bridge-board-'));

function house() {
  const changed = new Emitter<readonly TaskStatus[]>();
  const reported = new Emitter<TaskReport>();
  let running: readonly TaskStatus[] = [];
  const tasks = {
    get running() {
      return running;
    },
    ...{ onDidChange: changed.event, onDidReport: reported.event },
  };
  const board = new TaskBoard(tasks, new TaskHistory(new Journals(FOLDER, '1')));
  const requests = new Map<number, TaskRequest>();
  const start = (id: number, change: Partial<TaskStatus> = {}): void => {
    const request: TaskRequest = {
      ...{ task: `task ${id}`, servers: { kind: 'none' }, model: undefined, maxRounds: 5, maxTokens: undefined },
      ...{ timeoutMs: undefined, toolCalls: 'auto' },
    };
    requests.set(id, request);
    const status: TaskStatus = {
      ...{ id, runId: undefined, label: request.task, startedAt: 0, round: 0, activity: 'starting' },
      ...{ phase: undefined, since: 0, model: undefined, server: undefined, pause: undefined, isWaiting: false },
      ...change,
    };
    running = [...running, status];
    changed.fire(running);
  };
  const speak = (id: number): void => {
    const request = requests.get(id) ?? assert.fail();
    reported.fire({ id, request, event: { at: 0, type: 'text_delta', text: 'x' } });
  };
  return { board, start, speak, last: () => board.lastRequest?.task };
}

describe('the last task of the person', () => {
  after(() => rmSync(FOLDER, { recursive: true }));

  it('is the one that was begun last, whichever spoke last', () => {
    const { start, speak, last } = house();
    assert.equal(last(), undefined);
    start(1);
    speak(1);
    assert.equal(last(), 'task 1');
    start(2);
    for (const id of [1, 2, 1]) speak(id);
    assert.equal(last(), 'task 2');
  });

  it('is none that another agent has begun', () => {
    const { start, speak, last } = house();
    start(1);
    speak(1);
    start(2, { isDelegated: true });
    for (const id of [2, 1, 2]) speak(id);
    assert.equal(last(), 'task 1');
  });
});

describe('interrupted tasks', () => {
  it('are news once, and again where they were taken up meanwhile', async () => {
    const kept: Record<string, unknown> = {};
    const told = new ToldRuns(memento(kept));
    const news = async (...runIds: string[]) => [...(await told.tell(runIds))];
    assert.deepEqual(await news('a', 'b'), ['a', 'b']);
    assert.deepEqual(await news('b', 'c', 'a'), ['c']);
    assert.deepEqual(await news('b'), []);
    assert.deepEqual(Object.values(kept), [['b']], 'nothing is kept of what is gone');
    await told.forget('b');
    assert.deepEqual(await news('b'), ['b']);
    assert.deepEqual(await new ToldRuns(memento({ interruptedRunsTold: 'x' })).tell(['b']), new Set(['b']));
  });
});
