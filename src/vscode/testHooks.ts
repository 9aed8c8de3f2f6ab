/** What a test inside the extension host may see and answer. Handed out only when the host runs tests. */
import type * as vscode from 'vscode';
import type { Clock } from '../base/clock';
import { toDisposable } from '../base/disposable';
import type { CatalogSnapshot } from '../llm/lmstudio/catalog';
import type { Choice, Dialogs, InputOptions, ModalQuestion, NoticeLevel, PickOptions, SaveOptions } from './dialogs';
import { raceAbort, throwIfAborted } from '../base/abort';
import type { ChatPlaces } from './chat/chatPlaces';
import type { McpServers } from './servers/mcpServers';
import type { FirstRunHooks } from './firstRun/firstRun';
import { ModalQueue } from './questions/modalQueue';
import type { ModelsView } from './models/modelsView';
import type { ServerConnections } from './serverConnections';
import type { ServersView } from './servers/serversView';
import type { StatusView } from './status/statusText';
import type { TasksView } from './tasks/tasksView';
import type { TaskStatus } from './tasks/taskStatus';

export type SeenDialog =
  | ({ readonly kind: 'ask' } & ModalQuestion)
  | {
      readonly kind: 'notify';
      readonly level: NoticeLevel;
      readonly message: string;
      readonly actions: readonly string[];
    }
  | { readonly kind: 'pickOne' | 'pickMany'; readonly options: PickOptions; readonly choices: readonly Choice[] }
  | { readonly kind: 'input'; readonly options: InputOptions }
  | { readonly kind: 'saveAs'; readonly options: SaveOptions };

/** A button's or choice's label, several labels, a typed text; undefined closes the dialog; a promise lets it stay open. */
export type DialogAnswer = string | readonly string[] | undefined;

export interface TreeRow {
  readonly label: string;
  readonly description: string;
  readonly tooltip: string;
  readonly contextValue: string;
  readonly accessibleLabel: string;
  readonly id: string;
  readonly children: readonly TreeRow[];
}

export interface TestHooks {
  readonly dialogs: ScriptedDialogs;
  readonly presence: ScriptedPresence | undefined;
  readonly transcriptLines: readonly string[];
  /** Of the logs of the MCP servers, each with the server's name before it. */
  readonly serverLines: readonly string[];
  readonly mcp: McpServers;
  /** Addresses that would have opened in a browser. */
  readonly openedPages: readonly string[];
  snapshot(): CatalogSnapshot;
  /** Asks anew: what a test has just done is in the answer, also where a poll was on its way. */
  refresh(): Promise<CatalogSnapshot>;
  readonly connections: ServerConnections;
  readonly modelsView: ModelsView;
  treeRows(): readonly TreeRow[];
  /** Of the MCP servers. */
  readonly serversView: ServersView;
  readonly tasksView: TasksView;
  /** What stands above the rows. */
  treeMessage(): string | undefined;
  status(): StatusView | undefined;
  /** As VS Code was given it. */
  statusTooltip(): vscode.MarkdownString | undefined;
  /** Whether the status bar counts seconds. */
  isTicking(): boolean;
  readonly firstRun: FirstRunHooks;
  running(): readonly TaskStatus[];
  /** How often MCP configuration files were read. */
  configReads(): number;
  /** As if an address of the editor was opened. */
  openUri(uri: vscode.Uri): void;
  /** So that the next task starts it again. */
  stopServer(name: string): Promise<void>;
  readonly journalFolder: string;
  /** VS Code's own places for models, agents and tools. */
  readonly chat: ChatPlaces;
  /** Where the files of the output channels are. */
  readonly logFolder: string;
  /** As at the start of the window. */
  offerTasks(): Promise<void>;
}

/** Answers from a script, in order; a dialog that nobody expects is closed, and everything that was shown is kept. */
export class ScriptedDialogs implements Dialogs {
  readonly #answers: (DialogAnswer | Promise<DialogAnswer>)[] = [];
  readonly #clicks: (string | Promise<string>)[] = [];
  readonly #modals = new ModalQueue();
  readonly #wanted = new Set<string>();
  readonly seen: SeenDialog[] = [];
  /** Instead of the person's browser; nothing opens until a test says how. */
  browse: (url: string) => Promise<boolean> = () => Promise.resolve(false);

  /** Whether that browser is on another machine. */
  isBrowserElsewhere = false;

  readonly isElsewhere = (): boolean => this.isBrowserElsewhere;
  readonly openPage = (url: string): Promise<boolean> => this.browse(url);

  /** For the next question, pick or input. */
  answerNext(...answers: (DialogAnswer | Promise<DialogAnswer>)[]): void {
    this.#answers.push(...answers);
  }

  /** For the next notification with this button. */
  click(action: string): void {
    this.#wanted.add(action);
  }

  /** For the next notification that has actions: the one that is chosen. */
  clickNext(...actions: (string | Promise<string>)[]): void {
    this.#clicks.push(...actions);
  }

  get unusedAnswers(): number {
    return this.#answers.length + this.#clicks.length + this.#wanted.size;
  }

  reset(): void {
    this.#answers.length = 0;
    this.#clicks.length = 0;
    this.#wanted.clear();
    this.seen.length = 0;
  }

  ask(question: ModalQuestion, signal: AbortSignal): Promise<string> {
    return this.#modals.show(async () => {
      const answer = await this.#next({ kind: 'ask', ...question });
      return typeof answer === 'string' ? answer : question.closing;
    }, signal);
  }

  notify(level: NoticeLevel, message: string, actions: readonly string[] = []): Promise<string | undefined> {
    this.seen.push({ kind: 'notify', level, message, actions });
    const wanted = actions.find((action) => this.#wanted.delete(action));
    if (wanted !== undefined || actions.length === 0) return Promise.resolve(wanted);
    return Promise.resolve(this.#clicks.shift());
  }

  async pickOne<T extends Choice>(
    choices: readonly T[],
    options: PickOptions,
    signal?: AbortSignal,
  ): Promise<T | undefined> {
    if (signal) throwIfAborted(signal);
    const answer = await this.#until(this.#next({ kind: 'pickOne', options, choices }), signal);
    return choices.find(({ label, isHeading }) => label === answer && !isHeading);
  }

  async pickMany<T extends Choice>(
    choices: readonly T[],
    options: PickOptions,
    signal?: AbortSignal,
  ): Promise<readonly T[] | undefined> {
    const answer = await this.#until(this.#next({ kind: 'pickMany', options, choices }), signal);
    return answer === undefined ? undefined : choices.filter(({ label }) => [answer].flat().includes(label));
  }

  async input(options: InputOptions, signal?: AbortSignal): Promise<string | undefined> {
    const answer = await this.#until(this.#next({ kind: 'input', options }), signal);
    return typeof answer === 'string' ? answer : undefined;
  }

  /** The answer is an absolute path. */
  async saveAs(options: SaveOptions): Promise<vscode.Uri | undefined> {
    const answer = await this.#next({ kind: 'saveAs', options });
    if (typeof answer !== 'string') return undefined;
    // Plain tests use the rest of this class without an editor.
    const { Uri } = await import('vscode');
    return Uri.file(answer);
  }

  #until(answering: Promise<DialogAnswer>, signal: AbortSignal | undefined): Promise<DialogAnswer> {
    return signal ? raceAbort(answering, signal) : answering;
  }

  #next(dialog: SeenDialog): Promise<DialogAnswer> {
    this.seen.push(dialog);
    return Promise.resolve(this.#answers.shift());
  }
}

/** Whether the person is here, and how long they are away. */
export class ScriptedPresence {
  readonly #timers = new Set<{ readonly at: number; readonly callback: () => void }>();
  #now = 0;
  isHere = true;

  /** Stands still but for `pass`. */
  readonly clock: Clock = {
    now: () => this.#now,
    after: (ms, callback) => {
      const timer = { at: this.#now + ms, callback };
      this.#timers.add(timer);
      return toDisposable(() => this.#timers.delete(timer));
    },
  };

  pass(ms: number): void {
    this.#now += ms;
    for (const timer of [...this.#timers]) {
      if (timer.at <= this.#now && this.#timers.delete(timer)) timer.callback();
    }
  }
}

interface RowSource<T> {
  getChildren(node?: T): T[];
  getTreeItem(node: T): vscode.TreeItem;
}

export function readRows<T>(tree: RowSource<T>, node?: T): readonly TreeRow[] {
  return tree.getChildren(node).map((child) => {
    const item = tree.getTreeItem(child);
    return {
      label: words(item.label),
      description: words(item.description),
      tooltip: words(item.tooltip),
      contextValue: item.contextValue ?? '',
      accessibleLabel: item.accessibilityInformation?.label ?? '',
      id: item.id ?? '',
      children: readRows(tree, child),
    };
  });
}

function words(value: string | boolean | vscode.TreeItemLabel | vscode.MarkdownString | undefined): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object') return '';
  return 'label' in value && typeof value.label === 'string' ? value.label : 'value' in value ? value.value : '';
}
