import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { RunEnd } from '../../src/tasks/types';
import { COMMANDS } from '../../src/vscode/ids';
import type { TestHooks } from '../../src/vscode/testHooks';
import type { Simulator } from '../simulator/server';
import { activated, connectSimulator, eventually, notices, workspaceFolder } from './support';

/** Writes what it was started with into a file, and is no MCP server: it ends at once. */
const PROGRAM = `require('node:fs').writeFileSync(process.argv[1], JSON.stringify([process.env.WORD, process.env.LEVEL]))`;

describe('inputs of MCP servers', () => {
  let hooks: TestHooks;
  let simulator: Simulator;
  let file: string;
  let told: string;

  before(async () => {
    hooks = await activated();
    simulator = await connectSimulator(hooks);
    file = join(workspaceFolder(), '.vscode', 'mcp.json');
    told = join(workspaceFolder(), 'told.json');
    mkdirSync(join(workspaceFolder(), '.vscode'), { recursive: true });
    const config = {
      inputs: [
        { id: 'word', type: 'promptString', description: 'Your word', password: true },
        { id: 'level', type: 'pickString', options: ['low', 'high'] },
      ],
      servers: {
        asks: {
          command: process.execPath,
          args: ['-e', PROGRAM, told],
          env: { WORD: '${input:word}', LEVEL: '${input:level}', ELECTRON_RUN_AS_NODE: '1' },
        },
      },
    };
    writeFileSync(file, JSON.stringify(config));
    await vscode.commands.executeCommand(COMMANDS.forgetConsent);
    await vscode.commands.executeCommand(COMMANDS.forgetInputs);
  });

  beforeEach(() => {
    hooks.dialogs.reset();
    rmSync(told, { force: true });
  });

  afterEach(() => {
    if (hooks.presence) hooks.presence.isHere = true;
  });

  after(async () => {
    rmSync(file);
    await simulator.close();
  });

  /** The program is no server, so that the run fails; what matters is what it was started with. */
  const run = async (): Promise<void> => {
    const args = { server: 'asks', task: 'x' };
    const end = await vscode.commands.executeCommand<RunEnd>(COMMANDS.runWithServer, args);
    assert.notEqual(end.status, 'completed');
  };
  const kinds = (): string[] => hooks.dialogs.seen.map(({ kind }) => kind).filter((kind) => kind !== 'notify');

  it('are not asked for before there is consent', async () => {
    hooks.dialogs.answerNext("Don't start");
    await run();
    assert.deepEqual(kinds(), ['ask']);
    assert.ok(!existsSync(told));
  });

  it('are asked for once, passwords as such, and kept until they are forgotten', async () => {
    hooks.dialogs.answerNext('Start', 'geheim', 'high');
    await run();
    assert.deepEqual(kinds(), ['ask', 'input', 'pickOne']);
    const [, input] = hooks.dialogs.seen;
    assert.ok(input?.kind === 'input' && input.options.isSecret);
    assert.match(input.options.prompt, /^Your word \(named in .*mcp\.json:1\)$/);
    assert.deepEqual(JSON.parse(readFileSync(told, 'utf8')), ['geheim', 'high']);
    assert.ok(!hooks.transcriptLines.join('\n').includes('geheim'));

    hooks.dialogs.reset();
    rmSync(told);
    await run();
    assert.deepEqual(kinds(), []);
    assert.deepEqual(JSON.parse(readFileSync(told, 'utf8')), ['geheim', 'high']);

    await vscode.commands.executeCommand(COMMANDS.forgetInputs);
    hooks.dialogs.reset();
    rmSync(told);
    hooks.dialogs.answerNext(undefined);
    await run();
    assert.deepEqual(kinds(), ['input', 'pickOne']);
    assert.ok(!existsSync(told), 'without an answer nothing starts');
  });

  it('wait for somebody who is not here, with the bell on the row of the task', async () => {
    assert.ok(hooks.presence);
    hooks.presence.isHere = false;
    const running = run();
    await eventually(() => {
      assert.equal(notices(hooks)[0]?.message, 'MCP server "asks" needs the value "word" from you.');
    });
    assert.deepEqual(kinds(), [], 'no dialog is in the way');
    const [task] = hooks.running();
    assert.equal(task?.isWaiting, true);
    assert.match(hooks.status()?.text ?? '', /waiting for your answer/);
    assert.equal(hooks.tasksView.badge?.value, 1);
    hooks.presence.isHere = true;
    hooks.dialogs.answerNext('geheim', 'high');
    await vscode.commands.executeCommand(COMMANDS.answerQuestion, { kind: 'task', id: task.id });
    await running;
    assert.deepEqual(kinds(), ['input', 'pickOne']);
    assert.deepEqual(JSON.parse(readFileSync(told, 'utf8')), ['geheim', 'high']);
    assert.equal(hooks.tasksView.badge, undefined);
  });

  it('are asked for at once where the person has just started the server', async () => {
    assert.ok(hooks.presence);
    await vscode.commands.executeCommand(COMMANDS.forgetInputs);
    hooks.dialogs.reset();
    hooks.presence.isHere = false;
    hooks.dialogs.answerNext('geheim', 'high');
    await assert.rejects(hooks.mcp.start('asks'));
    assert.deepEqual(kinds(), ['input', 'pickOne']);
  });
});
