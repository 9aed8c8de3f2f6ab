/** What a person points at in the editor, as texts that go along with a task. */
import * as vscode from 'vscode';
import * as l10n from '@vscode/l10n';
import { ConfigurationError, errorMessage } from '../../base/errors';
import type { AttachedText } from '../../tasks/types';

/** Of all files together. More is named only: the model reads it with its tools, as much as it needs. */
const MAX_BYTES = 100_000;
const MAX_ENTRIES = 200;

/** Each selected piece, with its file and lines. @throws ConfigurationError `usage` where nothing is selected */
export function selectedTexts(editor: vscode.TextEditor | undefined): readonly AttachedText[] {
  const selections = (editor?.selections ?? []).filter(({ isEmpty }) => !isEmpty);
  if (!editor || selections.length === 0) {
    throw new ConfigurationError('usage', l10n.t('Nothing is selected.'), {
      hint: l10n.t('Select in an editor what the task is about.'),
    });
  }
  const { document } = editor;
  const name = document.uri.scheme === 'file' ? document.uri.fsPath : vscode.workspace.asRelativePath(document.uri);
  return [...selections]
    .sort((a, b) => a.start.compareTo(b.start))
    .map((selection) => {
      const { start, end } = selection;
      // The line that a selection only touches is not in it.
      const last = end.character === 0 && end.line > start.line ? end.line : end.line + 1;
      const lines =
        last === start.line + 1 ? `line ${String(last)}` : `lines ${String(start.line + 1)} to ${String(last)}`;
      return { label: `Selection of ${JSON.stringify(name)}, ${lines}`, text: document.getText(selection) };
    });
}

/** Files with their content where that is text and not long, folders with what is in them. @throws ConfigurationError `usage` */
export async function textsOfPlaces(uris: readonly vscode.Uri[]): Promise<readonly AttachedText[]> {
  const texts: AttachedText[] = [];
  let left = MAX_BYTES;
  for (const uri of uris) {
    const attached = await textOfPlace(uri, left);
    left = Math.max(0, left - attached.text.length);
    texts.push(attached);
  }
  return texts;
}

/** `room`: how much of it may go along. */
async function textOfPlace(uri: vscode.Uri, room: number): Promise<AttachedText> {
  if (uri.scheme !== 'file') {
    const message = l10n.t('A task cannot run on {0}: it is not on the disk of this computer.', uri.toString(true));
    throw new ConfigurationError('usage', message, {
      hint: l10n.t('Open its folder from the disk, or select the text and run the task from the selection.'),
    });
  }
  try {
    const { type, size } = await vscode.workspace.fs.stat(uri);
    const isFolder = (type & vscode.FileType.Directory) !== 0;
    return isFolder ? await folderText(uri) : await fileText(uri, size, room);
  } catch (error) {
    const message = l10n.t('{0} cannot be read: {1}.', uri.fsPath, errorMessage(error));
    throw new ConfigurationError('usage', message, { hint: l10n.t('Check that it is still there.'), cause: error });
  }
}

async function fileText(uri: vscode.Uri, size: number, room: number): Promise<AttachedText> {
  const label = `File ${JSON.stringify(uri.fsPath)}`;
  const open = vscode.workspace.textDocuments.find((one) => one.isDirty && one.uri.toString() === uri.toString());
  // What the person sees counts, saved or not.
  const text = open?.getText() ?? (size > room ? undefined : readable(await vscode.workspace.fs.readFile(uri)));
  if (text !== undefined && text.length <= room) return { label, text };
  return {
    label,
    text: `(Its content is not here: it has ${String(size)} bytes${text === undefined && size <= room ? ' and is no text' : ''}.)`,
  };
}

async function folderText(uri: vscode.Uri): Promise<AttachedText> {
  const entries = await vscode.workspace.fs.readDirectory(uri);
  const names = entries
    .map(([name, type]) => ((type & vscode.FileType.Directory) !== 0 ? `${name}/` : name))
    .sort((a, b) => Number(b.endsWith('/')) - Number(a.endsWith('/')) || (a < b ? -1 : 1));
  const more = names.length - MAX_ENTRIES;
  // A name can hold a line break.
  const listed = names.slice(0, MAX_ENTRIES).map((name) => name.replace(/[\r\n]/g, '?'));
  const text = [...listed, ...(more > 0 ? [`(and ${String(more)} more)`] : [])].join('\n') || '(It is empty.)';
  return { label: `Folder ${JSON.stringify(uri.fsPath)} and what is directly in it`, text };
}

/** Undefined: no text of UTF-8. */
export function readable(bytes: Uint8Array): string | undefined {
  if (bytes.includes(0)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
