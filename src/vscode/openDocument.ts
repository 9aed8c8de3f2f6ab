import * as vscode from 'vscode';
import { visibleText } from '../base/visibleText';
import type { Origin } from '../mcp/serverSpec';

const SCHEME = 'lmstudio-bridge';

/** Opens a file at the place that is being talked about. */
export async function openOrigin({ file, line, column }: Origin): Promise<void> {
  const place = new vscode.Position(line - 1, column - 1);
  await vscode.window.showTextDocument(vscode.Uri.file(file), { selection: new vscode.Range(place, place) });
}

/** Read-only documents for texts that are too long for a dialog; nothing to save, nothing on the disk. */
export class TextDocuments implements vscode.Disposable {
  readonly #texts = new Map<string, string>();
  readonly #store: vscode.Disposable;
  #count = 0;

  constructor() {
    this.#store = vscode.Disposable.from(
      vscode.workspace.registerTextDocumentContentProvider(SCHEME, {
        provideTextDocumentContent: (uri) => this.#texts.get(uri.toString()) ?? '',
      }),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => this.#texts.delete(uri.toString())),
    );
  }

  async show(name: string, text: string): Promise<void> {
    await vscode.window.showTextDocument(this.#add(name, text), { preview: false });
  }

  /** Two texts side by side; `name` ends like a file of that kind, for its colours. */
  async compare(title: string, before: string, after: string, name = 'text.txt'): Promise<void> {
    const sides = [this.#add(name, before), this.#add(name, after)];
    await vscode.commands.executeCommand('vscode.diff', ...sides, visibleText(title), { preview: false });
  }

  #add(name: string, text: string): vscode.Uri {
    const uri = vscode.Uri.from({ scheme: SCHEME, path: `/${++this.#count}/${name}` });
    this.#texts.set(uri.toString(), text);
    return uri;
  }

  dispose(): void {
    this.#store.dispose();
  }
}
