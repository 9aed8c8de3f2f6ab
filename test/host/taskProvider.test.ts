/** Tasks of VS Code's own kind: from task files, from tasks.json, as steps of others, with exit codes and problems. */
import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { COMMANDS, TASK_TYPE } from '../../src/vscode/ids';
import type { TestHooks } from '../../src/vscode/testHooks';
import { gate } from '../simulator/gate';
import type { Simulator } from '../simulator/server';
import { activated, connectSimulator, eventually, questions, workspaceFolder } from './support';

/** One for paths within the folder, one for whole paths. */
const MATCHERS = ['$lmstudio-bridge', '$lmstudio-bridge-absolute'];

describe('the task provider', () => {
  let hooks: TestHooks;
  let simulator: Simulator;
  let folder: string;

  const TASKS = [
    { label: 'lint by model', type: TASK_TYPE, task: 'Look for errors.', problemMatcher: MATCHERS },
    { label: 'no such model', type: TASK_TYPE, task: 'Say hello.', model: 'no/such-model', problemMatcher: [] },
    {
      label: 'too much',
      type: TASK_TYPE,
      task: 'List.',
      servers: ['filesystem'],
      limits: { rounds: 1 },
      problemMatcher: [],
    },
    { label: 'wrong', type: TASK_TYPE, task: 'Say hello.', approval: 'always', problemMatcher: [] },
    {
      label: 'of a file',
      type: TASK_TYPE,
      taskFile: 'build/topic.task.md',
      inputs: { topic: 'cats' },
      problemMatcher: [],
    },
    { label: 'asks', type: TASK_TYPE, taskFile: 'build/topic.task.md', problemMatcher: [] },
    { label: 'of a wrong file', type: TASK_TYPE, taskFile: 'build/wrong.task.md', problemMatcher: '$lmstudio-bridge' },
    { label: 'second', type: TASK_TYPE, task: 'Second.', dependsOn: 'first', problemMatcher: [] },
    { label: 'first', type: TASK_TYPE, task: 'First.', problemMatcher: [] },
    ...['long', 'interrupted', 'terminated', 'undecided'].map((label) => ({
      ...{ label, type: TASK_TYPE, task: `Count for the task ${label}.`, problemMatcher: [] },
    })),
  ];

  before(async () => {
    hooks = await activated();
    simulator = await connectSimulator(hooks);
    folder = workspaceFolder();
    mkdirSync(join(folder, '.vscode'), { recursive: true });
    mkdirSync(join(folder, 'build'), { recursive: true });
    writeFileSync(
      join(folder, 'build', 'topic.task.md'),
      '---\ninputs: { topic: What, tone: { default: dry } }\n---\nWrite about ${input:topic}, ${input:tone}.',
    );
    writeFileSync(join(folder, 'build', 'alone.task.md'), 'Say hello.');
    writeFileSync(join(folder, 'build', 'wrong.task.md'), '---\nmodel: a\nservre: none\n---\nDo it.');
    writeFileSync(join(folder, '.vscode', 'tasks.json'), JSON.stringify({ version: '2.0.0', tasks: TASKS }));
    await vscode.commands.executeCommand(COMMANDS.forgetConsent);
  });

  beforeEach(() => {
    hooks.dialogs.reset();
  });

  afterEach(() => {
    assert.equal(hooks.dialogs.unusedAnswers, 0, 'every answer was asked for');
    assert.deepEqual(hooks.running(), []);
  });

  after(async () => {
    rmSync(join(folder, '.vscode', 'tasks.json'));
    rmSync(join(folder, 'build'), { recursive: true });
    await vscode.commands.executeCommand('workbench.action.closePanel');
    await simulator.close();
  });

  /** As VS Code knows it; its own file of tasks is read a moment after it was written. */
  async function taskNamed(name: string): Promise<vscode.Task> {
    let found: vscode.Task | undefined;
    await eventually(async () => {
      const tasks = await vscode.tasks.fetchTasks({ type: TASK_TYPE });
      found = tasks.find((task) => task.name === name);
      assert.ok(found, `${name} among ${tasks.map((task) => task.name).join(', ')}`);
    });
    assert.ok(found);
    return found;
  }

  /** The exit code with which the process of a task ends. */
  function ended(name: string): Promise<number | undefined> {
    return new Promise((resolve) => {
      const listening = vscode.tasks.onDidEndTaskProcess(({ execution, exitCode }) => {
        if (execution.task.name !== name) return;
        listening.dispose();
        resolve(exitCode);
      });
    });
  }

  async function run(name: string): Promise<number | undefined> {
    const task = await taskNamed(name);
    const end = ended(name);
    await vscode.tasks.executeTask(task);
    return end;
  }

  /** What models were asked, by either of the two ways. */
  const asked = () => simulator.requests.filter(({ path }) => /\/chat(\/completions)?$/.test(path));
  const tasksSent = (): string[] => asked().map(({ body }) => JSON.stringify(body));

  it('offers one task for each task file', async () => {
    // One that tasks.json names with nothing else is that task of tasks.json.
    const task = await taskNamed('build/alone');
    assert.equal(task.source, 'LM Studio');
    assert.deepEqual({ ...task.definition, type: TASK_TYPE }, { type: TASK_TYPE, taskFile: 'build/alone.task.md' });
  });

  it('runs a task of tasks.json after one question, and finds the problems in its answer', async () => {
    simulator.setScript(() => ({
      text: `I found this:\n\nREADME.md:1:3: warning: The title says nothing.\n- \`README.md:2:1\`: error: Here too\n${join(folder, 'README.md')}:3:1: info: A whole path`,
    }));
    hooks.dialogs.answerNext('Run');
    assert.equal(await run('lint by model'), 0);
    const [question] = questions(hooks);
    assert.equal(question?.message, 'Run the task "lint by model"?');
    assert.match(question.detail, /written in tasks\.json/);
    assert.deepEqual(question.buttons, ['Preview…', 'Run'], 'it may have begun by itself, so Enter starts nothing');
    const readme = vscode.Uri.file(join(folder, 'README.md'));
    await eventually(() => {
      const found = vscode.languages.getDiagnostics(readme).filter(({ source }) => source === 'LM Studio');
      assert.deepEqual(
        found
          .map(({ message, range, severity }) => `${range.start.line}:${range.start.character} ${severity} ${message}`)
          .sort(),
        ['0:2 1 The title says nothing.', '1:0 0 Here too', '2:0 2 A whole path'],
      );
    });

    hooks.dialogs.reset();
    assert.equal(await run('lint by model'), 0);
    assert.deepEqual(questions(hooks), [], 'it is the same task as before');
  });

  it('does not start what the person does not agree to', async () => {
    const before = tasksSent().length;
    hooks.dialogs.answerNext("Don't Run");
    assert.equal(await run('first'), 130);
    assert.equal(tasksSent().length, before);
  });

  it('ends with the exit code of what became of it', async () => {
    hooks.dialogs.answerNext('Run');
    assert.equal(await run('no such model'), 1);
    simulator.setScript(() => ({ toolCalls: [{ match: 'list_directory', arguments: { path: folder } }] }));
    hooks.dialogs.answerNext('Run', 'Start', 'Allow once');
    assert.equal(await run('too much'), 3);
    const before = tasksSent().length;
    assert.equal(await run('wrong'), 2);
    assert.equal(tasksSent().length, before);
  });

  it('runs a task file with the values of its definition', async () => {
    simulator.setScript(() => ({ text: 'Cats.' }));
    hooks.dialogs.answerNext('Run');
    assert.equal(await run('of a file'), 0);
    assert.match(tasksSent().at(-1) ?? '', /Write about cats, dry\./);
  });

  it('asks for what its definition does not say, and ends where nobody says it', async () => {
    simulator.setScript(() => ({ text: 'Dogs.' }));
    hooks.dialogs.answerNext('dogs', 'Run');
    assert.equal(await run('asks'), 0);
    assert.match(tasksSent().at(-1) ?? '', /Write about dogs, dry\./);
    hooks.dialogs.answerNext(undefined);
    assert.equal(await run('asks'), 130);
  });

  it('shows beforehand what a task of tasks.json may do', async () => {
    await taskNamed('too much');
    hooks.dialogs.answerNext('too much');
    await vscode.commands.executeCommand(COMMANDS.previewTask);
    const text = vscode.window.activeTextEditor?.document.getText() ?? '';
    assert.match(text, /^# Preview of the task "too much"\n\nWritten in `tasks\.json`/);
    assert.match(text, /rounds 1, [^]*### filesystem/);
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  it('shows what is wrong with a task file as a problem of that file', async () => {
    assert.equal(await run('of a wrong file'), 2);
    const uri = vscode.Uri.file(join(folder, 'build', 'wrong.task.md'));
    await eventually(() => {
      const found = vscode.languages.getDiagnostics(uri).filter(({ source }) => source === 'LM Studio');
      assert.deepEqual(
        found.map(({ message, range }) => `${range.start.line}:${range.start.character} ${message}`),
        ['2:0 "servre" is not known in front matter. Did you mean "servers"?'],
      );
    });
  });

  it('waits for the task that it depends on', async () => {
    simulator.setScript(() => ({ text: 'Done.' }));
    hooks.dialogs.answerNext('Run', 'Run');
    const before = tasksSent().length;
    assert.equal(await run('second'), 0);
    assert.deepEqual(
      questions(hooks).map(({ message }) => message),
      ['Run the task "first"?', 'Run the task "second"?'],
    );
    const sent = tasksSent().slice(before);
    assert.equal(sent.length, 2);
    assert.match(sent[0] ?? '', /First\./);
    assert.match(sent[1] ?? '', /Second\./);
  });

  /** Starts it, and waits until its answer has begun, which then goes no further. */
  async function runHalfway(name: string): Promise<vscode.TaskExecution> {
    const held = gate();
    simulator.setScript([{ text: 'One two three', hold: held.promise, holdAfter: 2 }]);
    hooks.dialogs.answerNext('Run');
    const execution = await vscode.tasks.executeTask(await taskNamed(name));
    await eventually(() => assert.equal(hooks.running()[0]?.activity, 'writing'));
    return execution;
  }

  async function assertCancelled(): Promise<void> {
    await eventually(() => assert.deepEqual(hooks.running(), []));
    await eventually(() => assert.equal(asked().at(-1)?.aborted, true, 'the generation was stopped'));
  }

  /** As if the person pressed Ctrl+C in the terminal that the task has shown. */
  async function interrupt(name: string): Promise<void> {
    await eventually(() => assert.match(vscode.window.activeTerminal?.name ?? 'none', new RegExp(name)));
    await vscode.commands.executeCommand('workbench.action.terminal.sendSequence', { text: '\u0003' });
  }

  it('is cancelled with its terminal, and stops the generation', async () => {
    const execution = await runHalfway('long');
    execution.terminate();
    await assertCancelled();
  });

  it('is cancelled by the command "Terminate Task"', async () => {
    await runHalfway('terminated');
    const gone = new Promise<void>((resolve) => {
      const listening = vscode.tasks.onDidEndTask(({ execution }) => {
        if (execution.task.name !== 'terminated') return;
        listening.dispose();
        resolve();
      });
    });
    await vscode.commands.executeCommand('workbench.action.tasks.terminate', 'terminated');
    await gone;
    await assertCancelled();
  });

  it('is cancelled by Ctrl+C in its terminal, and ends with the exit code for that', async () => {
    const end = ended('interrupted');
    await runHalfway('interrupted');
    await interrupt('interrupted');
    assert.equal(await end, 130);
    await assertCancelled();
  });

  it('is given up by Ctrl+C before the person has agreed to it, and a yes that comes later is none', async () => {
    const before = tasksSent().length;
    const end = ended('undecided');
    const open = gate();
    hooks.dialogs.answerNext(open.promise.then(() => 'Run'));
    await vscode.tasks.executeTask(await taskNamed('undecided'));
    await eventually(() => assert.match(questions(hooks).at(-1)?.message ?? '', /^Run the task "undecided"\?$/));
    await interrupt('undecided');
    assert.equal(await end, 130);
    // Nobody but the person can close a native dialog.
    open.open();
    hooks.dialogs.answerNext("Don't Run");
    assert.equal(await run('undecided'), 130, 'it is asked again');
    assert.equal(tasksSent().length, before);
  });
});
