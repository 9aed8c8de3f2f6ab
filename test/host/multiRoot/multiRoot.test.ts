import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { RunEnd } from '../../../src/tasks/types';
import { COMMANDS } from '../../../src/vscode/ids';
import type { TestHooks } from '../../../src/vscode/testHooks';
import type { Simulator } from '../../simulator/server';
import type { Turn } from '../../simulator/turn';
import { activated, connectSimulator, eventually, questions } from '../support';

describe('in a workspace of two folders', () => {
  let hooks: TestHooks;
  let simulator: Simulator;
  let first: string;
  let second: string;

  before(async () => {
    const [one, two] = vscode.workspace.workspaceFolders ?? [];
    assert.ok(one && two, 'two folders are open');
    first = one.uri.fsPath;
    second = two.uri.fsPath;
    hooks = await activated();
    simulator = await connectSimulator(hooks);
    await hooks.serversView.read();
  });

  beforeEach(() => hooks.dialogs.reset());

  after(() => simulator.close());

  const specs = () => hooks.mcp.entries.map(({ spec }) => ({ name: spec.name, folder: spec.source.folder }));
  const remember = (server: string): Turn => ({
    toolCalls: [
      {
        match: new RegExp(`${server}__create_entities`),
        arguments: { entities: [{ name: server, entityType: 'test', observations: ['seen'] }] },
      },
    ],
  });

  it('finds the servers of both; the first folder wins a name that both have', () => {
    assert.deepEqual(specs(), [
      { name: 'filesystem', folder: first },
      { name: 'memory', folder: first },
      { name: 'notes', folder: second },
    ]);
  });

  it('says where the name stands that is not used, and why', () => {
    const [clash, ...others] = hooks.mcp.diagnostics.filter(({ code }) => code === 'duplicate-name');
    assert.deepEqual(others, []);
    assert.equal(clash?.file, join(second, '.mcp.json'));
    assert.match(clash.message, /^Server "filesystem" is not used: .*workspace.*\.mcp\.json.* defines it first\.$/);
  });

  it('runs a task with servers of both, each with its own folder', async () => {
    simulator.setScript([remember('memory'), remember('notes'), { text: 'Remembered twice.' }]);
    hooks.dialogs.answerNext('Start', 'Start', 'Allow once', 'Allow once');
    const args = { servers: ['memory', 'notes'], task: 'Remember it in both.' };
    const end = await vscode.commands.executeCommand<RunEnd>(COMMANDS.runWithServers, args);
    assert.equal(end.status, 'completed', JSON.stringify(end));
    const asked = questions(hooks).map(({ message }) => message);
    assert.deepEqual(asked.slice(0, 2), ['Start the MCP server "memory"?', 'Start the MCP server "notes"?']);
    assert.match(readFileSync(join(first, '.lmstudio-bridge-demo', 'memory.jsonl'), 'utf8'), /"memory"/);
    assert.match(readFileSync(join(second, 'notes.jsonl'), 'utf8'), /"notes"/);
    assert.equal(hooks.dialogs.unusedAnswers, 0, 'every answer was asked for');
  });

  it('lets the second folder have its name back when the first gives it up', async () => {
    const file = join(first, '.mcp.json');
    const config = JSON.parse(readFileSync(file, 'utf8')) as { mcpServers: Record<string, unknown> };
    delete config.mcpServers['filesystem'];
    writeFileSync(file, JSON.stringify(config));
    await eventually(() =>
      assert.deepEqual(
        specs().filter(({ name }) => name === 'filesystem'),
        [{ name: 'filesystem', folder: second }],
      ),
    );
  });

  it('keeps the journals in one place, outside of both folders', () => {
    assert.ok(existsSync(hooks.journalFolder));
    assert.ok(![first, second].some((folder) => hooks.journalFolder.startsWith(folder)), hooks.journalFolder);
  });
});
