import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { ApiModel, ApiRunEnd, ApiTask, ApiTaskEvent, BridgeApi } from '../../src/vscode/api/apiTypes';
import { COMMANDS } from '../../src/vscode/ids';
import type { TestHooks } from '../../src/vscode/testHooks';
import { gate } from '../simulator/gate';
import type { Simulator } from '../simulator/server';
import { activated, connectSimulator, eventually, exportsOf, notices, questions } from './support';

const EXAMPLE = 'lmstudio-bridge-example.example';

describe('the interface for other extensions', () => {
  let hooks: TestHooks;
  let bridge: BridgeApi;
  let simulator: Simulator;

  before(async () => {
    hooks = await activated();
    bridge = await exportsOf();
    simulator = await connectSimulator(hooks);
    await eventually(() => assert.equal(hooks.snapshot().health.kind, 'online'));
  });

  beforeEach(() => {
    hooks.dialogs.reset();
    simulator.setScript([{ text: 'Done.' }]);
  });

  afterEach(() => {
    if (hooks.presence) hooks.presence.isHere = true;
    assert.equal(hooks.dialogs.unusedAnswers, 0, 'every answer was asked for');
    assert.deepEqual(hooks.running(), []);
  });

  after(() => simulator.close());

  /** The error with which it rejects, as plain data. */
  const refusal = async (work: () => Promise<unknown>): Promise<{ name: string; code: string; message: string }> => {
    try {
      await work();
    } catch (error) {
      assert.ok(error instanceof Error);
      const { name, message, code, hint } = error as Error & { code: string; hint: string | null };
      assert.ok(hint === null || hint.length > 5);
      return { name, code, message };
    }
    assert.fail('it did not reject');
  };

  it('waits behind a notification with its question where the person is elsewhere, which the badge counts', async () => {
    assert.ok(hooks.presence);
    hooks.presence.isHere = false;
    const running = bridge.getApi(EXAMPLE).runTask({ task: 'Say hello' });
    await eventually(() => assert.match(notices(hooks)[0]?.message ?? '', /^Let the extension "Example of/));
    assert.deepEqual(questions(hooks), [], 'no dialog is in the way');
    assert.deepEqual(hooks.tasksView.badge, { value: 1, tooltip: '1 question waits for your answer' });
    assert.match(hooks.status()?.text ?? '', /waiting for your answer$/);
    hooks.presence.isHere = true;
    hooks.dialogs.answerNext('Run');
    await vscode.commands.executeCommand(COMMANDS.answerQuestion);
    assert.equal((await running).status, 'completed');
    assert.equal(hooks.tasksView.badge, undefined);
  });

  it('lists the models as plain data, and tells when they change', async () => {
    const models = await bridge.models();
    assert.deepEqual(structuredClone(models), models);
    assert.deepEqual(
      models.find(({ id }) => id === 'qwen/qwen3-8b'),
      {
        id: 'qwen/qwen3-8b',
        server: null,
        name: 'Qwen3 8B',
        kind: 'chat',
        isLoaded: true,
        contextLength: 32_768,
        maxContextLength: 40_960,
        vision: false,
        toolUse: true,
        sizeBytes: models.find(({ id }) => id === 'qwen/qwen3-8b')?.sizeBytes,
        quantization: 'Q4_K_M',
      },
    );
    assert.equal(models.find(({ id }) => id === 'openai/gpt-oss-20b')?.isLoaded, false);

    const told: (readonly ApiModel[])[] = [];
    const listening = bridge.onDidChangeModels((changed) => told.push(changed));
    const load = await fetch(`${simulator.url}/api/v1/models/load`, {
      method: 'POST',
      body: JSON.stringify({ model: 'openai/gpt-oss-20b', context_length: 8192 }),
    });
    assert.equal(load.status, 200);
    await hooks.refresh();
    listening.dispose();
    const loaded = told.at(-1)?.find(({ id }) => id === 'openai/gpt-oss-20b');
    assert.deepEqual([loaded?.isLoaded, loaded?.contextLength], [true, 8192]);
  });

  it('asks the person in the name of the extension, and runs the task', async () => {
    const events: ApiTaskEvent[] = [];
    hooks.dialogs.answerNext('Run');
    const end = await bridge
      .getApi(EXAMPLE)
      .runTask({ task: 'Say hello', maxRounds: 3 }, { onEvent: (event) => events.push(event) });
    assert.equal(end.status, 'completed');
    assert.equal(end.text, 'Done.');
    assert.equal(end.rounds, 1);
    assert.deepEqual(structuredClone(end), end);

    const [question] = questions(hooks);
    assert.equal(
      question?.message,
      `Let the extension "Example of LM Studio Bridge's API" (${EXAMPLE}) run a task with LM Studio?`,
    );
    assert.match(
      question.detail,
      /^Say hello\n\nModel: chosen automatically\n\nMCP servers: none\n\nYou are still asked/,
    );
    assert.deepEqual(question.buttons, ["Don't Run", 'Run', 'Always Allow'], 'Enter starts nothing');

    assert.equal(events[0]?.type, 'run_start');
    assert.equal(events[0].runId, end.runId);
    const text = events.flatMap((event) => (event.type === 'text_delta' ? [event.text] : [])).join('');
    assert.equal(text, 'Done.');
    assert.equal(events.at(-1)?.type, 'run_end');
  });

  it('asks each time where nobody has said who they are', async () => {
    hooks.dialogs.answerNext('Run', "Don't Run");
    assert.equal((await bridge.runTask({ task: 'One' })).status, 'completed');
    const { code } = await refusal(() => bridge.runTask({ task: 'Two' }));
    assert.equal(code, 'approval-denied');
    assert.match(questions(hooks)[0]?.message ?? '', /^Let another extension run a task/);
    assert.deepEqual(questions(hooks)[0]?.buttons, ["Don't Run", 'Run']);
  });

  it('asks no more where it is always allowed, until that is taken back', async () => {
    const own = bridge.getApi(EXAMPLE);
    hooks.dialogs.answerNext('Always Allow');
    await own.runTask({ task: 'One' });
    await own.runTask({ task: 'Two' });
    assert.equal(questions(hooks).length, 1);
    hooks.dialogs.answerNext(["Example of LM Studio Bridge's API"]);
    await vscode.commands.executeCommand(COMMANDS.manageApprovals);
    hooks.dialogs.answerNext("Don't Run");
    assert.equal((await refusal(() => own.runTask({ task: 'Three' }))).code, 'approval-denied');
  });

  it('says of each wrong argument what it must be, and asks nobody', async () => {
    const wrong: readonly (readonly [unknown, unknown, RegExp])[] = [
      [undefined, undefined, /^request must be an object with the field task\.$/],
      [{ task: ' ' }, undefined, /^request\.task must not be empty\.$/],
      [{ task: 5 }, undefined, /^request\.task must be a text\.$/],
      [{ task: 'x', servers: 'files' }, undefined, /^request\.servers must be "all" or a list of names/],
      [{ task: 'x', maxRounds: 0.5 }, undefined, /^request\.maxRounds must be a whole number of at least 1\.$/],
      [{ task: 'x', maxTokens: -1 }, undefined, /^request\.maxTokens must be a whole number of at least 1\.$/],
      [{ task: 'x', timeoutSeconds: 0 }, undefined, /^request\.timeoutSeconds must be a number above 0\.$/],
      [{ task: 'x', rounds: 1 }, undefined, /^request has the unknown field rounds\.$/],
      [{ task: 'x' }, { onEvent: 'tell me' }, /^options\.onEvent must be a function\.$/],
      [{ task: 'x' }, { signal: {} }, /^options\.signal must be an AbortSignal\.$/],
      [{ task: 'x' }, { token: 1 }, /^options\.token must be a CancellationToken\.$/],
    ];
    for (const [request, options, message] of wrong) {
      const error = await refusal(() => bridge.runTask(request as never, options as never));
      assert.deepEqual([error.name, error.code], ['LMStudioBridgeError', 'usage']);
      assert.match(error.message, message);
    }
    assert.throws(() => bridge.getApi('nobody.nothing'), { name: 'LMStudioBridgeError', code: 'usage' });
    assert.deepEqual(hooks.dialogs.seen, []);
  });

  for (const by of ['signal', 'token'] as const) {
    it(`is stopped by a ${by}, as by a person`, async () => {
      const held = gate();
      simulator.setScript([{ text: 'One two three', hold: held.promise }]);
      const controller = new AbortController();
      const source = new vscode.CancellationTokenSource();
      hooks.dialogs.answerNext('Run');
      const running = bridge.runTask(
        { task: 'Count' },
        by === 'signal' ? { signal: controller.signal } : { token: source.token },
      );
      await eventually(() => assert.equal(hooks.running()[0]?.activity, 'writing'));
      if (by === 'signal') controller.abort();
      else source.cancel();
      const end = await running;
      assert.deepEqual([end.status, end.code], ['cancelled', 'cancelled']);
      held.open();
      source.dispose();
    });
  }

  it('does not begin what was stopped before', async () => {
    const error = await refusal(() => bridge.runTask({ task: 'Count' }, { signal: AbortSignal.abort() }));
    assert.equal(error.code, 'cancelled');
    assert.deepEqual(questions(hooks), []);
  });

  it('tells of all tasks that there are, and only of its own what they do', async () => {
    const own = bridge.getApi(EXAMPLE);
    const other = bridge.getApi(EXAMPLE);
    const tasks: (readonly ApiTask[])[] = [];
    const reports = { own: 0, other: 0 };
    const listening = [
      other.onDidChangeTasks((changed) => tasks.push(changed)),
      own.onDidTaskEvent(() => {
        reports.own++;
        throw new Error('A listener of another extension.');
      }),
      other.onDidTaskEvent(() => reports.other++),
    ];
    hooks.dialogs.answerNext('Run');
    const end = await own.runTask({ task: 'A secret plan' });
    for (const item of listening) item.dispose();
    assert.equal(end.status, 'completed', 'a listener that throws is no harm');
    assert.ok(reports.own > 2);
    assert.equal(reports.other, 0);
    assert.deepEqual(other.tasks(), []);
    assert.ok(tasks.some(([task]) => task?.state === 'running' && task.round === 1 && task.model === 'qwen/qwen3-8b'));
    assert.ok(!JSON.stringify(tasks).includes('secret'));
  });

  describe('as the example uses it', () => {
    before(async () => {
      await vscode.extensions.getExtension(EXAMPLE)?.activate();
    });

    it('lists the models', async () => {
      const models = await vscode.commands.executeCommand<readonly ApiModel[]>('lmstudioBridgeExample.listModels');
      assert.deepEqual(
        models.map(({ id }) => id),
        hooks.snapshot().models.map(({ key }) => key),
      );
    });

    it('explains the selected text with a model', async () => {
      const document = await vscode.workspace.openTextDocument({ content: 'The mitochondrion is the powerhouse.' });
      const editor = await vscode.window.showTextDocument(document);
      editor.selection = new vscode.Selection(0, 0, 0, 17);
      simulator.setScript([{ text: 'A part of a cell.' }]);
      hooks.dialogs.answerNext('Run');
      const end = await vscode.commands.executeCommand<ApiRunEnd>('lmstudioBridgeExample.explainSelection');
      assert.equal(end.text, 'A part of a cell.');
      assert.match(questions(hooks)[0]?.message ?? '', /^Let the extension "Example/);
      const body = JSON.stringify(simulator.requests.findLast(({ path }) => path.includes('/chat'))?.body);
      assert.match(body, /Explain this in three sentences:\\n\\nThe mitochondrion\b/);
      assert.ok(!body.includes('powerhouse'));
      await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
    });
  });
});
