import assert from 'node:assert/strict';
import type { JsonObject } from '../../src/base/json';
import type { HostTools } from '../../src/tasks/hostTools';
import { type Simulator, startSimulator } from '../simulator/server';
import { everything } from '../support/cli';
import { TaskDoor } from '../support/taskDoor';

describe('a task with tools of its host', () => {
  let simulator: Simulator;
  let door: TaskDoor;

  beforeEach(async () => {
    simulator = await startSimulator();
  });

  afterEach(async () => {
    door.dispose();
    await simulator.close();
  });

  const calls: [string, JsonObject][] = [];
  const hostTools: HostTools = {
    name: 'VS Code',
    tools: [{ name: 'run_in_terminal', description: 'Runs a command.', inputSchema: { type: 'object' } }],
    call: (name, args) => {
      calls.push([name, args]);
      return Promise.resolve({ isError: false, text: 'ran' });
    },
  };

  it('offers and calls them beside those of the servers, which alone count in run_start', async () => {
    door = new TaskDoor(simulator, { everything });
    simulator.setScript([
      { toolCalls: [{ match: 'run_in_terminal', arguments: { command: 'ls' } }] },
      { toolCalls: [{ match: 'echo', arguments: { message: 'hello' } }] },
      { text: 'Done.' },
    ]);
    const { events, end } = door.start('Look', { hostTools });
    assert.equal((await end).text, 'Done.');
    const [start] = events;
    assert.ok(start?.type === 'run_start');
    const sizes = events.find((event) => event.type === 'tools');
    assert.deepEqual(
      sizes?.servers.map(({ server, tools }) => [server, tools]),
      [
        ['everything', start.toolCount],
        ['VS Code', 1],
      ],
    );
    assert.deepEqual(start.servers, ['everything']);
    assert.deepEqual(calls, [['run_in_terminal', { command: 'ls' }]]);
    const results = events.flatMap((event) => (event.type === 'tool_result' ? [event.text] : []));
    assert.deepEqual(results, ['ran', 'Echo: hello']);
  });

  it('reports what they cost where there is no server', async () => {
    door = new TaskDoor(simulator);
    simulator.setScript([{ text: 'Done.' }]);
    const { events, end } = door.start('Look', { hostTools });
    await end;
    assert.equal(events.find((event) => event.type === 'run_start')?.toolCount, 0);
    assert.equal(events.find((event) => event.type === 'tools')?.offered, 1);
  });
});
