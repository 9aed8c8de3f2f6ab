import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { RunEnd } from '../../src/tasks/types';
import { COMMANDS } from '../../src/vscode/ids';
import type { TestHooks } from '../../src/vscode/testHooks';
import { gate } from '../simulator/gate';
import type { Simulator } from '../simulator/server';
import type { Turn } from '../simulator/turn';
import {
  activated,
  connectSimulator,
  eventually,
  lastChat,
  notices,
  questions,
  rejection,
  rowOf,
  workspaceFolder,
} from './support';

describe('tasks', () => {
  let hooks: TestHooks;
  let simulator: Simulator;
  let folder: string;

  before(async () => {
    hooks = await activated();
    simulator = await connectSimulator(hooks);
    folder = workspaceFolder();
    await vscode.commands.executeCommand(COMMANDS.forgetConsent);
  });

  beforeEach(() => {
    hooks.dialogs.reset();
  });

  afterEach(() => {
    assert.equal(hooks.dialogs.unusedAnswers, 0, 'every answer was asked for');
    assert.deepEqual(hooks.running(), []);
  });

  after(() => simulator.close());

  const run = (command: string, args: unknown): Thenable<RunEnd> =>
    vscode.commands.executeCommand<RunEnd>(command, args);
  const write = (name: string, content: string): Turn => ({
    toolCalls: [{ match: 'write_file', arguments: { path: join(folder, name), content } }],
  });
  const chats = () => simulator.requests.filter(({ path }) => path.endsWith('/chat/completions'));
  const consented = (): string[] => questions(hooks).map(({ message }) => message);

  it('offers a larger context where it was too small, and loads the model with it', async () => {
    const overflow =
      'The number of tokens to keep from the initial prompt is greater than the context length (n_keep: 33000>= n_ctx: 32768). Try to load the model with a larger context length, or provide a shorter input.';
    simulator.setScript([{ error: { status: 400, body: { error: overflow } } }]);
    hooks.dialogs.answerNext('Start');
    hooks.dialogs.click('Reload with 40,960 Tokens');
    const end = await run(COMMANDS.runWithServer, { server: 'filesystem', task: 'Read all of it.' });
    assert.equal(end.code, 'context-overflow');
    await eventually(() => {
      const { models } = hooks.snapshot();
      const [instance] = models.find(({ key }) => key === 'qwen/qwen3-8b')?.instances ?? [];
      assert.equal(instance?.contextLength, 40_960);
    });
    const told = notices(hooks).map(({ message }) => message);
    assert.match(told[0] ?? '', /does not fit into the model's context of 32768 tokens.*Reload qwen\/qwen3-8b/);
    await eventually(() =>
      assert.match(notices(hooks).at(-1)?.message ?? '', /was loaded .* with 40,960 tokens of context/),
    );
    await vscode.commands.executeCommand(COMMANDS.forgetConsent);
  });

  it('goes on with a task that a busy server has refused, by its button', async () => {
    const isOffered = (): boolean => notices(hooks).some(({ actions }) => actions.includes('Resume Task'));
    const busy = { status: 429, body: { error: 'Too many requests' } };
    simulator.setScript(() => (isOffered() ? { text: 'Now I can.' } : { error: busy }));
    hooks.dialogs.answerNext('Start');
    hooks.dialogs.click('Resume Task');
    const end = await run(COMMANDS.runWithServer, { server: 'filesystem', task: 'Say when you can.' });
    assert.equal(end.code, 'rate-limited');
    await eventually(() => assert.match(notices(hooks).at(-1)?.message ?? '', /^Task done .*: Now I can\.$/));
    assert.equal(
      hooks.dialogs.seen.some(({ kind }) => kind === 'pickOne'),
      false,
      'it is known which task',
    );
    await eventually(() => assert.deepEqual(hooks.running(), []));
    await vscode.commands.executeCommand(COMMANDS.forgetConsent);
  });

  it('runs with one server after showing exactly what would be started', async () => {
    simulator.setScript([
      { toolCalls: [{ match: 'list_directory', arguments: { path: folder } }] },
      { text: 'There is a README.' },
    ]);
    hooks.dialogs.answerNext('Start', 'Allow once');
    const end = await run(COMMANDS.runWithServer, { server: 'filesystem', task: 'What is here?' });
    assert.equal(end.status, 'completed');
    assert.equal(end.text, 'There is a README.');
    assert.equal(end.rounds, 2);

    const [question] = questions(hooks);
    assert.equal(question?.message, 'Start the MCP server "filesystem"?');
    const { mcpServers } = JSON.parse(readFileSync(join(folder, '.mcp.json'), 'utf8')) as {
      mcpServers: Record<string, { command: string; args: string[] }>;
    };
    const entry = mcpServers['filesystem'];
    assert.ok(entry && question.detail.includes(`Command: ${entry.command}`));
    assert.ok(question.detail.includes(folder), 'variables are resolved');
    assert.match(question.detail, /Named in: .*\.mcp\.json:\d+/);

    const transcript = hooks.transcriptLines.join('\n');
    assert.match(transcript, /What is here\?/);
    assert.match(transcript, /list_directory/);
    assert.match(transcript, /There is a README\./);
    assert.match(notices(hooks).at(-1)?.message ?? '', /^Task done \(2 rounds, 00:\d\d\): There is a README\.$/);
    assert.deepEqual(notices(hooks).at(-1)?.actions, ['Show Task']);
  });

  it('runs with several servers, and asks only for the new one', async () => {
    simulator.setScript([{ text: 'Ready.' }]);
    hooks.dialogs.answerNext('Start');
    const end = await run(COMMANDS.runWithServers, {
      servers: ['filesystem', 'memory'],
      task: 'Say that you are ready',
    });
    assert.equal(end.status, 'completed');
    assert.deepEqual(consented(), ['Start the MCP server "memory"?']);
    assert.match(questions(hooks)[0]?.detail ?? '', /Environment variable MEMORY_FILE_PATH: set/);
    assert.ok(!questions(hooks)[0]?.detail.includes('memory.jsonl'), 'values of variables are not shown');
    assert.ok(hooks.transcriptLines.some((line) => line.includes('MCP servers: filesystem, memory')));
  });

  it('runs with all servers without asking again', async () => {
    simulator.setScript([{ text: 'Ready.' }]);
    const end = await run(COMMANDS.runWithAllServers, {
      task: 'Say that you are ready',
      maxRounds: 3,
      timeoutSeconds: 60,
    });
    assert.equal(end.status, 'completed');
    assert.deepEqual(questions(hooks), []);
  });

  it('asks before a tool that may change something, and shows the arguments', async () => {
    simulator.setScript([write('asked.txt', 'hello'), { text: 'Written.' }]);
    hooks.dialogs.answerNext('Allow once');
    const end = await run(COMMANDS.runWithServer, { server: 'filesystem', task: 'Write a file' });
    assert.equal(end.status, 'completed');
    assert.equal(readFileSync(join(folder, 'asked.txt'), 'utf8'), 'hello');
    const [question] = questions(hooks);
    assert.equal(question?.message, 'Allow the tool "write_file" of MCP server "filesystem"?');
    assert.match(question.detail, /content: "hello"/);
    assert.deepEqual(question.buttons, [
      'Show difference…',
      'More…',
      'Allow once',
      'Allow for this task',
      'Allow in this workspace',
      'Deny',
    ]);
  });

  it('takes a closed question as a no, and tells the model', async () => {
    simulator.setScript([write('denied.txt', 'no'), { text: 'Then not.' }]);
    hooks.dialogs.answerNext(undefined);
    const end = await run(COMMANDS.runWithServer, { server: 'filesystem', task: 'Write a file' });
    assert.equal(end.status, 'completed');
    assert.equal(existsSync(join(folder, 'denied.txt')), false);
    assert.match(lastChat(simulator), /"role":"tool"/);
    assert.ok(hooks.transcriptLines.some((line) => line.startsWith('Denied:')));
  });

  it('asks once for a tool that is allowed for the task, and again in the next task', async () => {
    simulator.setScript([write('first.txt', '1'), write('second.txt', '2'), { text: 'Both.' }]);
    hooks.dialogs.answerNext('Allow for this task');
    await run(COMMANDS.runWithServer, { server: 'filesystem', task: 'Write two files' });
    assert.equal(questions(hooks).length, 1);
    assert.equal(readFileSync(join(folder, 'second.txt'), 'utf8'), '2');

    simulator.setScript([write('third.txt', '3'), { text: 'No.' }]);
    hooks.dialogs.answerNext('Deny');
    await run(COMMANDS.runWithServer, { server: 'filesystem', task: 'Write another' });
    assert.equal(existsSync(join(folder, 'third.txt')), false);
  });

  it('shows long arguments in full as a document before the decision', async () => {
    simulator.setScript([write('long.txt', 'x'.repeat(5000)), { text: 'No.' }]);
    hooks.dialogs.answerNext('Show all…', 'Deny');
    await run(COMMANDS.runWithServer, { server: 'filesystem', task: 'Write a long file' });
    const text = vscode.window.activeTextEditor?.document.getText() ?? '';
    assert.ok(text.includes('x'.repeat(5000)));
    assert.match(questions(hooks)[0]?.detail ?? '', /more characters\)/);
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  it('can be cancelled in mid-answer, shows so in the status bar, and stops the generation', async () => {
    const held = gate();
    const before = chats().length;
    simulator.setScript([{ text: 'One two three', hold: held.promise }]);
    const running = run(COMMANDS.runWithServer, { server: 'filesystem', task: 'Count' });
    await eventually(() => assert.match(hooks.status()?.text ?? '', /^\$\(sync~spin\) LM Studio: round 1, 00:\d\d$/));
    await eventually(() => assert.match(rowOf(hooks, 'Qwen3 8B').description, /loaded, generating/));
    // The turn begins before its request has arrived.
    await eventually(() => assert.equal(chats().length, before + 1));
    await vscode.commands.executeCommand(COMMANDS.cancelTask);
    const end = await running;
    held.open();
    assert.equal(end.status, 'cancelled');
    assert.equal(end.code, 'cancelled');
    await eventually(() => assert.equal(chats().at(-1)?.aborted, true));
    assert.match(notices(hooks).at(-1)?.message ?? '', /^Task cancelled/);
    await eventually(() => assert.match(hooks.status()?.text ?? '', /\$\(check\)/));
  });

  it('can be cancelled while it waits for an answer', async () => {
    simulator.setScript([write('late.txt', 'no')]);
    const answer = gate();
    hooks.dialogs.answerNext(answer.promise.then(() => 'Allow once'));
    const running = run(COMMANDS.runWithServer, { server: 'filesystem', task: 'Write' });
    await eventually(() =>
      assert.match(hooks.status()?.text ?? '', /\$\(bell-dot\) LM Studio: waiting for your answer/),
    );
    // What it is about is looked up first: the dialog comes a moment after the status.
    await eventually(() => assert.equal(hooks.dialogs.unusedAnswers, 0));
    await vscode.commands.executeCommand(COMMANDS.cancelTask);
    assert.equal((await running).status, 'cancelled');
    answer.open();
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.equal(existsSync(join(folder, 'late.txt')), false);
  });

  it('asks which task to cancel when there are two, and keeps the other', async () => {
    const held = gate();
    simulator.setScript(() => ({ text: 'One two three', hold: held.promise }));
    const first = run(COMMANDS.runWithServer, { server: 'filesystem', task: 'First' });
    const second = run(COMMANDS.runWithServer, { server: 'filesystem', task: 'Second' });
    await eventually(() => assert.match(hooks.status()?.text ?? '', /2 tasks/));
    await eventually(() => assert.ok(hooks.running().some(({ round }) => round === 1)));
    hooks.dialogs.answerNext('Second');
    await vscode.commands.executeCommand(COMMANDS.cancelTask);
    assert.equal((await second).status, 'cancelled');
    held.open();
    assert.equal((await first).status, 'completed');
  });

  it('hears a message that is added while it answers', async () => {
    const held = gate();
    simulator.setScript([{ text: 'Done already.', hold: held.promise }, { text: 'In French, then.' }]);
    const running = run(COMMANDS.runWithServer, { server: 'filesystem', task: 'Say hello' });
    await eventually(() => assert.equal(hooks.running()[0]?.activity, 'writing'));
    hooks.dialogs.answerNext('In French, please.');
    await vscode.commands.executeCommand(COMMANDS.addMessage);
    held.open();
    assert.equal((await running).text, 'In French, then.');
    assert.match(JSON.stringify(chats().at(-1)?.body), /"role":"user","content":"In French, please\."/);
    assert.ok(hooks.transcriptLines.includes('You said: In French, please.'));
  });

  it('pauses before its next request, says so in the status bar, and goes on', async () => {
    const held = gate();
    const before = chats().length;
    const call: Turn = { toolCalls: [{ match: 'list_directory', arguments: { path: folder } }], hold: held.promise };
    simulator.setScript([{ text: 'Let me see.', ...call }, { text: 'There is a README.' }]);
    const running = run(COMMANDS.runWithServer, { server: 'filesystem', task: 'What is here?' });
    await eventually(() => assert.equal(hooks.running()[0]?.activity, 'writing'));
    await vscode.commands.executeCommand(COMMANDS.pauseTask);
    assert.match(hooks.status()?.tooltip ?? '', /writing, then paused/);
    held.open();
    await eventually(() => assert.match(hooks.status()?.text ?? '', /\$\(debug-pause\) LM Studio: round 1, paused/));
    assert.equal(chats().length, before + 1);
    await vscode.commands.executeCommand(COMMANDS.pauseTask);
    assert.match(notices(hooks).at(-1)?.message ?? '', /Every running task is paused already/);
    await vscode.commands.executeCommand(COMMANDS.continueTask);
    assert.equal((await running).text, 'There is a README.');
    assert.deepEqual(
      hooks.transcriptLines.filter((line) => /^(Paused|Goes on)/.test(line)),
      ['Paused: waits until you let it go on.', 'Goes on.'],
    );
    await vscode.commands.executeCommand(COMMANDS.continueTask);
    assert.match(notices(hooks).at(-1)?.message ?? '', /No task is running/);
  });

  it('asks which of several tasks to pause, and can be cancelled while it is', async () => {
    const held = gate();
    simulator.setScript(() => ({ text: 'One two three', hold: held.promise }));
    const first = run(COMMANDS.runWithServer, { server: 'filesystem', task: 'First' });
    await eventually(() => assert.equal(hooks.running()[0]?.activity, 'writing'));
    const second = run(COMMANDS.runWithServer, { server: 'filesystem', task: 'Second' });
    await eventually(() => assert.equal(hooks.running()[1]?.phase?.phase, 'queued'));
    hooks.dialogs.answerNext('Second');
    await vscode.commands.executeCommand(COMMANDS.pauseTask);
    held.open();
    assert.equal((await first).status, 'completed');
    await eventually(() => assert.match(hooks.status()?.text ?? '', /paused/));
    await vscode.commands.executeCommand(COMMANDS.cancelTask);
    assert.equal((await second).status, 'cancelled');
  });

  it('does not start what the person does not want started', async () => {
    await vscode.commands.executeCommand(COMMANDS.forgetConsent);
    hooks.dialogs.answerNext("Don't start");
    const end = await run(COMMANDS.runWithServer, { server: 'memory', task: 'Remember' });
    assert.equal(end.status, 'failed');
    assert.equal(end.code, 'mcp-start-failed');
    assert.match(notices(hooks).at(-1)?.message ?? '', /was not started/);
    hooks.dialogs.answerNext('Start', 'Start');
    simulator.setScript([{ text: 'Ready.' }]);
    assert.equal((await run(COMMANDS.runWithAllServers, { task: 'Say that you are ready' })).status, 'completed');
  });

  it('asks again when what would be started has changed', async () => {
    const file = join(folder, '.mcp.json');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace('"MEMORY_FILE_PATH"', '"OTHER": "1", "MEMORY_FILE_PATH"'));
    try {
      simulator.setScript([{ text: 'Ready.' }]);
      hooks.dialogs.answerNext('Start');
      await run(COMMANDS.runWithServer, { server: 'memory', task: 'Say that you are ready' });
      assert.match(questions(hooks)[0]?.detail ?? '', /What has changed:\n\+ Environment variable OTHER: set\n\n/);
    } finally {
      writeFileSync(file, text);
    }
  });

  it('says which models there are when the asked one is not', async () => {
    const end = await run(COMMANDS.runWithServer, { server: 'memory', task: 'Hello', model: 'no/such-model' });
    assert.equal(end.code, 'model-not-found');
    const notice = notices(hooks).at(-1);
    assert.match(notice?.message ?? '', /no model "no\/such-model".*qwen\/qwen3-8b/);
    assert.deepEqual(notice?.actions, ['Choose Model']);
  });

  it('rejects wrong arguments with one clear message, and starts nothing', async () => {
    const seen = chats().length;
    const expected: readonly (readonly [string, unknown, RegExp])[] = [
      [COMMANDS.runWithServer, 'filesystem', /must be one object/],
      [COMMANDS.runWithServer, { task: 'x' }, /"server" is missing/],
      [COMMANDS.runWithServer, { server: 'filesystem' }, /"task" is missing/],
      [COMMANDS.runWithServer, { server: 'filesystem', task: ' ' }, /"task" must be a text/],
      [COMMANDS.runWithServer, { server: 'filesystem', task: 'x', approve: 'all' }, /"approve" is not known/],
      [COMMANDS.runWithServers, { servers: [], task: 'x' }, /"servers" must be a list/],
      [COMMANDS.runWithServers, { servers: [1], task: 'x' }, /"servers" must be a list/],
      [COMMANDS.runWithAllServers, { task: 'x', maxRounds: 0 }, /"maxRounds" must be a whole number of at least 1/],
      [COMMANDS.runWithAllServers, { task: 'x', timeoutSeconds: -1 }, /"timeoutSeconds" must be a number above 0/],
      [
        COMMANDS.runWithServer,
        { server: 'nobody', task: 'x' },
        /no MCP server "nobody"\. Available: filesystem, memory/,
      ],
    ];
    for (const [command, args, message] of expected) assert.match(await rejection(command, args), message);
    assert.deepEqual(hooks.dialogs.seen, []);
    assert.equal(chats().length, seen);
  });

  it('asks for server and task when it is given nothing', async () => {
    simulator.setScript([{ text: 'Hello.' }]);
    hooks.dialogs.answerNext('memory', 'Say hello');
    await vscode.commands.executeCommand(COMMANDS.runWithServer);
    const [pick, input] = hooks.dialogs.seen;
    assert.ok(pick?.kind === 'pickOne' && input?.kind === 'input');
    assert.match(pick.choices[0]?.detail ?? '', /server-filesystem/);
    // It ran before in this window.
    assert.match(pick.choices[0]?.description ?? '', /^14 tools, \d\.\dk tokens · \.mcp\.json:3$/);
    assert.match(input.options.prompt, /qwen\/qwen3-8b/);
    assert.match(notices(hooks).at(-1)?.message ?? '', /Hello\./);
  });

  describe('with a broken configuration file', () => {
    const file = (): string => join(folder, '.vscode', 'mcp.json');

    before(async () => {
      mkdirSync(join(folder, '.vscode'), { recursive: true });
      writeFileSync(
        file(),
        '{\n  "servers": {\n    "off": { "command": "x", "disabled": true },\n    "broken": { "command": 5 }\n  }\n}\n',
      );
      // Earlier tests wrote this file too: VS Code must have read it anew, or doing so would move the cursor.
      const written = readFileSync(file(), 'utf8');
      await eventually(async () => {
        const document = await vscode.workspace.openTextDocument(file());
        assert.equal(document.getText(), written);
      });
    });

    after(async () => {
      rmSync(file());
      await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    });

    it('shows what is wrong among the servers, and opens the place', async () => {
      hooks.dialogs.answerNext('Server "broken": command must be a string.');
      await vscode.commands.executeCommand(COMMANDS.runWithServer);
      const [pick] = hooks.dialogs.seen;
      assert.ok(pick?.kind === 'pickOne');
      const rows = pick.choices.map(({ label, description, isHeading }) => [
        label,
        isHeading ? 'heading' : description?.replace(/^\d+ tools, .* tokens · /, ''),
      ]);
      assert.deepEqual(rows, [
        ['filesystem', '.mcp.json:3'],
        ['memory', '.mcp.json:10'],
        ['Cannot be used (choose one to open its file)', 'heading'],
        ['off', 'disabled · .vscode/mcp.json:3'],
        ['Server "broken": command must be a string.', 'Error · .vscode/mcp.json:4'],
      ]);
      await eventually(() => {
        const editor = vscode.window.activeTextEditor;
        assert.equal(editor?.document.uri.fsPath, file());
        assert.equal(editor.selection.active.line, 3);
      });
    });

    it('rejects a run with the broken or the disabled server, and says where', async () => {
      const broken = await rejection(COMMANDS.runWithServer, { server: 'broken', task: 'x' });
      assert.match(broken, /"broken" .*mcp\.json:4:\d+: .*must be a string/);
      assert.match(await rejection(COMMANDS.runWithServer, { server: 'off', task: 'x' }), /"off" is disabled/);
    });
  });

  it('says how to define servers when there are none', async () => {
    const file = join(folder, '.mcp.json');
    const text = readFileSync(file, 'utf8');
    rmSync(file);
    try {
      await vscode.commands.executeCommand(COMMANDS.runWithServer);
      const [notice] = notices(hooks);
      assert.match(notice?.message ?? '', /No MCP server is defined for this workspace\. .*\.mcp\.json/);
      assert.deepEqual(notice?.actions, ['Open .mcp.json']);

      await vscode.commands.executeCommand(COMMANDS.openMcpConfig);
      assert.match(readFileSync(file, 'utf8'), /"mcpServers"/);
      await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    } finally {
      writeFileSync(file, text);
    }
  });

  // Nested suites run last, in order: this one ends the server.
  describe('without a server', () => {
    it('reports an unreachable server as the end of the run', async () => {
      await simulator.close();
      const end = await run(COMMANDS.runWithServer, { server: 'memory', task: 'Hello' });
      assert.equal(end.status, 'failed');
      assert.equal(end.code, 'server-unreachable');
      assert.deepEqual(notices(hooks).at(-1)?.actions, ["Start LM Studio's Server"]);
    });
  });
});
