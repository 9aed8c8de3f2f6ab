/** What a person has attached to a message of the chat, as texts. */
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { type Attachment, MAX_ATTACHMENT_CHARS } from './chatPrompt';

/** The first ones; a model on this machine reads no more in one go. */
const MAX_ATTACHMENTS = 8;

/** Never throws: what cannot be read says so in its place. */
export async function readAttachments(
  references: readonly vscode.ChatPromptReference[],
): Promise<readonly Attachment[]> {
  return Promise.all(references.slice(0, MAX_ATTACHMENTS).map(readAttachment));
}

async function readAttachment({ value, modelDescription, id }: vscode.ChatPromptReference): Promise<Attachment> {
  const name = modelDescription ?? id;
  if (typeof value === 'string') return { name, text: value };
  if (value instanceof vscode.Uri) return { name: placeOf(value), text: await readFile(value) };
  if (value instanceof vscode.Location) {
    const { uri, range } = value;
    const lines = `${range.start.line + 1}-${range.end.line + 1}`;
    return { name: `${placeOf(uri)}:${lines}`, text: await readRange(uri, range) };
  }
  return { name, text: l10n.t('(this cannot be read here)') };
}

function placeOf(uri: vscode.Uri): string {
  return uri.scheme === 'file' ? uri.fsPath : uri.toString(true);
}

async function readFile(uri: vscode.Uri): Promise<string> {
  try {
    const bytes = await vscode.workspace.fs.readFile(uri);
    const text = new TextDecoder().decode(bytes.subarray(0, MAX_ATTACHMENT_CHARS * 4));
    return text.includes('\0') ? l10n.t('(this is no text)') : text;
  } catch {
    return l10n.t('(this cannot be read here)');
  }
}

async function readRange(uri: vscode.Uri, range: vscode.Range): Promise<string> {
  try {
    return (await vscode.workspace.openTextDocument(uri)).getText(range);
  } catch {
    return l10n.t('(this cannot be read here)');
  }
}
