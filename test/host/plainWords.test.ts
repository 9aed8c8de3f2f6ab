/** What VS Code itself is given to show: the words of others become neither links nor icons there. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { BridgeError } from '../../src/base/errors';
import type { ServerSpec } from '../../src/mcp/serverSpec';
import { NativeDialogs } from '../../src/vscode/dialogs';
import { offer, tellFailure } from '../../src/vscode/failures';
import { withProgress, withStatusProgress } from '../../src/vscode/progress';
import type { ServerEntry } from '../../src/vscode/servers/mcpServers';
import { TaskFileCompletions } from '../../src/vscode/taskFiles/taskFileCompletions';
import { ScriptedDialogs } from '../../src/vscode/testHooks';
import { eventually, workspaceFolder } from './support';

const EVIL = '[Free seats](command:workbench.action.quit) $(verified-filled) [a]$(x)(https://b.c)';
const PLAIN = '[Free seats] (command:workbench.action.quit) $ (verified-filled) [a]$ (x)(https://b.c)';

/** VS Code's window, which keeps what it was given, and shows nothing. */
function recorder() {
  const shown: unknown[] = [];
  const notice = (message: string): Thenable<undefined> => {
    shown.push(message);
    return Promise.resolve(undefined);
  };
  const window = {
    showErrorMessage: notice,
    showInformationMessage: notice,
    showWarningMessage: notice,
    showInputBox: async (options: vscode.InputBoxOptions) => {
      shown.push(options.prompt, await options.validateInput?.('wrong'), await options.validateInput?.('right'));
      return 'typed';
    },
    showQuickPick: (items: readonly vscode.QuickPickItem[], { canPickMany }: vscode.QuickPickOptions) => {
      shown.push(...items);
      return Promise.resolve(canPickMany ? items : items[0]);
    },
    showSaveDialog: () => Promise.resolve(undefined),
    withProgress: <T>(
      { title, location }: vscode.ProgressOptions,
      work: (progress: vscode.Progress<{ message?: string }>, token: vscode.CancellationToken) => Thenable<T>,
    ) => {
      shown.push([location, title]);
      const { token } = new vscode.CancellationTokenSource();
      return work({ report: ({ message }) => shown.push(message) }, token);
    },
  };
  return { shown, window: window as unknown as typeof vscode.window };
}

describe('the words of others, as VS Code is given them', () => {
  it('are plain in a notification', async () => {
    const { shown, window } = recorder();
    const dialogs = new NativeDialogs(window);
    for (const level of ['info', 'warning', 'error'] as const) await dialogs.notify(level, EVIL);
    assert.deepEqual(shown, [PLAIN, PLAIN, PLAIN]);
  });

  it('are plain below an input: what is asked, and what is wrong with the answer', async () => {
    const { shown, window } = recorder();
    const validate = (text: string): string | undefined => (text === 'wrong' ? EVIL : undefined);
    const given = await new NativeDialogs(window).input({ title: EVIL, prompt: EVIL, validate });
    assert.deepEqual([given, ...shown], ['typed', PLAIN, PLAIN, undefined]);
  });

  it('are plain in the rows of a pick, whose icons are ours', async () => {
    const { shown, window } = recorder();
    const dialogs = new NativeDialogs(window);
    const choice = { label: EVIL, description: EVIL, detail: `${EVIL}\n[c]: d`, icon: 'globe' };
    const options = { title: 'Which?', placeholder: 'This one' };
    assert.equal(await dialogs.pickOne([choice], options), choice);
    assert.deepEqual(await dialogs.pickMany([choice], options), [choice]);
    const iconPath = new vscode.ThemeIcon('globe');
    const row = { label: PLAIN, description: PLAIN, detail: `${PLAIN}⏎[c]: d`, iconPath, choice };
    assert.deepEqual(shown, [row, row]);
  });

  it('are plain in the progress of a task and of the status bar', async () => {
    const { shown, window } = recorder();
    for (const show of [withProgress, withStatusProgress]) {
      const work = (report: (message: string) => void): Promise<string> => {
        report(EVIL);
        return Promise.resolve('done');
      };
      assert.equal(await show(EVIL, work, window), 'done');
    }
    const { Notification, Window } = vscode.ProgressLocation;
    assert.deepEqual(shown, [[Notification, PLAIN], PLAIN, [Window, PLAIN], PLAIN]);
  });

  it('are plain in the suggestions of a task file, and are written as they are', async () => {
    const name = '$(verified-filled) GitHub';
    const origin = { file: join(workspaceFolder(), '.mcp.json'), line: 1, column: 1 };
    const entry = { spec: { name, origin, disabled: false } as ServerSpec, state: { kind: 'stopped' } } as ServerEntry;
    const contextOf = (): never => assert.fail('no model is asked about');
    const completions = new TaskFileCompletions({
      connections: { all: [] },
      models: { contextOf },
      mcp: { entries: [entry] },
    });
    const suggest = async (line: string): Promise<readonly unknown[]> => {
      const content = `---\n${line}\n---\n`;
      const document = await vscode.workspace.openTextDocument({ language: 'markdown', content });
      const at = new vscode.Position(1, line.replace(/"?]$/, '').length);
      const [first] = await completions.provideCompletionItems(document, at);
      return [first?.label, first?.filterText, first?.insertText];
    };
    assert.deepEqual(await suggest('servers: [ ]'), ['$ (verified-filled) GitHub', name, JSON.stringify(name)]);
    assert.deepEqual(await suggest('servers: [""]'), ['$ (verified-filled) GitHub', name, name]);
  });
});

describe('a button of a notification', () => {
  const failed = (): Promise<never> => Promise.reject(new BridgeError('internal', 'The button broke.'));

  it('says so when it fails, whether at once or later', async () => {
    const atOnce = (): never => {
      throw new BridgeError('internal', 'The button broke.');
    };
    for (const run of [failed, atOnce]) {
      const dialogs = new ScriptedDialogs();
      dialogs.click('Go');
      offer(dialogs, 'info', 'Something can be done.', { label: 'Go', run });
      await eventually(() => assert.equal(dialogs.seen.length, 2));
      const last = dialogs.seen.at(-1);
      assert.ok(last?.kind === 'notify');
      assert.deepEqual([last.level, last.message, last.actions], ['error', 'The button broke.', ['Show Output']]);
    }
  });

  it('that opens a file says when that is gone', async () => {
    const file = join(workspaceFolder(), 'deleted.json');
    const dialogs = new ScriptedDialogs();
    dialogs.click('Open File');
    tellFailure(new BridgeError('mcp-config', `The entry is wrong: ${file}:3:1: it has no command.`), dialogs);
    await eventually(() => assert.equal(dialogs.seen.length, 2));
    const last = dialogs.seen.at(-1);
    assert.ok(last?.kind === 'notify');
    assert.deepEqual([last.level, last.message], ['error', `The file ${file} is not there any more.`]);
    assert.equal(last.actions.length, 1);
  });
});
