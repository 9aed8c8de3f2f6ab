import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { ConfigurationError } from '../base/errors';
import { visibleText } from '../base/visibleText';
import type { Origin } from '../mcp/serverSpec';

const SCHEME = 'lmstudio-bridge';

/** Opens a file at the place that is being talked about. @throws ConfigurationError where it was deleted since then */
export async function openOrigin({ file, line, column }: Origin): Promise<void> {
  const place = new vscode.Position(line - 1, column - 1);
  const uri = vscode.Uri.file(file);
  if (await isGone(uri)) throw new ConfigurationError('usage', l10n.t('The file {0} is not there any more.', file));
  await vscode.window.showTextDocument(uri, { selection: new vscode.Range(place, place) });
}

/** Whatever else is wrong with it, VS Code says when it opens it. */
async function isGone(uri: vscode.Uri): Promise<boolean> {
  try {
    await vscode.workspace.fs.stat(uri);
    return false;
  } catch (error) {
    return error instanceof vscode.FileSystemError && error.code === 'FileNotFound';
  }
}

/** Read-only documents for texts that are too long for a dialog; nothing to save, nothing on the disk. */
export class TextDocuments implements vscode.Disposable {
  readonly #texts = new Map<string, string>();
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  readonly #store: vscode.Disposable;
  #count = 0;

  constructor() {
    this.#store = vscode.Disposable.from(
      this.#changed,
      vscode.workspace.registerTextDocumentContentProvider(SCHEME, {
        onDidChange: this.#changed.event,
        provideTextDocumentContent: (uri) => this.#texts.get(uri.toString()) ?? '',
      }),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => this.#texts.delete(uri.toString())),
    );
  }

  /** `about`: what it is about has one document, which has this text from now on; else each text has its own. */
  async show(name: string, text: string, about?: string): Promise<void> {
    await vscode.window.showTextDocument(this.#add(name, text, about), { preview: false });
  }

  /** Two texts side by side; `name` ends like a file of that kind, for its colours. */
  async compare(title: string, before: string, after: string, name = 'text.txt'): Promise<void> {
    const sides = [this.#add(name, before), this.#add(name, after)];
    await vscode.commands.executeCommand('vscode.diff', ...sides, visibleText(title), { preview: false });
  }

  #add(name: string, text: string, about?: string): vscode.Uri {
    const path = about === undefined ? `/${++this.#count}/${name}` : `/${name}`;
    const uri = vscode.Uri.from({ scheme: SCHEME, path, ...(about === undefined ? {} : { query: about }) });
    this.#texts.set(uri.toString(), text);
    this.#changed.fire(uri);
    return uri;
  }

  dispose(): void {
    this.#store.dispose();
  }
}
