/** Tools and servers that a person has switched off, through real tasks with real servers. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { selectServers } from '../../src/mcp/discovery';
import type { ChatRequest } from '../simulator/chatRequest';
import { type Simulator, startSimulator } from '../simulator/server';
import { fake, filesystem, makeWorkspace, type Workspace } from '../support/cli';
import { serverSpec } from '../support/mcp/harness';
import { TaskDoor, type TaskOptions } from '../support/taskDoor';

describe('what a person has switched off', () => {
  let simulator: Simulator;
  let workspace: Workspace;
  let door: TaskDoor;

  beforeEach(async () => {
    simulator = await startSimulator();
    workspace = await makeWorkspace();
    door = new TaskDoor(simulator, { files: filesystem, ledger: fake('ledger') }, workspace.folder);
  });
  afterEach(async () => {
    door.dispose();
    await simulator.close();
    await workspace.remove();
  });

  const offered = (): readonly string[] => {
    const request = simulator.requests.findLast(({ path }) => path.endsWith('/chat/completions'));
    const { tools } = request?.body as unknown as ChatRequest;
    return (tools as unknown as { function: { name: string } }[]).map((tool) => tool.function.name);
  };
  const toolsOf = async (options: TaskOptions): Promise<readonly string[]> => {
    simulator.setScript([{ text: 'Done.' }]);
    assert.equal((await door.start('Look', options).end).status, 'completed');
    return offered();
  };

  it('is not offered to the model; all others keep their names and their places', async () => {
    const all = await toolsOf({});
    assert.ok(all.includes('files__write_file') && all.length > 5);
    const isOffered = (server: string, tool: string): boolean => !(server === 'files' && tool === 'write_file');
    assert.deepEqual(
      await toolsOf({ isOffered }),
      all.filter((name) => name !== 'files__write_file'),
    );
    const onlyFiles = all.filter((name) => !name.startsWith('ledger__'));
    assert.deepEqual(await toolsOf({ isOffered: (server) => server === 'files' }), onlyFiles);
  });

  it('cannot be called by a model that knows its name', async () => {
    const file = join(workspace.folder, 'written.txt');
    const call = { name: 'files__write_file', arguments: { path: file, content: 'x' } };
    simulator.setScript([{ toolCalls: [call] }, { text: 'Then not.' }]);
    const task = door.start('Write', { isOffered: (_server, tool) => tool !== 'write_file' });
    assert.equal((await task.end).status, 'completed');
    assert.equal(existsSync(file), false);
    const result = task.events.find((event) => event.type === 'tool_result');
    assert.ok(result?.type === 'tool_result' && result.isError, JSON.stringify(result));

    simulator.setScript([{ toolCalls: [call] }, { text: 'Done.' }]);
    await door.start('Write', {}).end;
    assert.equal(existsSync(file), true, 'switched on it can');
  });

  it('is named as such where a task wants a server that is switched off', () => {
    const spec = { ...serverSpec('files', 'x'), disabled: true, isSwitchedOff: true as const };
    const found = { servers: [spec], diagnostics: [] };
    assert.throws(() => selectServers(found, { kind: 'named', names: ['files'] }), {
      code: 'usage',
      message: 'MCP server "files" is switched off in the view "MCP Servers".',
    });
    assert.deepEqual(selectServers(found, { kind: 'all' }), []);
  });
});
