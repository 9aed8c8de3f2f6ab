import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { eventually, workspaceFolder } from './support';

/** What is suggested in a settings file of the workspace; `|` marks where the person types. */
export async function suggestionsIn(text: string, name = '.vscode/settings.json'): Promise<readonly string[]> {
  const uri = vscode.Uri.joinPath(vscode.Uri.file(workspaceFolder()), name);
  await vscode.workspace.fs.writeFile(uri, Buffer.from(text.replace('|', '')));
  try {
    const document = await vscode.workspace.openTextDocument(uri);
    await eventually(() => assert.equal(document.getText(), text.replace('|', '')));
    const { items } = await vscode.commands.executeCommand<vscode.CompletionList>(
      'vscode.executeCompletionItemProvider',
      uri,
      document.positionAt(text.indexOf('|')),
    );
    return items.map(({ insertText }) => (typeof insertText === 'string' ? insertText : ''));
  } finally {
    await vscode.workspace.fs.delete(uri);
  }
}
