import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { ExportedTask } from '../../src/tasks/journalExport';
import { JournalStore } from '../../src/tasks/journalStore';
import type { RunEnd, TaskRequest } from '../../src/tasks/types';
import { COMMANDS, TASKS_VIEW } from '../../src/vscode/ids';
import type { TasksTreeNode } from '../../src/vscode/tasks/tasksTree';
import type { TestHooks } from '../../src/vscode/testHooks';
import { gate } from '../simulator/gate';
import type { Simulator } from '../simulator/server';
import type { Turn } from '../simulator/turn';
import {
  activated,
  allowFilesystem,
  connectSimulator,
  eventually,
  notices,
  questions,
  workspaceFolder,
} from './support';

const REQUEST: TaskRequest = {
  ...{ task: 'Of before', model: undefined, servers: { kind: 'none' } as const },
  ...{ maxRounds: 3, maxTokens: undefined, timeoutMs: undefined },
};

describe('the view of tasks', () => {
  let hooks: TestHooks;
  let simulator: Simulator;
  let folder: string;
  let store: JournalStore;

  before(async () => {
    hooks = await activated();
    simulator = await connectSimulator(hooks);
    folder = workspaceFolder();
    store = new JournalStore({ folder: hooks.journalFolder, version: '0.0.0', wallClock: Date.now });
    await allowFilesystem(hooks, simulator);
    await vscode.commands.executeCommand(`${TASKS_VIEW}.focus`);
  });

  beforeEach(async () => {
    hooks.dialogs.reset();
    // Not the folder itself, which the view watches.
    mkdirSync(hooks.journalFolder, { recursive: true });
    // By force: the end of a task deletes old journals too, a moment later.
    for (const name of readdirSync(hooks.journalFolder))
      rmSync(join(hooks.journalFolder, name), { recursive: true, force: true });
    await vscode.commands.executeCommand(COMMANDS.refreshTasks);
    assert.deepEqual(labels(), []);
  });

  afterEach(() => {
    assert.equal(hooks.dialogs.unusedAnswers, 0, 'every answer was asked for');
    assert.deepEqual(hooks.running(), []);
    if (hooks.presence) hooks.presence.isHere = true;
  });

  after(() => simulator.close());

  const view = () => hooks.tasksView;
  const run = (task: string, more: object = {}): Thenable<RunEnd> =>
    vscode.commands.executeCommand<RunEnd>(COMMANDS.runWithServer, { server: 'filesystem', task, ...more });
  const list = (): Turn => ({ toolCalls: [{ match: 'list_directory', arguments: { path: folder } }] });
  const write = (name: string): Turn => ({
    toolCalls: [{ match: 'write_file', arguments: { path: join(folder, name), content: name } }],
  });
  const roots = (): TasksTreeNode[] => {
    const nodes = view().tree.getChildren();
    assert.ok(Array.isArray(nodes));
    return nodes;
  };
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  const item = (node: TasksTreeNode) => {
    const { label, description, tooltip, contextValue, accessibilityInformation, id, iconPath, command } =
      view().tree.getTreeItem(node);
    assert.ok(iconPath instanceof vscode.ThemeIcon);
    return {
      ...{ label: text(label), description: text(description), tooltip: text(tooltip), id },
      ...{ context: contextValue, spoken: accessibilityInformation?.label ?? '', icon: iconPath.id, command },
    };
  };
  const labels = (): string[] => roots().map((node) => item(node).label);
  const below = async (node: TasksTreeNode) =>
    (await view().tree.getChildren(node)).map((child) => ({ child, ...item(child) }));
  const nodeOf = (label: string): TasksTreeNode => {
    const node = roots().find((candidate) => item(candidate).label === label);
    assert.ok(node, `there is no task "${label}" among ${labels().join(', ')}`);
    return node;
  };
  const contextOf = (label: string) => item(nodeOf(label)).context;
  const becomes = (label: string, context: string): Promise<void> =>
    eventually(() => assert.equal(contextOf(label), context));
  const runIdOf = (label: string): string => {
    const node = nodeOf(label);
    assert.ok(node.kind === 'task' && node.runId !== undefined);
    return node.runId;
  };
  /** What another window, or this one before it was closed, has left behind. */
  const leave = async (task: string, end?: 'completed' | 'failed'): Promise<string> => {
    const journal = await store.create({ ...REQUEST, task }, [folder], []);
    const messages = [{ role: 'user', content: task } as const];
    journal.record({ type: 'conversation', messages });
    const usage = { promptTokens: 10, completionTokens: 5, reasoningTokens: null };
    const totals = { rounds: 1, usage, recoveredCalls: 0, durationMs: 1_500, compactions: 0, prefixShare: null };
    if (end)
      journal.record({ type: 'end', status: end, code: end === 'failed' ? 'server-unreachable' : null, ...totals });
    await journal.close();
    return journal.runId;
  };

  it('shows a task while it runs, with its rounds and calls, and as the same row when it is done', async () => {
    const held = gate();
    simulator.setScript([list(), { text: 'There is a README.', hold: held.promise }]);
    hooks.dialogs.answerNext('Allow once');
    const running = run('What is here?', { maxRounds: 7 });
    await eventually(() =>
      assert.match(
        item(nodeOf('What is here?')).description,
        /^running, round 2, writing, 00:\d\d, [\d,]+ tokens read, \d+ written$/,
      ),
    );
    const node = nodeOf('What is here?');
    const live = item(node);
    assert.equal(live.context, 'task.running');
    assert.equal(live.icon, 'sync~spin');
    assert.match(live.spoken, /^Task "What is here\?": running, round 2, writing, [\d,]+ tokens read, \d+ written$/);
    assert.match(live.tooltip, /\nRound: 2 of at most 7\nModel: qwen\/qwen3-8b\nMCP servers: filesystem\nCalls: 1\n/);
    assert.equal(live.command?.command, COMMANDS.showTask);
    const [first, second] = await below(node);
    assert.match(first?.spoken ?? '', /^Round 1: 1 call, [\d,]+ tokens read, \d+ written; task "What is here\?"$/);
    assert.equal(second?.spoken, 'Round 2: no calls; task "What is here?"');
    assert.ok(first);
    const [call] = await below(first.child);
    assert.equal(call?.label, 'filesystem › list_directory');
    assert.match(
      call.spoken,
      /^Call of "list_directory" of MCP server "filesystem": done after .+\. Arguments: \{"path":/,
    );

    held.open();
    assert.equal((await running).status, 'completed');
    await becomes('What is here?', 'task.completed');
    assert.equal(nodeOf('What is here?'), node, 'what is selected stays selected');
    const done = item(node);
    assert.equal(done.id, live.id);
    assert.match(done.description, /^done, 2 rounds, 00:\d\d, \d/);
    assert.equal(done.icon, 'pass');
    assert.equal(done.command?.command, COMMANDS.showTask);
    const again = await below(node);
    assert.deepEqual(
      again.map(({ label }) => label),
      ['Round 1', 'Round 2'],
    );
    assert.ok(again[0]);
    assert.match((await below(again[0].child))[0]?.description ?? '', /^done after .+ · \{"path":/);
  });

  it('knows the tasks of before a reload, newest first, and a failed one by its reason', async () => {
    await leave('The first', 'completed');
    await new Promise((resolve) => setTimeout(resolve, 5));
    await leave('The second', 'failed');
    await vscode.commands.executeCommand(COMMANDS.refreshTasks);
    assert.deepEqual(labels(), ['The second', 'The first']);
    assert.equal(contextOf('The first'), 'task.completed');
    const failed = item(nodeOf('The second'));
    assert.equal(failed.context, 'task.failed.resumable');
    assert.match(
      failed.spoken,
      /^Task "The second": failed \(server-unreachable\), 1 round, 10 tokens read, 5 written, /,
    );
    assert.match(failed.tooltip, /It can be resumed where it stopped\./);
  });

  it('hears of tasks that begin and end elsewhere', async () => {
    await leave('Here before', 'completed');
    await vscode.commands.executeCommand(COMMANDS.refreshTasks);
    // Nothing is asked for: the folder is watched.
    await leave('From elsewhere', 'completed');
    await eventually(() => assert.ok(labels().includes('From elsewhere')));
  });

  it('that was empty hears of the first task of another window when somebody looks again', async () => {
    await vscode.commands.executeCommand('workbench.view.explorer');
    await leave('The first of all', 'completed');
    await vscode.commands.executeCommand(`${TASKS_VIEW}.focus`);
    await eventually(() => assert.deepEqual(labels(), ['The first of all']));
  });

  it('shows a task of another window as running there, and does not touch it', async () => {
    const runId = await leave('Over there');
    const other = spawn(process.execPath, ['-e', 'process.stdin.resume()'], {
      stdio: ['pipe', 'ignore', 'ignore'],
      env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
    });
    try {
      writeFileSync(join(hooks.journalFolder, `${runId}.1.lock`), `${String(other.pid)} ${String(Date.now())}\n`);
      await vscode.commands.executeCommand(COMMANDS.refreshTasks);
      const row = item(nodeOf('Over there'));
      assert.equal(row.context, 'task.elsewhere');
      assert.match(row.spoken, /^Task "Over there": running in another window, /);
      await vscode.commands.executeCommand(COMMANDS.discardJournal, nodeOf('Over there'));
      assert.match(notices(hooks).at(-1)?.message ?? '', /cannot be deleted while it runs/);
      await vscode.commands.executeCommand(COMMANDS.cancelTask, nodeOf('Over there'));
      assert.match(notices(hooks).at(-1)?.message ?? '', /No task is running/);
    } finally {
      other.kill();
      await once(other, 'exit');
    }
    await vscode.commands.executeCommand(COMMANDS.refreshTasks);
    assert.equal(contextOf('Over there'), 'task.interrupted.resumable');
    assert.ok(existsSync(join(hooks.journalFolder, `${runId}.jsonl`)));
  });

  it('says which journal is damaged, wholly or in a line, and lets it be deleted', async () => {
    const runId = await leave('Half of it');
    appendFileSync(join(hooks.journalFolder, `${runId}.jsonl`), '{"type":"nonsense"}\n');
    const path = join(hooks.journalFolder, '11111111-1111-4111-8111-111111111111.jsonl');
    writeFileSync(path, 'no journal\n');
    await vscode.commands.executeCommand(COMMANDS.refreshTasks);
    const broken = item(nodeOf('11111111-1111-4111-8111-111111111111'));
    assert.equal(broken.context, 'task.broken');
    assert.equal(broken.description, 'journal damaged');
    assert.ok(broken.spoken.endsWith(`is damaged and cannot be read: ${path}`), broken.spoken);
    assert.ok(broken.tooltip.includes('does not begin as a journal does'), broken.tooltip);
    const note = (await below(nodeOf('Half of it'))).at(-1);
    assert.match(note?.tooltip ?? '', /^Line 3 of the journal .*\.jsonl is damaged: /);
    hooks.dialogs.answerNext('Delete');
    await vscode.commands.executeCommand(COMMANDS.discardJournal, nodeOf('11111111-1111-4111-8111-111111111111'));
    assert.equal(existsSync(path), false);
    assert.deepEqual(labels(), ['Half of it']);
  });

  it('says above its rows why the journals cannot be read', async () => {
    rmSync(hooks.journalFolder, { recursive: true });
    writeFileSync(hooks.journalFolder, 'not a folder');
    try {
      await vscode.commands.executeCommand(COMMANDS.refreshTasks);
      assert.match(view().message ?? '', /^The folder for journals, .*, cannot be read: /);
    } finally {
      rmSync(hooks.journalFolder);
    }
    await vscode.commands.executeCommand(COMMANDS.refreshTasks);
    assert.equal(view().message ?? '', '');
  });

  it('shows fifty past tasks, and more when asked', async () => {
    mkdirSync(hooks.journalFolder, { recursive: true });
    for (let index = 1; index <= 60; index++) writePast(index);
    await vscode.commands.executeCommand(COMMANDS.refreshTasks);
    assert.equal(roots().length, 51);
    const more = roots().at(-1);
    assert.ok(more);
    assert.equal(item(more).spoken, 'Show more tasks: 10 older tasks');
    assert.equal(item(more).command?.command, COMMANDS.showMoreTasks);
    await vscode.commands.executeCommand(COMMANDS.showMoreTasks);
    assert.equal(roots().length, 60);
    assert.deepEqual([labels()[0], labels()[59]], ['Task 60', 'Task 1']);
  });

  it('stops, pauses, continues and steers the task of the row, without asking which', async () => {
    const held = gate();
    simulator.setScript(() => ({ text: 'One two three', hold: held.promise }));
    const first = run('First');
    const second = run('Second');
    await eventually(() => assert.ok(hooks.running().some(({ activity }) => activity === 'writing')));
    await eventually(() => assert.ok(hooks.running().some(({ phase }) => phase?.phase === 'queued')));
    await eventually(() => assert.equal(labels().length, 2));
    await eventually(() => assert.ok(labels().some((label) => contextOf(label) === 'task.queued')));
    const [writing, queued] = labels().sort((a) => (contextOf(a) === 'task.queued' ? 1 : -1));
    assert.ok(writing !== undefined && queued !== undefined);
    await becomes(queued, 'task.queued');
    assert.match(item(nodeOf(queued)).spoken, new RegExp(`^Task "${queued}": queued, 1 ahead, round 1$`));
    await vscode.commands.executeCommand(COMMANDS.pauseTask, nodeOf(queued));
    assert.deepEqual(
      hooks
        .running()
        .map(({ label, pause }) => [label, pause !== undefined])
        .sort(),
      [
        [writing, false],
        [queued, true],
      ].sort(),
    );
    await vscode.commands.executeCommand(COMMANDS.continueTask, nodeOf(queued));
    assert.ok(hooks.running().every(({ pause }) => pause === undefined));
    hooks.dialogs.answerNext('In French, please.');
    await vscode.commands.executeCommand(COMMANDS.addMessage, nodeOf(writing));
    const asked = hooks.dialogs.seen.findLast(({ kind }) => kind === 'input');
    assert.ok(asked?.kind === 'input' && asked.options.prompt.endsWith(`Task: ${writing}`));
    await vscode.commands.executeCommand(COMMANDS.cancelTask, nodeOf(queued));
    await becomes(queued, 'task.cancelled.resumable');
    await vscode.commands.executeCommand(COMMANDS.cancelTask, nodeOf(writing));
    held.open();
    assert.deepEqual([(await first).status, (await second).status], ['cancelled', 'cancelled']);
    await becomes(writing, 'task.cancelled.resumable');
    assert.equal(hooks.dialogs.seen.filter(({ kind }) => kind === 'pickOne').length, 0);
  });

  it('pauses, continues and cancels all tasks that are selected, and says so where none of them can be', async () => {
    const held = gate();
    simulator.setScript(() => ({ text: 'One two three', hold: held.promise }));
    const names = ['First', 'Second', 'Third'];
    const ends = names.map((name) => run(name));
    await eventually(() => assert.deepEqual([...labels()].sort(), names));
    const pauses = () => hooks.running().map(({ label, pause }) => [label, pause !== undefined]);
    const rows = ['First', 'Second'].map(nodeOf);
    await vscode.commands.executeCommand(COMMANDS.pauseTask, rows[0], rows);
    const isPaused = (name: string): boolean => name !== 'Third';
    assert.deepEqual(
      pauses(),
      names.map((name) => [name, isPaused(name)]),
    );
    for (const name of ['First', 'Second'])
      await eventually(() => assert.match(contextOf(name) ?? '', /^task\.(pausing|paused)$/));
    await vscode.commands.executeCommand(COMMANDS.pauseTask, rows[0], rows);
    assert.match(notices(hooks).at(-1)?.message ?? '', /^Pause Task: it fits none of the selected tasks now\./);
    await vscode.commands.executeCommand(COMMANDS.continueTask, rows[1], rows);
    assert.ok(pauses().every(([, pause]) => pause === false));
    // The menu of a row outside of the selection means that row.
    await vscode.commands.executeCommand(COMMANDS.cancelTask, nodeOf('Third'), rows);
    await becomes('Third', 'task.cancelled.resumable');
    await vscode.commands.executeCommand(COMMANDS.cancelTask, rows[0], rows);
    held.open();
    for (const { status } of await Promise.all(ends)) assert.equal(status, 'cancelled');
    for (const name of names) await becomes(name, 'task.cancelled.resumable');
    assert.equal(hooks.dialogs.seen.filter(({ kind }) => kind === 'pickOne').length, 0);
  });

  it('shows a paused task as paused', async () => {
    const held = gate();
    simulator.setScript([{ text: 'Let me see.', ...list(), hold: held.promise }, { text: 'Done.' }]);
    hooks.dialogs.answerNext('Allow once');
    const running = run('Wait for me');
    await eventually(() => assert.equal(hooks.running()[0]?.activity, 'writing'));
    await becomes('Wait for me', 'task.running');
    await vscode.commands.executeCommand(COMMANDS.pauseTask, nodeOf('Wait for me'));
    await becomes('Wait for me', 'task.pausing');
    assert.match(item(nodeOf('Wait for me')).spoken, /^Task "Wait for me": pausing, round 1, writing/);
    held.open();
    await becomes('Wait for me', 'task.paused');
    assert.equal(item(nodeOf('Wait for me')).icon, 'debug-pause');
    await vscode.commands.executeCommand(COMMANDS.continueTask, nodeOf('Wait for me'));
    assert.equal((await running).status, 'completed');
  });

  it('counts the tasks that wait in its badge, and opens the question of the row', async () => {
    assert.ok(hooks.presence);
    hooks.presence.isHere = false;
    simulator.setScript(({ messages }) => {
      const task = String(messages.find(({ role }) => role === 'user')?.content);
      return messages.some(({ role }) => role === 'tool') ? { text: 'Done.' } : write(`${task}.txt`);
    });
    const first = run('wait-one');
    await eventually(() => assert.equal(view().badge?.value, 1));
    assert.equal(view().badge?.tooltip, '1 task waits for your answer');
    const second = run('wait-two');
    await eventually(() => assert.equal(view().badge?.value, 2));
    await becomes('wait-two', 'task.waiting');
    assert.match(item(nodeOf('wait-two')).spoken, /^Task "wait-two": waiting for your answer, round 1/);
    hooks.dialogs.answerNext('Deny', 'Allow once');
    await vscode.commands.executeCommand(COMMANDS.answerQuestion, nodeOf('wait-two'));
    assert.equal((await second).status, 'completed');
    assert.ok(questions(hooks)[0]?.detail.includes('wait-two.txt'), 'the question of the row, not the oldest');
    await eventually(() => assert.equal(view().badge?.value, 1));
    await vscode.commands.executeCommand(COMMANDS.answerQuestion, nodeOf('wait-one'));
    assert.equal((await first).status, 'completed');
    assert.deepEqual(
      [existsSync(join(folder, 'wait-one.txt')), existsSync(join(folder, 'wait-two.txt'))],
      [true, false],
    );
    await eventually(() => assert.equal(view().badge, undefined));
    await becomes('wait-two', 'task.completed');
    const [round] = await below(nodeOf('wait-two'));
    assert.ok(round);
    assert.match((await below(round.child))[0]?.description ?? '', /^refused · /);
  });

  it('runs a task again with the same request, with another model, and the last one once more', async () => {
    simulator.setScript(() => ({ text: 'Ready.' }));
    await run('Say it', { maxRounds: 4, model: 'qwen/qwen3-8b' });
    await becomes('Say it', 'task.completed');
    const again = await vscode.commands.executeCommand<RunEnd>(COMMANDS.retryTask, nodeOf('Say it'));
    assert.equal(again.status, 'completed');
    const requests = async () => (await store.list()).runs.map(({ request }) => request);
    const [second, first] = await requests();
    assert.deepEqual(second, first);

    hooks.dialogs.answerNext('GPT-OSS 20B');
    const other = await vscode.commands.executeCommand<RunEnd>(COMMANDS.retryTaskWithModel, nodeOf('Say it'));
    assert.equal(other.status, 'completed');
    assert.deepEqual((await requests())[0], { ...first, model: 'openai/gpt-oss-20b' });

    const last = await vscode.commands.executeCommand<RunEnd>(COMMANDS.runAgain);
    assert.equal(last.status, 'completed');
    assert.equal((await requests())[0]?.model, 'openai/gpt-oss-20b');

    hooks.dialogs.answerNext(undefined);
    await vscode.commands.executeCommand(COMMANDS.retryTask);
    const pick = hooks.dialogs.seen.at(-1);
    assert.ok(pick?.kind === 'pickOne' && pick.choices.length === 4, 'without a row it asks');
  });

  it('asks for a secret that a task held before it runs it again', async () => {
    await leave('Use the key [redacted] now', 'completed');
    await vscode.commands.executeCommand(COMMANDS.refreshTasks);
    simulator.setScript([{ text: 'Ready.' }]);
    hooks.dialogs.answerNext('Use the key of the other safe now');
    const end = await vscode.commands.executeCommand<RunEnd>(COMMANDS.retryTask, nodeOf('Use the key [redacted] now'));
    assert.equal(end.status, 'completed');
    const sent = simulator.requests.map(({ body }) => JSON.stringify(body ?? null));
    assert.ok(sent.some((body) => body.includes('Use the key of the other safe now')));
  });

  it('resumes and shows the task of the row', async () => {
    const runId = await leave('Go on with it');
    await vscode.commands.executeCommand(COMMANDS.refreshTasks);
    await vscode.commands.executeCommand(COMMANDS.showTask, nodeOf('Go on with it'));
    assert.match(vscode.window.activeTextEditor?.document.getText() ?? '', new RegExp(`\n- Task ${runId}, begun `));
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    const node = nodeOf('Go on with it');
    const { id } = item(node);
    simulator.setScript([{ text: 'Went on.' }]);
    const end = await vscode.commands.executeCommand<RunEnd>(COMMANDS.resumeTask, node);
    assert.equal(end.text, 'Went on.');
    await becomes('Go on with it', 'task.completed');
    assert.deepEqual(labels(), ['Go on with it']);
    assert.equal(item(nodeOf('Go on with it')).id, id, 'it is the same row');
  });

  it('exports as JSON and as Markdown, without the secrets that the journal has not', async () => {
    simulator.setScript([list(), { text: 'There is a README.' }]);
    hooks.dialogs.answerNext('Allow once');
    await run('Export me with Bearer abcdef0123456789');
    const label = 'Export me with Bearer [redacted]';
    await becomes(label, 'task.completed');
    const file = join(folder, 'exported.json');
    hooks.dialogs.answerNext('JSON', file);
    await vscode.commands.executeCommand(COMMANDS.exportTask, nodeOf(label));
    const written = readFileSync(file, 'utf8');
    assert.ok(!written.includes('abcdef0123456789'));
    const exported = JSON.parse(written) as ExportedTask;
    assert.equal(exported.format, 'lmstudio-bridge/task');
    assert.equal(exported.header.runId, runIdOf(label));
    assert.equal(exported.state, 'completed');
    assert.deepEqual(
      exported.rounds.map(({ round, text: said, calls }) => [round, said, calls.length]),
      [
        [1, '', 1],
        [2, 'There is a README.', 0],
      ],
    );
    const [call] = exported.rounds[0]?.calls ?? [];
    assert.deepEqual([call?.server, call?.tool, call?.outcome?.code], ['filesystem', 'list_directory', null]);
    assert.match(call?.result ?? '', /README/);
    assert.equal(exported.end?.['status'], 'completed');
    assert.match(notices(hooks).at(-1)?.message ?? '', /was exported to .*exported\.json/);

    const readable = join(folder, 'exported.md');
    hooks.dialogs.answerNext(label, 'Markdown', readable);
    await vscode.commands.executeCommand(COMMANDS.exportTask);
    assert.match(readFileSync(readable, 'utf8'), /There is a README\./);
    const saved = hooks.dialogs.seen.findLast(({ kind }) => kind === 'saveAs');
    assert.ok(saved?.kind === 'saveAs');
    assert.match(saved.options.name, /^task-\d{4}-\d\d-\d\d-[0-9a-f]{8}\.md$/);

    hooks.dialogs.answerNext('JSON', join(folder, 'no-such-folder-file', '\0'));
    await vscode.commands.executeCommand(COMMANDS.exportTask, nodeOf(label));
    assert.match(notices(hooks).at(-1)?.message ?? '', /cannot be written/);
  });

  it('deletes several tasks after one question, and keeps those that run', async () => {
    await leave('Old one', 'completed');
    await leave('Old two', 'failed');
    await leave('Old three', 'completed');
    await vscode.commands.executeCommand(COMMANDS.refreshTasks);
    const held = gate();
    simulator.setScript([{ text: 'One two three', hold: held.promise }]);
    const running = run('Still here');
    await becomes('Still here', 'task.running');
    const selected = [nodeOf('Old one'), nodeOf('Still here'), nodeOf('Old two')];
    hooks.dialogs.answerNext('Keep');
    await vscode.commands.executeCommand(COMMANDS.discardJournal, selected[0], selected);
    assert.equal(labels().length, 4);
    hooks.dialogs.answerNext('Delete');
    await vscode.commands.executeCommand(COMMANDS.discardJournal, selected[0], selected);
    const question = questions(hooks).at(-1);
    assert.equal(question?.message, 'Delete 2 tasks and their journals?');
    assert.match(question.detail, /Tasks that still run are kept\./);
    assert.deepEqual(labels(), ['Still here', 'Old three']);
    await vscode.commands.executeCommand(COMMANDS.discardJournal, nodeOf('Still here'));
    assert.match(notices(hooks).at(-1)?.message ?? '', /cannot be deleted while it runs/);
    hooks.dialogs.answerNext('Delete');
    await vscode.commands.executeCommand(COMMANDS.deleteEndedTasks);
    assert.deepEqual(labels(), ['Still here']);
    held.open();
    assert.equal((await running).status, 'completed');
    await becomes('Still here', 'task.completed');
    assert.equal((await store.list()).runs.length, 1);
    hooks.dialogs.answerNext('Still here', 'Delete');
    await vscode.commands.executeCommand(COMMANDS.discardJournal);
    assert.deepEqual(labels(), []);
    await vscode.commands.executeCommand(COMMANDS.deleteEndedTasks);
    assert.match(notices(hooks).at(-1)?.message ?? '', /There is no such task in this workspace/);
    // The key means the selection; where there is none, no other task is asked about.
    await leave('Not selected', 'completed');
    await vscode.commands.executeCommand(COMMANDS.refreshTasks);
    hooks.dialogs.reset();
    await vscode.commands.executeCommand(COMMANDS.discardJournal, { selected: true });
    assert.equal(
      notices(hooks).at(-1)?.message,
      'No task is selected. Press Enter on its row first, or Shift+F10 for the menu of the row.',
    );
    assert.deepEqual([labels(), hooks.dialogs.seen.length], [['Not selected'], 1]);
  });

  it('says why a task was not deleted, and has a button for that too', async () => {
    const runId = await leave('Stuck', 'completed');
    await vscode.commands.executeCommand(COMMANDS.refreshTasks);
    const asked = gate();
    hooks.dialogs.answerNext(asked.promise.then(() => 'Delete'));
    const deleting = vscode.commands.executeCommand(COMMANDS.discardJournal, nodeOf('Stuck'));
    await eventually(() => assert.equal(questions(hooks).at(-1)?.message, 'Delete the task "Stuck" and its journal?'));
    const file = join(hooks.journalFolder, `${runId}.jsonl`);
    rmSync(file);
    mkdirSync(file);
    asked.open();
    await deleting;
    const { level, message, actions } = notices(hooks).at(-1) ?? assert.fail('nothing was said');
    assert.match(
      message,
      /^A task was not deleted\. The journal of the task cannot be deleted: .*Delete it by hand\.$/,
    );
    assert.deepEqual([level, actions], ['error', ['Show Output']]);
    rmSync(file, { recursive: true });
    await vscode.commands.executeCommand(COMMANDS.refreshTasks);
    assert.deepEqual(labels(), []);
  });

  it('says so where a row is of a task that is gone, and where there was none yet', async () => {
    await leave('Soon gone', 'completed');
    await vscode.commands.executeCommand(COMMANDS.refreshTasks);
    const node = nodeOf('Soon gone');
    rmSync(hooks.journalFolder, { recursive: true });
    for (const command of [COMMANDS.retryTask, COMMANDS.exportTask, COMMANDS.discardJournal]) {
      await vscode.commands.executeCommand(command, node);
      assert.match(notices(hooks).at(-1)?.message ?? '', /This task is not there any more/, command);
    }
    await eventually(() => assert.deepEqual(labels(), []));
  });

  /** As a window of long ago has left it. */
  function writePast(index: number): void {
    const runId = `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`;
    const request = { task: `Task ${String(index)}`, servers: { kind: 'all' }, maxRounds: 1 };
    const header = { type: 'run', format: 1, at: index, runId, version: '0', request, workspaces: [], mcpConfig: null };
    writeFileSync(join(hooks.journalFolder, `${runId}.jsonl`), `${JSON.stringify(header)}\n`);
  }
});
