/** A document that grows is scrolled along, as long as the person is at its end. */
import * as vscode from 'vscode';

/** So many lines above the end count as the end. */
const NEAR = 2;

interface Watched {
  isFollowing: boolean;
  /** The first line that was in view. */
  top: number;
}

export class FollowEnd implements vscode.Disposable {
  readonly #watched = new WeakMap<vscode.TextEditor, Watched>();
  readonly #listening: vscode.Disposable;

  constructor(private readonly scheme: string) {
    this.#listening = vscode.Disposable.from(
      vscode.workspace.onDidChangeTextDocument(({ document }) => this.#grown(document)),
      vscode.window.onDidChangeTextEditorVisibleRanges(({ textEditor }) => this.#scrolled(textEditor)),
      vscode.window.onDidChangeTextEditorSelection(({ textEditor, kind }) => {
        if (kind !== undefined && kind !== vscode.TextEditorSelectionChangeKind.Command) this.#moved(textEditor);
      }),
    );
  }

  /** From now on, until the person scrolls up or puts the cursor elsewhere. */
  follow(editor: vscode.TextEditor): void {
    // What a new editor says of its view may still be that of the one before it.
    this.#watched.set(editor, { isFollowing: true, top: 0 });
    reveal(editor);
  }

  dispose(): void {
    this.#listening.dispose();
  }

  #grown(document: vscode.TextDocument): void {
    if (document.uri.scheme !== this.scheme) return;
    for (const editor of vscode.window.visibleTextEditors) {
      if (editor.document === document && this.#watched.get(editor)?.isFollowing) reveal(editor);
    }
  }

  /** To follow only ever scrolls down, so whoever scrolls up is the person; who scrolls down to the end is back. */
  #scrolled(editor: vscode.TextEditor): void {
    if (editor.document.uri.scheme !== this.scheme) return;
    const watched = this.#watched.get(editor) ?? { isFollowing: false, top: 0 };
    this.#watched.set(editor, watched);
    const top = topOf(editor);
    const bottom = editor.visibleRanges.at(-1)?.end.line ?? 0;
    const isAtEnd = isNearEnd(bottom, editor.document);
    if (isAtEnd && top > watched.top) watched.isFollowing = true;
    else if (!isAtEnd && top < watched.top) watched.isFollowing = false;
    // A view that was not ready was not scrolled.
    else if (!isAtEnd && watched.isFollowing) reveal(editor);
    watched.top = top;
  }

  #moved(editor: vscode.TextEditor): void {
    const watched = this.#watched.get(editor);
    if (watched) watched.isFollowing = isNearEnd(editor.selection.active.line, editor.document);
  }
}

function isNearEnd(line: number, { lineCount }: vscode.TextDocument): boolean {
  return line >= lineCount - 1 - NEAR;
}

function topOf(editor: vscode.TextEditor): number {
  return editor.visibleRanges[0]?.start.line ?? 0;
}

function reveal(editor: vscode.TextEditor): void {
  const end = new vscode.Position(editor.document.lineCount - 1, 0);
  editor.revealRange(new vscode.Range(end, end));
}
