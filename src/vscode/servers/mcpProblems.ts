/** What is wrong with the files that name MCP servers, in the Problems panel, with a remedy where one is plain. */
import * as vscode from 'vscode';
import { visibleText } from '../../base/visibleText';
import type { ConfigDiagnostic } from '../../mcp/serverSpec';
import { OUTPUT_CHANNEL } from '../ids';

const SEVERITIES = {
  error: vscode.DiagnosticSeverity.Error,
  warning: vscode.DiagnosticSeverity.Warning,
  info: vscode.DiagnosticSeverity.Information,
} as const;

export interface ProblemSource {
  readonly diagnostics: readonly ConfigDiagnostic[];
  readonly onDidChange: vscode.Event<void>;
}

export class McpProblems implements vscode.Disposable, vscode.CodeActionProvider {
  readonly #collection = vscode.languages.createDiagnosticCollection('lmstudioBridge.mcp');
  readonly #parts: vscode.Disposable;
  #shown: readonly ConfigDiagnostic[] = [];

  constructor(private readonly source: ProblemSource) {
    const files: vscode.DocumentSelector = ['json', 'jsonc'].map((language) => ({ language, scheme: 'file' }));
    const providedCodeActionKinds = [vscode.CodeActionKind.QuickFix];
    this.#parts = vscode.Disposable.from(
      this.#collection,
      source.onDidChange(() => this.#show()),
      vscode.languages.registerCodeActionsProvider(files, this, { providedCodeActionKinds }),
    );
    this.#show();
  }

  dispose(): void {
    this.#parts.dispose();
  }

  async provideCodeActions(document: vscode.TextDocument, range: vscode.Range): Promise<vscode.CodeAction[]> {
    const { fsPath } = document.uri;
    const here = this.#shown.filter(
      (problem) => problem.file === fsPath && problem.code && toRange(problem).intersection(range),
    );
    if (here.length === 0) return [];
    const { fixesFor } = await import('../../mcp/configFixes');
    const known = this.#collection.get(document.uri) ?? [];
    return here.flatMap((problem) =>
      fixesFor(document.getText(), problem).map(({ title, changes }, index) => {
        const action = new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix);
        action.diagnostics = known.filter((diagnostic) => diagnostic.range.isEqual(toRange(problem)));
        action.isPreferred = index === 0;
        action.edit = new vscode.WorkspaceEdit();
        for (const { offset, length, text } of changes) {
          const place = new vscode.Range(document.positionAt(offset), document.positionAt(offset + length));
          action.edit.replace(document.uri, place, text);
        }
        return action;
      }),
    );
  }

  #show(): void {
    const { diagnostics } = this.source;
    // Servers that start and stop change much, but nothing here.
    if (diagnostics === this.#shown) return;
    this.#shown = diagnostics;
    const byFile = new Map<string, vscode.Diagnostic[]>();
    for (const problem of diagnostics.filter(isForPanel)) {
      const list = byFile.get(problem.file) ?? [];
      list.push(toDiagnostic(problem));
      byFile.set(problem.file, list);
    }
    this.#collection.clear();
    this.#collection.set([...byFile].map(([file, list]) => [vscode.Uri.file(file), list]));
  }
}

/** That a server of another product has no effect here is no problem of its file. */
function isForPanel({ severity, source }: ConfigDiagnostic): boolean {
  return severity !== 'info' || source?.scope !== 'user' || source.kind === 'given' || source.kind === 'setting';
}

function toDiagnostic(problem: ConfigDiagnostic): vscode.Diagnostic {
  const message = visibleText(problem.message);
  const diagnostic = new vscode.Diagnostic(toRange(problem), message, SEVERITIES[problem.severity]);
  diagnostic.source = OUTPUT_CHANNEL;
  if (problem.code) diagnostic.code = problem.code;
  return diagnostic;
}

function toRange({ line, column, end }: ConfigDiagnostic): vscode.Range {
  const start = new vscode.Position(line - 1, column - 1);
  return new vscode.Range(start, end ? new vscode.Position(end.line - 1, end.column - 1) : start);
}
