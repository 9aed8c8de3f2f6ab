/** Tasks that the person has not begun by a command: what opens for them, and what counts as the last one. */
import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { RunEnd } from '../../src/tasks/types';
import { RUN_TASK_TOOL } from '../../src/vscode/chat/participantIds';
import { TASK_SCHEME } from '../../src/vscode/documents/taskUri';
import { COMMANDS, TASK_TYPE } from '../../src/vscode/ids';
import type { TestHooks } from '../../src/vscode/testHooks';
import type { Simulator } from '../simulator/server';
import { activated, allowFilesystem, connectSimulator, eventually, setSetting, workspaceFolder } from './support';

describe('a task that something else shows', () => {
  let hooks: TestHooks;
  let simulator: Simulator;
  const file = (): string => join(workspaceFolder(), 'build', 'origin.task.md');

  before(async () => {
    hooks = await activated();
    simulator = await connectSimulator(hooks);
    await allowFilesystem(hooks, simulator);
    mkdirSync(join(workspaceFolder(), 'build'), { recursive: true });
    writeFileSync(file(), 'Say that you are of a terminal.');
  });

  beforeEach(() => {
    hooks.dialogs.reset();
    simulator.setScript(() => ({ text: 'Done.' }));
  });

  afterEach(() => {
    assert.equal(hooks.dialogs.unusedAnswers, 0, 'every answer was asked for');
    assert.deepEqual(hooks.running(), []);
  });

  after(async () => {
    rmSync(file());
    await setSetting('task.show', undefined);
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await simulator.close();
  });

  const run = (task: string): Thenable<RunEnd> =>
    vscode.commands.executeCommand<RunEnd>(COMMANDS.runWithServer, { server: 'filesystem', task });
  const delegate = (task: string): Thenable<unknown> =>
    vscode.lm.invokeTool(RUN_TASK_TOOL, { input: { task, servers: [] }, toolInvocationToken: undefined });
  const stream = { markdown: () => undefined, progress: () => undefined, button: () => undefined };
  const chat = (prompt: string) => {
    const request = { prompt, command: undefined, references: [], toolReferences: [] };
    return hooks.chat.answer(request, { history: [] }, stream, new vscode.CancellationTokenSource().token);
  };
  const taskTabs = (): readonly string[] =>
    vscode.window.tabGroups.all
      .flatMap(({ tabs }) => tabs)
      .flatMap(({ input }) =>
        input instanceof vscode.TabInputText && input.uri.scheme === TASK_SCHEME ? [input.uri.path] : [],
      );
  const lastPrompt = (): string =>
    JSON.stringify(simulator.requests.findLast(({ path }) => /\/chat(\/completions)?$/.test(path))?.body);

  it('opens nothing besides: not for a chat, not for an agent, not for a step of tasks.json', async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await setSetting('task.show', 'document');
    await chat('Say that you are of a chat');
    await delegate('Say that you are of an agent');
    const step = (await vscode.tasks.fetchTasks({ type: TASK_TYPE })).find(({ name }) => name === 'build/origin');
    assert.ok(step);
    const ended = new Promise<void>((resolve) => {
      const listening = vscode.tasks.onDidEndTaskProcess(({ execution }) => {
        if (execution.task.name !== step.name) return;
        listening.dispose();
        resolve();
      });
    });
    hooks.dialogs.answerNext('Run');
    await vscode.tasks.executeTask(step);
    await ended;
    await run('Say that you are mine');
    await eventually(() => assert.deepEqual(taskTabs(), ['/Say that you are mine.md']));
  });

  it('is not the last one of the person, where an agent has begun it', async () => {
    await setSetting('task.show', 'nothing');
    await run('This is mine');
    await delegate('This is of an agent');
    assert.match(lastPrompt(), /This is of an agent/);
    await vscode.commands.executeCommand(COMMANDS.runAgain);
    assert.match(lastPrompt(), /This is mine/);
  });
});
