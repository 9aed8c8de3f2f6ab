import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { COMMANDS, EXTENSION_ID, SETTINGS_SECTION } from '../../src/vscode/ids';
import type { TestHooks } from '../../src/vscode/testHooks';
import type { Simulator } from '../simulator/server';
import { activated, connectSimulator, eventually, notices, rowOf, setSetting } from './support';

describe('the extension', () => {
  let hooks: TestHooks;

  before(async () => {
    hooks = await activated();
  });

  beforeEach(() => {
    hooks.dialogs.reset();
  });

  it('is active and has registered every command', async () => {
    assert.equal(vscode.extensions.getExtension(EXTENSION_ID)?.isActive, true);
    const registered = await vscode.commands.getCommands(true);
    const missing = Object.values(COMMANDS).filter((id) => !registered.includes(id));
    assert.deepEqual(missing, []);
  });

  it('does not let the workspace choose the server', async () => {
    const settings = vscode.workspace.getConfiguration(SETTINGS_SECTION);
    for (const key of ['server.url', 'task.maxRounds', 'task.maxTokens', 'task.timeoutMinutes']) {
      await assert.rejects(async () => {
        await settings.update(key, 'http://10.0.0.1:1234', vscode.ConfigurationTarget.Workspace);
      }, key);
    }
  });

  it('says when no task is there to be cancelled', async () => {
    await vscode.commands.executeCommand(COMMANDS.cancelTask);
    assert.deepEqual(
      notices(hooks).map(({ message }) => message),
      ['No task is running.'],
    );
  });

  it('shows a menu that fits the moment', async () => {
    await vscode.commands.executeCommand(COMMANDS.showMenu);
    const [menu] = hooks.dialogs.seen;
    assert.ok(menu?.kind === 'pickOne');
    const labels = menu.choices.map(({ label }) => label);
    assert.ok(labels.some((label) => label.includes('Refresh Models')));
    assert.ok(!labels.some((label) => label.includes('Cancel Task')));
  });

  it('tells of a wrong address in one sentence, and recovers', async () => {
    await setSetting('server.url', 'ftp://somewhere');
    await eventually(() => assert.match(hooks.status()?.text ?? '', /wrong setting/));
    await eventually(() => assert.equal(notices(hooks).length, 1));
    assert.match(
      notices(hooks)[0]?.message ?? '',
      /^The setting lmstudioBridge\.server\.url must be the address of a server .*; it is "ftp:\/\/somewhere"\.$/,
    );
    assert.deepEqual(hooks.treeRows(), []);

    const simulator = await connectSimulator(hooks);
    try {
      await eventually(() => assert.match(hooks.status()?.text ?? '', /^\$\(check\) LM Studio: qwen3-8b$/));
    } finally {
      await simulator.close();
    }
    await hooks.refresh();
    assert.match(hooks.status()?.text ?? '', /\$\(warning\) LM Studio: not reachable/);
    assert.match(hooks.status()?.label ?? '', /^LM Studio: not reachable/);
    assert.match(rowOf(hooks, 'Qwen3 8B').description, /^state unknown, server not reachable/);
  });

  describe('with a server that wants a token', () => {
    const token = 'sk-lm-abcdefgh:ABCDEFGHIJKLMNOPQRST';
    let simulator: Simulator;

    before(async () => {
      simulator = await connectSimulator(hooks, { token });
    });

    after(() => simulator.close());

    it('says so, takes the token, and forgets it again', async () => {
      await eventually(() => assert.equal(hooks.status()?.text, '$(key) LM Studio: needs API token'));

      hooks.dialogs.answerNext(token);
      await vscode.commands.executeCommand(COMMANDS.setToken);
      assert.match(hooks.status()?.text ?? '', /\$\(check\)/);
      const [input] = hooks.dialogs.seen;
      assert.ok(input?.kind === 'input' && input.options.isSecret);
      assert.ok(!JSON.stringify(notices(hooks)).includes(token));

      hooks.dialogs.reset();
      await vscode.commands.executeCommand(COMMANDS.removeToken);
      assert.equal(hooks.status()?.text, '$(key) LM Studio: needs API token');
      await vscode.commands.executeCommand(COMMANDS.removeToken);
      assert.match(notices(hooks).at(-1)?.message ?? '', /There is no API token/);
    });

    it('does not keep a wrong token secret from the person', async () => {
      hooks.dialogs.answerNext('sk-lm-wrong');
      await vscode.commands.executeCommand(COMMANDS.setToken);
      assert.equal(notices(hooks)[0]?.level, 'error');
      assert.deepEqual(notices(hooks)[0]?.actions, ['Set API Token…']);
      await vscode.commands.executeCommand(COMMANDS.removeToken);
    });
  });
});
