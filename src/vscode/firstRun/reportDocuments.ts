import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { COMMANDS, REPORT_SCHEME } from '../ids';

/** A line of a report with something to do about it. */
export interface ReportAction {
  /** From 0. */
  readonly line: number;
  readonly title: string;
  readonly command: string;
}

export interface Report {
  /** Of the document: one report of a name is shown at a time. */
  readonly name: string;
  /** Markdown, free of secrets. */
  readonly text: string;
  readonly actions: readonly ReportAction[];
  /** The command that makes it anew. */
  readonly again: string;
}

/** Reports as read-only documents of Markdown source, with what can be done about a line above it. */
export class ReportDocuments implements vscode.Disposable, vscode.TextDocumentContentProvider, vscode.CodeLensProvider {
  readonly #reports = new Map<string, Report>();
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  readonly #lensesChanged = new vscode.EventEmitter<void>();
  readonly #parts: vscode.Disposable;
  #last: Report | undefined;

  readonly onDidChange = this.#changed.event;
  readonly onDidChangeCodeLenses = this.#lensesChanged.event;

  constructor() {
    this.#parts = vscode.Disposable.from(
      this.#changed,
      this.#lensesChanged,
      vscode.workspace.registerTextDocumentContentProvider(REPORT_SCHEME, this),
      vscode.languages.registerCodeLensProvider({ scheme: REPORT_SCHEME }, this),
    );
  }

  /** Opens it, or brings what is open up to date. */
  async show(report: Report): Promise<void> {
    const uri = vscode.Uri.from({ scheme: REPORT_SCHEME, path: `/${report.name}.md` });
    this.#reports.set(uri.toString(), report);
    this.#last = report;
    this.#changed.fire(uri);
    this.#lensesChanged.fire();
    await vscode.window.showTextDocument(uri, { preview: false });
  }

  /** The report in front, else the last one; false where there is none. */
  async copy(): Promise<boolean> {
    const inFront = vscode.window.activeTextEditor?.document.uri.toString() ?? '';
    const report = this.#reports.get(inFront) ?? this.#last;
    if (report) await vscode.env.clipboard.writeText(report.text);
    return report !== undefined;
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.#reports.get(uri.toString())?.text ?? l10n.t('This report is gone. Make it again.');
  }

  provideCodeLenses({ uri }: vscode.TextDocument): vscode.CodeLens[] {
    const report = this.#reports.get(uri.toString());
    if (!report) return [];
    const { again, actions } = report;
    const lens = (line: number, title: string, command: string): vscode.CodeLens =>
      new vscode.CodeLens(new vscode.Range(line, 0, line, 0), { title, command });
    return [
      lens(0, l10n.t('Copy Report'), COMMANDS.copyReport),
      lens(0, l10n.t('Run Again'), again),
      ...actions.map(({ line, title, command }) => lens(line, title, command)),
    ];
  }

  dispose(): void {
    this.#parts.dispose();
  }
}
