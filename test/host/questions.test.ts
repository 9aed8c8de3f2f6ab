import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { RunEnd } from '../../src/tasks/types';
import { COMMANDS } from '../../src/vscode/ids';
import type { TestHooks } from '../../src/vscode/testHooks';
import type { Simulator } from '../simulator/server';
import {
  activated,
  allowFilesystem,
  connectSimulator,
  eventually,
  notices,
  questions,
  workspaceFolder,
} from './support';

describe('a question that somebody reads before the answer', () => {
  let hooks: TestHooks;
  let simulator: Simulator;

  before(async () => {
    hooks = await activated();
    simulator = await connectSimulator(hooks);
    await allowFilesystem(hooks, simulator);
  });

  beforeEach(() => hooks.dialogs.reset());

  afterEach(async () => {
    assert.equal(hooks.dialogs.unusedAnswers, 0, 'every answer was asked for');
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  after(() => simulator.close());

  const run = (task: string): Thenable<RunEnd> =>
    vscode.commands.executeCommand<RunEnd>(COMMANDS.runWithServer, { server: 'filesystem', task });

  it('waits beside its read-only document, and comes back by command', async () => {
    const file = join(workspaceFolder(), 'read-first.txt');
    const content = 'x'.repeat(5_000);
    simulator.setScript([
      { toolCalls: [{ match: 'write_file', arguments: { path: file, content } }] },
      { text: 'Done.' },
    ]);
    hooks.dialogs.answerNext('Show all…', undefined);
    const running = run('Write a long file');
    await eventually(() => assert.match(notices(hooks).at(-1)?.message ?? '', /^The task "Write a long file" waits/));
    assert.deepEqual(notices(hooks).at(-1)?.actions, ['Review…']);
    const document = vscode.window.activeTextEditor?.document;
    assert.ok(document, 'a document is open');
    assert.ok(document.getText().includes(content));
    assert.equal(vscode.workspace.fs.isWritableFileSystem(document.uri.scheme) ?? false, false);
    assert.deepEqual([hooks.running()[0]?.isWaiting, existsSync(file)], [true, false]);
    hooks.dialogs.answerNext('Allow once');
    await vscode.commands.executeCommand(COMMANDS.answerQuestion);
    assert.equal((await running).status, 'completed');
    assert.deepEqual([questions(hooks).length, existsSync(file)], [2, true]);
  });

  it('is the end of a task, too: one button shows what it did', async () => {
    simulator.setScript([{ text: 'Fine.' }]);
    await run('Say that it is fine');
    assert.deepEqual(notices(hooks).at(-1)?.actions, ['Show Task']);
    hooks.dialogs.reset();
    hooks.dialogs.click('Show Task');
    simulator.setScript([{ text: 'Fine again.' }]);
    await run('Say that it is fine again');
    await eventually(() => assert.match(vscode.window.activeTextEditor?.document.getText() ?? '', /Fine again\./));
  });
});
