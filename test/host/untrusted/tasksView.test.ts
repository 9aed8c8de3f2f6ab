import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { JournalStore } from '../../../src/tasks/journalStore';
import { COMMANDS, TASKS_VIEW } from '../../../src/vscode/ids';
import type { TestHooks } from '../../../src/vscode/testHooks';
import { activated, eventually, notices } from '../support';

describe('the view of tasks in a folder that nobody trusts', () => {
  let hooks: TestHooks;

  before(async () => {
    hooks = await activated();
    await vscode.commands.executeCommand(`${TASKS_VIEW}.focus`);
  });

  beforeEach(() => hooks.dialogs.reset());

  it('says why no task can be run', async () => {
    await eventually(() => assert.equal(hooks.tasksView.welcome, 'untrusted'));
  });

  it('runs none again, resumes none, and shows and deletes those of before', async () => {
    const store = new JournalStore({ folder: hooks.journalFolder, version: '0.0.0', wallClock: Date.now });
    const limits = { maxRounds: 1, maxTokens: undefined, timeoutMs: undefined };
    const journal = await store.create(
      { task: 'Before', model: undefined, servers: { kind: 'none' }, ...limits },
      [],
      [],
    );
    await journal.close();
    await vscode.commands.executeCommand(COMMANDS.refreshTasks);
    assert.equal(hooks.tasksView.welcome, 'some');
    const [node] = await hooks.tasksView.tree.getChildren();
    for (const command of [COMMANDS.runAgain, COMMANDS.retryTask, COMMANDS.retryTaskWithModel, COMMANDS.resumeTask]) {
      hooks.dialogs.reset();
      await vscode.commands.executeCommand(command, node);
      assert.match(notices(hooks)[0]?.message ?? '', /because this folder is not trusted/, command);
    }
    hooks.dialogs.answerNext('Delete');
    await vscode.commands.executeCommand(COMMANDS.discardJournal, node);
    assert.equal(hooks.tasksView.welcome, 'untrusted');
  });
});
