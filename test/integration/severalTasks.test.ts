/** Several tasks on one server: one generation at a time, fair, and nobody holds a place who does not use it. */
import assert from 'node:assert/strict';
import type { ApprovalGate } from '../../src/agent/types';
import type { TaskEvent } from '../../src/tasks/types';
import { TaskControl } from '../../src/tasks/runControl';
import { gate } from '../simulator/gate';
import { type Simulator, startSimulator } from '../simulator/server';
import { filesystem, makeWorkspace, type Workspace } from '../support/cli';
import { type RunningTask, TaskDoor } from '../support/taskDoor';

const QWEN = 'qwen/qwen3-8b';
const CALL = { toolCalls: [{ name: 'nothing' }] };

describe('several tasks at once', () => {
  let simulator: Simulator;
  let workspace: Workspace;
  const doors: TaskDoor[] = [];

  beforeEach(async () => {
    simulator = await startSimulator();
    workspace = await makeWorkspace();
  });
  afterEach(async () => {
    for (const door of doors.splice(0)) door.dispose();
    await simulator.close();
    await workspace.remove();
  });

  function open(servers: Readonly<Record<string, unknown>> = {}): TaskDoor {
    const door = new TaskDoor(simulator, servers, workspace.folder);
    doors.push(door);
    return door;
  }

  const nameOf = (body: unknown): string => /Task ([A-Z])\b/.exec(JSON.stringify(body))?.[1] ?? '';
  const isQueued = (event: TaskEvent): boolean => event.type === 'phase' && event.phase === 'queued';
  const places = ({ events }: RunningTask): number[] =>
    events.flatMap((event) => (event.type === 'phase' && event.phase === 'queued' ? [event.place] : []));

  it('take turns, so that none of three starves, and each tells its place', async () => {
    const order: string[] = [];
    const queued = new Set<string>();
    let look = (): void => undefined;
    const rounds = 4;
    const running = new Set(['A', 'B', 'C']);
    // Each turn ends only when all others wait, so that the order is decided by the queue and not by chance.
    const allWait = (speaker: string): Promise<void> =>
      new Promise((resolve) => {
        look = () => {
          if ([...running].every((name) => name === speaker || queued.has(name))) resolve();
        };
        look();
      });
    simulator.setScript(async ({ body }) => {
      const name = nameOf(body);
      order.push(name);
      await allWait(name);
      const isLast = order.filter((other) => other === name).length === rounds;
      if (isLast) running.delete(name);
      return isLast ? { text: `${name} is done.` } : CALL;
    });
    const door = open();
    const start = (name: string): RunningTask =>
      door.start(`Task ${name}`, {
        model: QWEN,
        onEvent: (event) => {
          if (event.type !== 'phase') return;
          if (event.phase === 'queued') queued.add(name);
          else queued.delete(name);
          look();
        },
      });
    const tasks = ['A', 'B', 'C'].map(start);
    const ends = await Promise.all(tasks.map(({ end }) => end));
    assert.deepEqual(
      ends.map(({ status, rounds: used }) => [status, used]),
      [1, 2, 3].map(() => ['completed', rounds]),
    );
    const [first, second, third] = order;
    assert.deepEqual(new Set([first, second, third]).size, 3);
    assert.deepEqual(
      order,
      [1, 2, 3, 4].flatMap(() => [first, second, third]),
    );
    for (const task of tasks) assert.ok(places(task).includes(1));
    assert.ok(tasks.some((task) => places(task).includes(2)));
  });

  it('share the server while one of them waits for approval', async () => {
    const answer = gate();
    const asked = gate();
    const path = workspace.path('asked.txt');
    simulator.setScript(({ body }, index) => {
      if (nameOf(body) === 'B') return { text: 'B is done.' };
      return index === 0 ? { toolCalls: [{ match: 'write_file', arguments: { path, content: 'A' } }] } : { text: 'A.' };
    });
    const asking: ApprovalGate = {
      decide: async () => {
        asked.open();
        await answer.promise;
        return { kind: 'approved', reason: 'Allowed by hand.' };
      },
    };
    const door = open({ filesystem });
    const waiting = door.start('Task A', { model: QWEN, gate: asking });
    await asked.promise;
    const other = door.start('Task B', { model: QWEN });
    assert.equal((await other.end).text, 'B is done.');
    assert.deepEqual(places(other), [], 'it never had to wait');
    assert.equal(waiting.events.at(-1)?.type, 'tool_call');
    answer.open();
    assert.equal((await waiting.end).text, 'A.');
  });

  it('share the server while one of them is paused, also one that was in the queue', async () => {
    const held = gate();
    simulator.setScript(({ body }) =>
      nameOf(body) === 'A' ? { text: 'A is done.', hold: held.promise } : { text: `${nameOf(body)} is done.` },
    );
    const door = open();
    const first = door.start('Task A', { model: QWEN });
    await first.event(({ type }) => type === 'text_delta');
    const control = new TaskControl();
    const paused = door.start('Task B', { model: QWEN, control });
    await paused.event(isQueued);
    const third = door.start('Task C', { model: QWEN });
    await third.event(isQueued);
    control.pause();
    held.open();
    assert.equal((await third.end).text, 'C is done.');
    await paused.event(({ type }) => type === 'paused');
    const names = (): string[] =>
      simulator.requests.filter(({ path }) => path === '/v1/chat/completions').map(({ body }) => nameOf(body));
    assert.deepEqual(names(), ['A', 'C']);
    control.resume();
    assert.equal((await paused.end).text, 'B is done.');
    assert.equal((await first.end).text, 'A is done.');
  });
});
