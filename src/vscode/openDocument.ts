import * as vscode from 'vscode';
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
    const uri = vscode.Uri.from({ scheme: SCHEME, path: `/${++this.#count}/${name}` });
    this.#texts.set(uri.toString(), text);
    await vscode.window.showTextDocument(uri, { preview: false });
  }

  dispose(): void {
    this.#store.dispose();
  }
}
