/** What is wrong with the open task files, in the Problems panel, as one types. */
import * as vscode from 'vscode';
import * as l10n from '@vscode/l10n';
import type { Clock } from '../../base/clock';
import type { Disposable } from '../../base/disposable';
import { nearestNames } from '../../base/nearestNames';
import { visibleText } from '../../base/visibleText';
import type { NameInTaskFile, TaskFileProblem } from '../../tasks/taskFile';
import { mayBeServed, modelsOf, namesOf } from '../models/servedModel';
import type { ServerConnections } from '../serverConnections';
import { OUTPUT_CHANNEL } from '../ids';
import type { McpServers } from '../servers/mcpServers';
import { isTaskFile } from './taskFileSource';

const DEBOUNCE_MS = 250;

const SEVERITIES = {
  error: vscode.DiagnosticSeverity.Error,
  warning: vscode.DiagnosticSeverity.Warning,
} as const;

export interface DiagnosticNeeds {
  readonly connections: Pick<ServerConnections, 'all' | 'onDidChange'>;
  readonly mcp: Pick<McpServers, 'entries' | 'onDidChange'>;
  readonly clock: Clock;
}

export class TaskFileDiagnostics implements vscode.Disposable {
  readonly #collection = vscode.languages.createDiagnosticCollection('lmstudioBridge.taskFiles');
  readonly #parts: vscode.Disposable;
  /** What was typed and not looked at yet. */
  #waiting: Disposable | undefined;
  readonly #changed = new Set<vscode.TextDocument>();
  #names = '';

  constructor(private readonly needs: DiagnosticNeeds) {
    const { workspace } = vscode;
    const { connections, mcp } = needs;
    this.#parts = vscode.Disposable.from(
      this.#collection,
      workspace.onDidOpenTextDocument((document) => this.#later(document)),
      workspace.onDidChangeTextDocument(({ document }) => this.#later(document)),
      workspace.onDidCloseTextDocument(({ uri }) => this.#collection.delete(uri)),
      new vscode.Disposable(asDispose(connections.onDidChange(() => this.#followNames()))),
      mcp.onDidChange(() => this.#followNames()),
    );
    this.#names = this.#knownNames();
    this.#all();
  }

  dispose(): void {
    this.#waiting?.dispose();
    this.#parts.dispose();
  }

  #all(): void {
    for (const document of vscode.workspace.textDocuments) this.#later(document);
  }

  /** Models and servers change their states much more often than their names. */
  #followNames(): void {
    const names = this.#knownNames();
    if (names !== this.#names) this.#all();
    this.#names = names;
  }

  #knownNames(): string {
    return JSON.stringify([this.#servers(), this.#models()]);
  }

  #later(document: vscode.TextDocument): void {
    if (!isTaskFile(document.uri)) return;
    this.#changed.add(document);
    this.#waiting?.dispose();
    this.#waiting = this.needs.clock.after(DEBOUNCE_MS, () => {
      const documents = [...this.#changed];
      this.#changed.clear();
      for (const one of documents) void this.#look(one);
    });
  }

  async #look(document: vscode.TextDocument): Promise<void> {
    const { parseTaskFile } = await import('../../tasks/taskFile');
    if (document.isClosed) return;
    const { problems, names } = parseTaskFile(document.getText());
    const unknown = names.flatMap((name) => this.#unknown(name));
    this.#collection.set(document.uri, [...problems.map(toDiagnostic), ...unknown]);
  }

  /** Only a warning: the file can be meant for another computer. */
  #unknown(named: NameInTaskFile): readonly vscode.Diagnostic[] {
    const { kind, name } = named;
    const known = kind === 'server' ? this.#servers() : this.#models();
    // Where nothing is known yet, such as in a folder that nobody trusts, nothing is missing either.
    if (known.length === 0) return [];
    if (kind === 'server' ? known.includes(name) : mayBeServed(name, this.needs.connections.all)) return [];
    const near = nearestNames(name, known).map((one) => `"${visibleText(one)}"`);
    const what =
      kind === 'server'
        ? l10n.t('There is no MCP server "{0}" here.', visibleText(name))
        : l10n.t('The server has no model "{0}".', visibleText(name));
    const message = near.length > 0 ? `${what} ${l10n.t('Did you mean {0}?', near.join(', '))}` : what;
    return [toDiagnostic({ ...named, severity: 'warning', message })];
  }

  #servers(): readonly string[] {
    return this.needs.mcp.entries.map(({ spec }) => spec.name);
  }

  #models(): readonly string[] {
    return modelsOf(this.needs.connections.all)
      .filter(({ model }) => model.kind === 'chat')
      .flatMap(namesOf);
  }
}

function toDiagnostic({ severity, message, line, column, end }: TaskFileProblem): vscode.Diagnostic {
  const range = new vscode.Range(line - 1, column - 1, end.line - 1, end.column - 1);
  const diagnostic = new vscode.Diagnostic(range, visibleText(message), SEVERITIES[severity]);
  diagnostic.source = OUTPUT_CHANNEL;
  return diagnostic;
}

function asDispose(item: Disposable): () => void {
  return () => item.dispose();
}
