import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { COMMANDS } from '../../../src/vscode/ids';
import type { TestHooks } from '../../../src/vscode/testHooks';
import type { Simulator } from '../../simulator/server';
import { activated, connectSimulator, eventually, notices, questions, rejection } from '../support';

describe('in a folder that nobody trusts', () => {
  let hooks: TestHooks;
  let simulator: Simulator;

  before(async () => {
    assert.equal(vscode.workspace.isTrusted, false);
    hooks = await activated();
    simulator = await connectSimulator(hooks);
  });

  beforeEach(() => {
    hooks.dialogs.reset();
  });

  after(() => simulator.close());

  it('still shows the models', async () => {
    await eventually(() => assert.match(hooks.status()?.text ?? '', /LM Studio: qwen3-8b/));
    assert.ok(hooks.treeRows().length > 0);
    assert.match(hooks.status()?.tooltip ?? '', /not trusted/);
  });

  it('explains itself when a task is wanted, and offers the way out', async () => {
    for (const command of [COMMANDS.runWithServer, COMMANDS.runWithServers, COMMANDS.runWithAllServers]) {
      hooks.dialogs.reset();
      await vscode.commands.executeCommand(command);
      assert.equal(hooks.dialogs.seen.length, 1);
      assert.match(
        notices(hooks)[0]?.message ?? '',
        /^Tasks and MCP servers are off, because this folder is not trusted\./,
      );
      assert.deepEqual(notices(hooks)[0]?.actions, ['Manage Workspace Trust']);
    }
  });

  it('rejects the argument form too: nothing is read, asked, started or sent', async () => {
    const args = { server: 'filesystem', task: 'What is here?' };
    assert.match(await rejection(COMMANDS.runWithServer, args), /not trusted/);
    assert.match(await rejection(COMMANDS.runWithAllServers, { task: 'What is here?' }), /not trusted/);
    assert.equal(hooks.configReads(), 0);
    assert.deepEqual(questions(hooks), []);
    assert.deepEqual(hooks.running(), []);
    assert.ok(!simulator.requests.some(({ path }) => path.endsWith('/chat/completions')));
  });

  it('does not touch the configuration file of the folder', async () => {
    await vscode.commands.executeCommand(COMMANDS.openMcpConfig);
    assert.match(notices(hooks)[0]?.message ?? '', /not trusted/);
    assert.equal(vscode.window.activeTextEditor, undefined);
  });
});
