import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import * as vscode from 'vscode';
import type { JsonObject } from '../../src/base/json';
import type { RunEnd } from '../../src/tasks/types';
import { COMMANDS, SETTINGS_SECTION } from '../../src/vscode/ids';
import type { TestHooks } from '../../src/vscode/testHooks';
import type { Simulator } from '../simulator/server';
import type { Turn } from '../simulator/turn';
import { activated, allowFilesystem, connectSimulator, eventually, notices, questions, setSetting } from './support';

describe("VS Code's own tools", () => {
  let hooks: TestHooks;
  let simulator: Simulator;
  const notesFile = process.env['LMSTUDIO_BRIDGE_TEST_TOOL_NOTES'] ?? '';
  const notes = (): string[] => readFileSync(notesFile, 'utf8').split('\n').slice(0, -1);

  before(async () => {
    hooks = await activated();
    simulator = await connectSimulator(hooks);
    await allowFilesystem(hooks, simulator);
  });

  beforeEach(() => {
    hooks.dialogs.reset();
    writeFileSync(notesFile, '');
  });

  afterEach(async () => {
    await setSetting('tools.vscode', undefined);
    assert.equal(hooks.dialogs.unusedAnswers, 0, 'every answer was asked for');
    assert.deepEqual(hooks.running(), []);
  });

  after(() => simulator.close());

  const run = (task: string): Thenable<RunEnd> =>
    vscode.commands.executeCommand<RunEnd>(COMMANDS.runWithServer, { server: 'filesystem', task });
  const call = (match: string, args: JsonObject = {}): Turn => ({
    toolCalls: [{ match, arguments: args }],
  });
  /** The last request for an answer. */
  const lastBody = (): string =>
    JSON.stringify(simulator.requests.findLast(({ path }) => path.endsWith('/chat/completions'))?.body);
  const transcript = (): string => hooks.transcriptLines.join('\n');
  /** What the model was given for its one call. */
  const resultOf = async (match: string, ...answers: string[]): Promise<string> => {
    simulator.setScript([call(match, { text: 'hello' }), { text: 'Done.' }]);
    hooks.dialogs.answerNext(...answers);
    assert.equal((await run(match)).status, 'completed');
    return lastBody();
  };

  it('are none of a task unless the person has chosen them', async () => {
    assert.ok(vscode.lm.tools.some(({ name }) => name === 'test_echo'));
    simulator.setScript([{ text: 'Done.' }]);
    await run('Look');
    assert.doesNotMatch(lastBody(), /test_echo|vs_code/);
  });

  it('are chosen from what there is, without those that would start tasks', async () => {
    hooks.dialogs.answerNext(['test_echo', 'test_fails']);
    await vscode.commands.executeCommand(COMMANDS.chooseVscodeTools);
    const [pick] = hooks.dialogs.seen;
    assert.ok(pick?.kind === 'pickMany');
    const shown = pick.choices.map(({ label }) => label);
    assert.ok(shown.includes('test_waits') && shown.length > 10, shown.join(', '));
    assert.deepEqual(
      shown.filter((name) => /bridge/i.test(name)),
      [],
    );
    assert.match(notices(hooks)[0]?.message ?? '', /^Tasks may use 2 tools of VS Code/);
    const settings = vscode.workspace.getConfiguration(SETTINGS_SECTION);
    assert.deepEqual(settings.get('tools.vscode'), ['test_echo', 'test_fails']);

    hooks.dialogs.reset();
    hooks.dialogs.answerNext(['test_fails']);
    await vscode.commands.executeCommand(COMMANDS.chooseVscodeTools);
    const again = hooks.dialogs.seen.flatMap((dialog) => (dialog.kind === 'pickMany' ? dialog.choices : []));
    assert.deepEqual(
      again.filter(({ isPicked }) => isPicked).map(({ label }) => label),
      ['test_echo', 'test_fails'],
    );
    assert.deepEqual(vscode.workspace.getConfiguration(SETTINGS_SECTION).get('tools.vscode'), ['test_fails']);
  });

  it('are offered with the servers’ tools, asked for, and run', async () => {
    await setSetting('tools.vscode', ['test_echo']);
    simulator.setScript([call('test_echo', { text: 'hello' }), { text: 'Done.' }]);
    hooks.dialogs.answerNext('Allow once');
    assert.equal((await run('Echo')).status, 'completed');
    const [question] = questions(hooks);
    assert.equal(question?.message, 'Allow the tool "test_echo" of VS Code?');
    assert.match(question.detail, /VS Code does not say which of its tools only read\./);
    assert.match(question.detail, /VS Code says of the tool: \[VS Code\] Says what it was given\./);
    assert.deepEqual(notes(), ['echo {"text":"hello"}']);
    assert.match(lastBody(), /You said: hello/);
    assert.match(lastBody(), /vs_code__test_echo/);
    assert.doesNotMatch(lastBody(), /test_parts|mcp_lmstudio/);
  });

  it('do not run where the person says no', async () => {
    await setSetting('tools.vscode', ['test_*']);
    const body = await resultOf('test_echo', 'Deny');
    assert.deepEqual(notes(), []);
    assert.match(body, /This call was refused and did not run/);
  });

  it('never include tools of our own, whatever the list says', async () => {
    await setSetting('tools.vscode', ['*']);
    simulator.setScript([{ text: 'Done.' }]);
    await run('Look');
    const offered = transcript();
    assert.match(offered, /VS Code/);
    simulator.setScript([
      { toolCalls: [{ name: 'vs_code__mcp_lmstudio_bridge_run_task', arguments: {} }] },
      { text: 'Done.' },
    ]);
    await run('Try');
    assert.match(lastBody(), /There is no tool/);
  });

  it('give texts, prompts, data and pictures', async () => {
    await setSetting('tools.vscode', ['test_*']);
    const body = await resultOf('test_parts', 'Allow once');
    assert.match(
      body,
      /"a text\\nfirst line\\nsecond line\\n\{\\n\\t\\"n\\": 1\\n\}\\n\[image 1: image\/png, 3 bytes\]/,
    );
    assert.match(body, /\[data: application\/pdf, 2 bytes, not shown\]/);
  });

  it('fail as results: in a chat only, with an error, and where nobody has made them', async () => {
    await setSetting('tools.vscode', ['test_*']);
    assert.match(await resultOf('test_needs_chat', 'Allow once'), /This tool works only within a chat of VS Code/);
    assert.match(await resultOf('test_fails', 'Allow once'), /The disk is full\./);
    assert.match(await resultOf('test_nobody', 'Allow once'), /does not have an implementation/);
  });

  it('are cancelled with the task', async () => {
    await setSetting('tools.vscode', ['test_waits']);
    simulator.setScript([call('test_waits')]);
    hooks.dialogs.answerNext('Allow once');
    const running = run('Wait');
    await eventually(() => assert.deepEqual(notes(), ['waiting']));
    await vscode.commands.executeCommand(COMMANDS.cancelTask);
    assert.equal((await running).status, 'cancelled');
    await eventually(() => assert.deepEqual(notes(), ['waiting', 'cancelled']));
  });

  it('cannot be switched on by a workspace', async () => {
    const settings = vscode.workspace.getConfiguration(SETTINGS_SECTION);
    const update = settings.update('tools.vscode', ['*'], vscode.ConfigurationTarget.Workspace);
    await assert.rejects(Promise.resolve(update));
  });
});
