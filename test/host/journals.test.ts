import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { JournalStore } from '../../src/tasks/journalStore';
import type { RunEnd } from '../../src/tasks/types';
import { COMMANDS } from '../../src/vscode/ids';
import type { TestHooks } from '../../src/vscode/testHooks';
import type { Simulator } from '../simulator/server';
import { activated, connectSimulator, notices, questions, workspaceFolder } from './support';

describe('a task that was interrupted', () => {
  let hooks: TestHooks;
  let simulator: Simulator;
  let folder: string;
  let store: JournalStore;
  let runId: string;

  before(async () => {
    hooks = await activated();
    simulator = await connectSimulator(hooks);
    folder = workspaceFolder();
    store = new JournalStore({ folder: hooks.journalFolder, version: '0.0.0', wallClock: Date.now });
    await vscode.commands.executeCommand(COMMANDS.forgetConsent);
  });

  beforeEach(async () => {
    hooks.dialogs.reset();
    for (const run of (await store.list()).runs) await store.discard(run.runId);
    runId = await leaveBehind();
  });

  afterEach(() => assert.equal(hooks.dialogs.unusedAnswers, 0, 'every answer was asked for'));

  after(() => simulator.close());

  /** What a window leaves behind that died while a tool wrote. */
  async function leaveBehind(): Promise<string> {
    const args = { path: join(folder, 'resumed.txt'), content: 'once' };
    const limits = { maxRounds: 5, maxTokens: undefined, timeoutMs: undefined };
    const request = {
      task: 'Write it down',
      model: undefined,
      servers: { kind: 'named', names: ['filesystem'] },
    } as const;
    const journal = await store.create({ ...request, ...limits }, [folder], []);
    const call = { id: '000000001', name: 'write_file', arguments: JSON.stringify(args) };
    journal.record({
      type: 'conversation',
      messages: [
        { role: 'system', content: 'Work.' },
        { role: 'user', content: 'Write it down' },
        { role: 'assistant', content: '', toolCalls: [call] },
      ],
    });
    const begun = { id: call.id, server: 'filesystem', tool: 'write_file', arguments: args, readOnly: false };
    journal.record({ type: 'call', ...begun });
    await journal.flush();
    await journal.close();
    return journal.runId;
  }

  it('is offered once, quietly, at the next start', async () => {
    await hooks.offerTasks();
    assert.deepEqual(notices(hooks), [
      {
        kind: 'notify',
        level: 'info',
        message: 'A task was interrupted: "Write it down".',
        actions: ['Resume', 'Show', 'Delete…'],
      },
    ]);
    hooks.dialogs.reset();
    await hooks.offerTasks();
    assert.deepEqual(notices(hooks), [], 'it was told');
    await hooks.tasksView.read();
    assert.ok(
      hooks.tasksView.board.shown.some(({ node }) => node.runId === runId),
      'and is in the view',
    );
    await store.discard(runId);
  });

  it('goes on after consent, the question about the cut-off call, and approval', async () => {
    simulator.setScript([{ text: 'Written.' }]);
    hooks.dialogs.answerNext('Write it down', 'Start', 'Run it again', 'Allow once');
    const end = await vscode.commands.executeCommand<RunEnd>(COMMANDS.resumeTask);
    assert.equal(end.status, 'completed');
    assert.equal(readFileSync(join(folder, 'resumed.txt'), 'utf8'), 'once');
    const [consent, fate, approval] = questions(hooks);
    assert.equal(consent?.message, 'Start the MCP server "filesystem"?');
    assert.equal(fate?.message, 'Was the call of "write_file" of MCP server "filesystem" done?');
    assert.match(fate.detail, /"content": "once"/);
    assert.match(approval?.message ?? '', /^Allow the tool "write_file"/);
    const { runs } = await store.list();
    assert.deepEqual(
      runs.map((run) => [run.runId, run.state]),
      [[runId, 'completed']],
    );
  });

  it('does not repeat the call where nobody knows, and tells the model', async () => {
    const before = existsSync(join(folder, 'resumed.txt'));
    simulator.setScript([{ text: 'I look.' }]);
    hooks.dialogs.answerNext(undefined);
    const end = await vscode.commands.executeCommand<RunEnd>(COMMANDS.resumeTask, runId);
    assert.equal(end.status, 'completed');
    assert.match(
      JSON.stringify(simulator.requests.findLast(({ path }) => path.endsWith('/chat/completions'))?.body),
      /its outcome is unknown/,
    );
    assert.equal(existsSync(join(folder, 'resumed.txt')), before);
  });

  it('can be shown, and deleted after a question', async () => {
    hooks.dialogs.answerNext('Write it down');
    await vscode.commands.executeCommand(COMMANDS.showTask);
    const text = vscode.window.activeTextEditor?.document.getText() ?? '';
    assert.ok(text.includes(`- Task ${runId}, begun `));
    assert.match(text, /Nobody knows whether the call of "write_file"/);
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    hooks.dialogs.answerNext('Keep');
    await vscode.commands.executeCommand(COMMANDS.discardJournal, runId);
    assert.equal((await store.list()).runs.length, 1);
    hooks.dialogs.answerNext('Delete');
    await vscode.commands.executeCommand(COMMANDS.discardJournal, runId);
    assert.equal((await store.list()).runs.length, 0);
    await vscode.commands.executeCommand(COMMANDS.resumeTask);
    assert.match(notices(hooks).at(-1)?.message ?? '', /There is no such task in this workspace/);
  });

  it('is not a new task that ran to its end: that one has a journal outside the workspace, and is not offered', async () => {
    await store.discard(runId);
    simulator.setScript([{ text: 'Ready.' }]);
    await vscode.commands.executeCommand(COMMANDS.runWithServer, {
      server: 'filesystem',
      task: 'Say that you are ready',
    });
    const { runs } = await store.list();
    assert.deepEqual(
      runs.map(({ state, task }) => [state, task]),
      [['completed', 'Say that you are ready']],
    );
    assert.ok(!hooks.journalFolder.startsWith(folder));
    hooks.dialogs.reset();
    await hooks.offerTasks();
    assert.deepEqual(notices(hooks), []);
  });
});
