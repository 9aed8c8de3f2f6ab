import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { COMMANDS } from '../../../src/vscode/ids';
import type { TestHooks } from '../../../src/vscode/testHooks';
import { activated, eventually, notices, workspaceFolder } from '../support';

describe('task files in a folder that nobody trusts', () => {
  let hooks: TestHooks;
  let uri: vscode.Uri;

  before(async () => {
    hooks = await activated();
    uri = vscode.Uri.file(join(workspaceFolder(), 'stranger.task.md'));
    writeFileSync(uri.fsPath, '---\nservers: [nobody]\nmodell: x\n---\nDo it.');
  });

  after(() => vscode.commands.executeCommand('workbench.action.closeAllEditors'));

  it('run, and show, nothing', async () => {
    await vscode.window.showTextDocument(uri);
    for (const command of [COMMANDS.runTaskFile, COMMANDS.previewTask, COMMANDS.runOnFile, COMMANDS.runOnSelection]) {
      hooks.dialogs.reset();
      await vscode.commands.executeCommand(command, uri);
      assert.match(notices(hooks)[0]?.message ?? '', /because this folder is not trusted/, command);
      assert.deepEqual(notices(hooks)[0]?.actions, ['Manage Workspace Trust']);
    }
    assert.equal(hooks.configReads(), 0);
  });

  // VS Code itself lists no tasks there: it asks for trust first.
  it('still say what is wrong in them', async () => {
    await eventually(() =>
      assert.deepEqual(
        vscode.languages.getDiagnostics(uri).map(({ message }) => message),
        ['"modell" is not known in front matter. Did you mean "model"?'],
      ),
    );
  });
});
