/** Folding in the documents of tasks: reasoning and results of tools are folded at first, once; the person has the last word. */
import * as vscode from 'vscode';
import type { TaskBlock } from '../../tasks/blockPage';
import { foldedAtFirst, type FoldLines, foldsOf } from './foldLines';

/** VS Code's own extension. */
const MARKDOWN = 'vscode.markdown-language-features';

type BlocksOf = (uri: vscode.Uri) => readonly TaskBlock[];

export class TaskFolds implements vscode.FoldingRangeProvider {
  /** First lines of what was folded once. */
  readonly #done = new WeakMap<vscode.TextDocument, Set<number>>();

  constructor(private readonly blocksOf: BlocksOf) {}

  provideFoldingRanges(document: vscode.TextDocument): vscode.FoldingRange[] {
    return foldsOf(this.blocksOf(document.uri), document.lineCount).map(
      ({ first, last }) => new vscode.FoldingRange(first, last),
    );
  }

  /** VS Code folds in the active editor only; another one is folded when it becomes that. */
  async fold(editor: vscode.TextEditor): Promise<void> {
    if (vscode.window.activeTextEditor !== editor) return;
    // It folds Markdown too, and when it comes it would unfold what was folded before.
    await vscode.extensions
      .getExtension(MARKDOWN)
      ?.activate()
      .then(undefined, () => undefined);
    if (vscode.window.activeTextEditor !== editor) return;
    const { document, selection } = editor;
    const done = this.#done.get(document) ?? new Set<number>();
    this.#done.set(document, done);
    const fresh = foldedAtFirst(this.blocksOf(document.uri), document.lineCount).filter(
      ({ first }) => !done.has(first),
    );
    for (const { first } of fresh) done.add(first);
    const isRead = ({ first, last }: FoldLines): boolean =>
      selection.active.line > first && selection.active.line <= last;
    const selectionLines = fresh.filter((lines) => !isRead(lines)).map(({ first }) => first);
    if (selectionLines.length === 0) return;
    await vscode.commands.executeCommand('editor.fold', { selectionLines, levels: 1, direction: 'down' });
  }
}
