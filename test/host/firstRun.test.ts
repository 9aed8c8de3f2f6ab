import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { RunEnd } from '../../src/tasks/types';
import { COMMANDS, EXTENSION_ID, REPORT_SCHEME, WALKTHROUGH } from '../../src/vscode/ids';
import type { TestHooks } from '../../src/vscode/testHooks';
import { type Simulator, startSimulator } from '../simulator/server';
import { expert } from '../support/toolExpert';
import { activated, connectSimulator, eventually, notices, questions, setSetting } from './support';

const QWEN = 'qwen/qwen3-8b';

describe('the first steps', () => {
  let hooks: TestHooks;
  let simulator: Simulator;

  before(async () => {
    hooks = await activated();
  });

  beforeEach(() => hooks.dialogs.reset());

  after(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await simulator.close();
  });

  const conditions = () => hooks.firstRun.conditions();
  const offers = () => notices(hooks).filter(({ actions }) => actions.includes('Show First Steps'));

  it('are offered once where no server was ever found, and never again', async () => {
    simulator = await startSimulator();
    await simulator.close();
    await setSetting('server.url', simulator.url);
    await eventually(() => {
      assert.equal(hooks.snapshot().root, simulator.url);
      assert.equal(hooks.snapshot().health.kind, 'offline');
    });
    hooks.dialogs.reset();
    await hooks.firstRun.startAnew();
    assert.equal(offers().length, 1);
    assert.deepEqual(
      { ...conditions(), installed: false },
      {
        ...{ installed: false, serverOnline: false, modelReady: false },
        ...{ mcpServerStarted: false, taskCompleted: false, selfTestDone: false },
      },
    );
    simulator = await startSimulator({ port: simulator.port, script: expert });
    await hooks.refresh();
    await simulator.close();
    await hooks.refresh();
    assert.equal(offers().length, 1);
  });

  it('are not offered to whom a server was found for', async () => {
    simulator = await connectSimulator(hooks, { script: expert });
    await eventually(() => assert.equal(hooks.snapshot().health.kind, 'online'));
    await hooks.firstRun.startAnew();
    await simulator.close();
    await hooks.refresh();
    assert.equal(offers().length, 0);
  });

  it('open as a walkthrough', async () => {
    const { contributes } = vscode.extensions.getExtension(EXTENSION_ID)?.packageJSON as {
      contributes: { walkthroughs: { id: string; steps: { id: string }[] }[] };
    };
    const [walkthrough] = contributes.walkthroughs;
    assert.equal(walkthrough?.id, WALKTHROUGH);
    assert.deepEqual(
      walkthrough.steps.map(({ id }) => id),
      ['install', 'server', 'model', 'modelWithSignIn', 'mcp', 'task', 'selfTest'],
    );
    await vscode.commands.executeCommand(COMMANDS.openWalkthrough);
    await eventually(() => {
      const { activeTab } = vscode.window.tabGroups.activeTabGroup;
      assert.match(activeTab?.label ?? '', /First Steps with LM Studio|Walkthrough|Welcome/);
    });
  });

  it('are done one by one: the server, the model, an MCP server, a task', async () => {
    simulator = await connectSimulator(hooks, { script: [{ text: 'Done.' }] });
    simulator.models.unload(QWEN);
    await eventually(async () => assert.equal((await hooks.refresh()).models[0]?.instances?.length, 0));
    await hooks.firstRun.startAnew();
    assert.deepEqual(
      [conditions()['installed'], conditions()['serverOnline'], conditions()['modelReady']],
      [true, true, false],
    );
    await setSetting('model', QWEN);
    await eventually(() => assert.equal(conditions()['modelReady'], true));
    await setSetting('model', undefined);
    await eventually(() => assert.equal(conditions()['modelReady'], false));

    assert.deepEqual([conditions()['mcpServerStarted'], conditions()['taskCompleted']], [false, false]);
    await vscode.commands.executeCommand(COMMANDS.forgetConsent);
    await hooks.stopServer('filesystem');
    hooks.dialogs.answerNext('Start');
    const end = await vscode.commands.executeCommand<RunEnd>(COMMANDS.runWithServer, {
      ...{ server: 'filesystem', task: 'Begin', model: QWEN },
    });
    assert.equal(end.status, 'completed');
    assert.deepEqual(
      [conditions()['mcpServerStarted'], conditions()['taskCompleted'], conditions()['selfTestDone']],
      [true, true, false],
    );
    await eventually(() => assert.equal(conditions()['modelReady'], true), 20_000);
  });

  describe('and the self-test', () => {
    const document = async (expected: RegExp): Promise<string> => {
      const found = vscode.window.activeTextEditor?.document;
      assert.ok(found?.uri.scheme === REPORT_SCHEME && found.languageId === 'markdown');
      await eventually(() => assert.match(found.getText(), expected));
      return found.getText();
    };

    it('shows in a document what a model does badly and what to try', async () => {
      simulator.setScript(() => ({ text: 'I would rather not.' }));
      await vscode.commands.executeCommand(COMMANDS.selfTest);
      const text = await document(/# Self-Test of qwen\/qwen3-8b/);
      assert.match(text, /## What to do next\n\n1\. The model did not call a tool .*`prompted`/);
      assert.match(text, /\| single call \| fail \|/);
      assert.equal(conditions()['selfTestDone'], true, 'it was made, whatever it found');
    });

    it('completes the last step, and the report of a reliable model says what comes next', async () => {
      simulator.setScript(expert);
      await vscode.commands.executeCommand(COMMANDS.selfTest);
      const text = await document(/\*\*Reliable, 5 of 5 probes/);
      assert.match(text, /## What to do next\n\n1\. Connect an MCP server/);
      assert.equal(conditions()['selfTestDone'], true);
      assert.equal(questions(hooks).length, 0, 'a model in memory needs no yes');
    });

    it('says why where there is no server to test', async () => {
      await simulator.close();
      await hooks.refresh();
      await vscode.commands.executeCommand(COMMANDS.selfTest);
      assert.match(notices(hooks).at(-1)?.message ?? '', /No model server answers|not answer|refused/i);
    });
  });
});
