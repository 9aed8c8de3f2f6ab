import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { RunEnd } from '../../src/tasks/types';
import { COMMANDS, SETTINGS_SECTION } from '../../src/vscode/ids';
import type { ScriptedPresence, TestHooks } from '../../src/vscode/testHooks';
import { gate } from '../simulator/gate';
import type { Simulator } from '../simulator/server';
import type { Turn } from '../simulator/turn';
import {
  activated,
  allowFilesystem,
  connectSimulator,
  eventually,
  lastChat,
  notices,
  questions,
  setSetting,
  workspaceFolder,
} from './support';

describe('approvals', () => {
  let hooks: TestHooks;
  let presence: ScriptedPresence;
  let simulator: Simulator;
  let folder: string;

  before(async () => {
    hooks = await activated();
    assert.ok(hooks.presence);
    presence = hooks.presence;
    simulator = await connectSimulator(hooks);
    folder = workspaceFolder();
    await allowFilesystem(hooks, simulator);
  });

  beforeEach(() => {
    hooks.dialogs.reset();
    presence.isHere = true;
  });

  afterEach(() => {
    assert.equal(hooks.dialogs.unusedAnswers, 0, 'every answer was asked for');
    assert.deepEqual(hooks.running(), []);
  });

  after(async () => {
    presence.isHere = true;
    await setSetting('approvals.whenUnattended', undefined);
    await simulator.close();
  });

  const run = (task: string): Thenable<RunEnd> =>
    vscode.commands.executeCommand<RunEnd>(COMMANDS.runWithServer, { server: 'filesystem', task });
  const write = (name: string, text = ''): Turn => ({
    ...(text ? { text } : {}),
    toolCalls: [{ match: 'write_file', arguments: { path: join(folder, name), content: name } }],
  });
  const list = (path = folder): Turn => ({ toolCalls: [{ match: 'list_directory', arguments: { path } }] });
  const exists = (name: string): boolean => existsSync(join(folder, name));
  const lastPrompt = (): string => lastChat(simulator);
  const status = (): string => hooks.status()?.text ?? '';
  /** Each task writes one file with its own name, and is done. */
  const writeOwnFile = (): void =>
    simulator.setScript(({ messages }) => {
      const task = messages.find(({ role }) => role === 'user')?.content;
      return messages.some(({ role }) => role === 'tool') ? { text: 'Done.' } : write(`${String(task)}.txt`);
    });

  it('show why the model calls, and allow once', async () => {
    simulator.setScript([write('once.txt', 'I write **it** now.'), write('twice.txt'), { text: 'Done.' }]);
    hooks.dialogs.answerNext('Allow once', 'Deny');
    assert.equal((await run('Write')).status, 'completed');
    assert.match(questions(hooks)[0]?.detail ?? '', /\n\nThe model says: I write \*\*it\*\* now\.\n\n/);
    assert.deepEqual([exists('once.txt'), exists('twice.txt')], [true, false]);
  });

  it('take words with a no, which the model is told', async () => {
    simulator.setScript([write('words.txt'), { text: 'Then not.' }]);
    hooks.dialogs.answerNext('More…', 'Deny and say why…', 'write into drafts/');
    assert.equal((await run('Write')).status, 'completed');
    assert.equal(exists('words.txt'), false);
    assert.ok(lastPrompt().includes('The person said no, and why: write into drafts/'), lastPrompt());
  });

  it('ask before a tool that only its server calls read-only, until the person trusts the server', async () => {
    const info: Turn = { toolCalls: [{ match: 'get_file_info', arguments: { path: folder } }] };
    simulator.setScript([list(), info, write('reads.txt'), { text: 'Done.' }]);
    hooks.dialogs.answerNext('More…', 'Trust the server and allow its reads', 'Deny');
    await run('Look around');
    assert.deepEqual(
      questions(hooks).map(({ message }) => message.split('"')[1]),
      ['list_directory', 'write_file'],
    );
    assert.match(questions(hooks)[0]?.detail ?? '', /^Its server marks it as read-only\. That is only its word/);

    simulator.setScript([list(), { text: 'Seen.' }]);
    await run('Look around again');
    assert.equal(questions(hooks).length, 2, 'the next task does not ask');

    hooks.dialogs.answerNext(['Trust in filesystem']);
    await vscode.commands.executeCommand(COMMANDS.manageApprovals);
    simulator.setScript([list(), { text: 'No.' }]);
    hooks.dialogs.answerNext(undefined);
    await run('Look around once more');
    assert.equal(questions(hooks).length, 3, 'and without trust it asks again');
  });

  it('are kept for the workspace, or for all, until they are revoked', async () => {
    for (const [button, heading] of [
      [['Allow in this workspace'], 'Allowed in this workspace'],
      [['More…', 'Always allow'], 'Always allowed'],
    ] as const) {
      hooks.dialogs.reset();
      writeOwnFile();
      hooks.dialogs.answerNext(...button);
      await run(`${heading} 1`);
      await run(`${heading} 2`);
      assert.deepEqual(
        [questions(hooks).length, exists(`${heading} 1.txt`), exists(`${heading} 2.txt`)],
        [1, true, true],
      );

      hooks.dialogs.answerNext(['write_file']);
      await vscode.commands.executeCommand(COMMANDS.manageApprovals);
      const pick = hooks.dialogs.seen.at(-2);
      assert.ok(pick?.kind === 'pickMany');
      assert.deepEqual(
        pick.choices.slice(0, 2).map(({ label, description }) => [label, description]),
        [
          [heading, undefined],
          ['write_file', 'MCP server filesystem'],
        ],
      );
      assert.equal(notices(hooks).at(-1)?.message, 'Revoked: write_file. You will be asked again.');
      hooks.dialogs.answerNext('Deny');
      await run(`${heading} 3`);
      assert.equal(exists(`${heading} 3.txt`), false);
    }
  });

  it('kept for the workspace are for the server as it was: a changed one asks again', async () => {
    writeOwnFile();
    hooks.dialogs.answerNext('Allow in this workspace');
    await run('before');
    const file = join(folder, '.mcp.json');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace(/("filesystem": \{)/, '$1 "env": { "OTHER": "1" },'));
    try {
      hooks.dialogs.answerNext('Start', 'Deny');
      await run('after');
      assert.deepEqual([exists('before.txt'), exists('after.txt')], [true, false]);
    } finally {
      writeFileSync(file, text);
      hooks.dialogs.answerNext(['write_file']);
      await vscode.commands.executeCommand(COMMANDS.manageApprovals);
    }
  });

  it('of several tasks are asked one after the other, and the status bar counts them', async () => {
    writeOwnFile();
    const first = gate();
    hooks.dialogs.answerNext(
      first.promise.then(() => 'Allow once'),
      'Allow once',
      'Deny',
    );
    const running = [run('queue one'), run('queue two'), run('queue three')];
    await eventually(() => assert.match(status(), /^\$\(bell-dot\) LM Studio: 3 tasks wait for your answer, 00:\d\d$/));
    // What they are about is looked up first.
    await eventually(() => assert.equal(questions(hooks).length, 1));
    first.open();
    for (const end of await Promise.all(running)) assert.equal(end.status, 'completed');
    assert.equal(questions(hooks).length, 3);
    assert.match(questions(hooks)[1]?.detail ?? '', /\n\n1 more question waits\.$/);
    const written = ['one', 'two', 'three'].filter((name) => exists(`queue ${name}.txt`));
    assert.equal(written.length, 2);
  });

  it('wait behind a notification for somebody who is not here, while another task works', async () => {
    presence.isHere = false;
    writeOwnFile();
    const waiting = run('patience');
    await eventually(() => assert.match(status(), /LM Studio: waiting for your answer/));
    assert.deepEqual(questions(hooks), [], 'no dialog is in the way');
    const [notice] = notices(hooks);
    const asks = 'The task "patience" waits for you. Allow the tool "write_file" of MCP server "filesystem"?';
    assert.deepEqual([notice?.message, notice?.actions], [asks, ['Review…']]);

    simulator.setScript([{ text: 'I am done.' }]);
    assert.equal((await run('Say something')).text, 'I am done.');

    simulator.setScript([{ text: 'Done.' }]);
    hooks.dialogs.answerNext('Allow once');
    await vscode.commands.executeCommand(COMMANDS.answerQuestion);
    assert.equal((await waiting).status, 'completed');
    assert.equal(exists('patience.txt'), true);
    await vscode.commands.executeCommand(COMMANDS.answerQuestion);
    assert.match(notices(hooks).at(-1)?.message ?? '', /^No task waits for you\./);
  });

  it('are refused after a while where that is configured, and the task goes on', async () => {
    await setSetting('approvals.whenUnattended', 'refuse');
    presence.isHere = false;
    writeOwnFile();
    const running = run('late');
    await eventually(() => assert.match(status(), /waiting for your answer/));
    presence.pass(10 * 60_000 - 1);
    assert.match(status(), /waiting for your answer/);
    presence.pass(1);
    assert.equal((await running).text, 'Done.');
    assert.equal(exists('late.txt'), false);
    assert.ok(lastPrompt().includes('Nobody answered within 10 minutes.'));
  });

  it('cannot be loosened by a workspace', async () => {
    const settings = vscode.workspace.getConfiguration(SETTINGS_SECTION);
    const update = settings.update('approvals.whenUnattended', 'refuse', vscode.ConfigurationTarget.Workspace);
    await assert.rejects(Promise.resolve(update));
  });

  it('are asked for a task that goes round in circles, too', async () => {
    simulator.setScript(({ tools }) => (tools.length > 0 ? list() : { text: 'I have seen it.' }));
    hooks.dialogs.answerNext('Allow for this task', 'Go on', 'Stop');
    const end = await run('Circle');
    assert.deepEqual([end.status, end.code, end.text], ['limit', 'loop-detected', 'I have seen it.']);
    assert.equal(questions(hooks)[1]?.message, 'The task "Circle" goes round in circles. Let it go on?');
    assert.equal(end.rounds, 11);
  });
});
