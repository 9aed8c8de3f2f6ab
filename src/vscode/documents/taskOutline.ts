/** The outline of a task's document: rounds, and in them reasoning, calls and answers. */
import * as vscode from 'vscode';
import type { TaskBlock, TaskBlockKind } from '../../tasks/blockPage';

const KINDS: Readonly<Record<TaskBlockKind, vscode.SymbolKind>> = {
  task: vscode.SymbolKind.Module,
  round: vscode.SymbolKind.Namespace,
  reasoning: vscode.SymbolKind.String,
  answer: vscode.SymbolKind.String,
  call: vscode.SymbolKind.Method,
  result: vscode.SymbolKind.Object,
  message: vscode.SymbolKind.String,
  end: vscode.SymbolKind.Event,
};

export class TaskOutline implements vscode.DocumentSymbolProvider {
  constructor(private readonly blocksOf: (uri: vscode.Uri) => readonly TaskBlock[]) {}

  provideDocumentSymbols(document: vscode.TextDocument): vscode.DocumentSymbol[] {
    // VS Code's own Markdown makes the same outline of the headings, and two of them would stand one below the other.
    if (vscode.extensions.getExtension('vscode.markdown-language-features')) return [];
    return outlineOf(this.blocksOf(document.uri), document.lineCount);
  }
}

export function outlineOf(blocks: readonly TaskBlock[], lineCount: number): vscode.DocumentSymbol[] {
  const top: vscode.DocumentSymbol[] = [];
  let round: vscode.DocumentSymbol | undefined;
  for (const { kind, title, first, last } of blocks) {
    if (kind === 'result') continue;
    const line = new vscode.Range(first, 0, first, 0);
    const whole = new vscode.Range(first, 0, Math.max(first, last ?? lineCount - 1), 0);
    const symbol = new vscode.DocumentSymbol(title, '', KINDS[kind], whole, line);
    const isTop = kind === 'task' || kind === 'round' || kind === 'end';
    if (isTop) round = kind === 'round' ? symbol : undefined;
    (isTop ? top : (round?.children ?? top)).push(symbol);
  }
  return top;
}
