import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { Clock } from '../../base/clock';
import { ConfigurationError } from '../../base/errors';
import type { Logger } from '../../base/logger';
import type { TaskBlock } from '../../tasks/blockPage';
import type { Journals } from '../tasks/journals';
import type { TaskReport } from '../tasks/tasks';
import type { TaskStatus } from '../tasks/taskStatus';
import { FollowEnd } from './followEnd';
import { LiveTask } from './liveTask';
import { PastTasks } from './pastTasks';
import { TaskFileSystem } from './taskFileSystem';
import { TaskFolds } from './taskFolds';
import type { TaskPage } from './taskPage';
import { TASK_SCHEME, taskUri } from './taskUri';
import { Throttle } from '../throttle';

export interface TaskDocumentsNeeds {
  readonly tasks: { readonly running: readonly TaskStatus[] };
  readonly journals: Journals;
  readonly workspaceState: vscode.Memento;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Which task: one of this window, or any that has a journal (the beginning of its id is enough where it is the only one). */
export type WhichTask = { readonly id: number } | { readonly runId: string };

/** Often enough to read along, seldom enough for a long text: it goes to the editor whole each time. */
const UPDATE_MS = 100;
const BYTES_PER_MS = 4_096;
/** Ended tasks whose documents are kept as they were; of others the journal tells. */
const MAX_ENDED = 20;

/** The documents of tasks: they stream while the task runs, and come back from its journal. */
export class TaskDocuments implements vscode.Disposable {
  readonly files = new TaskFileSystem((key) => this.#find(key));
  readonly folds = new TaskFolds((uri) => this.blocksOf(uri));
  readonly #follow = new FollowEnd(TASK_SCHEME);
  /** By the id in this window, oldest first. */
  readonly #live = new Map<number, LiveTask>();
  readonly #past: PastTasks;
  readonly #grown = new Set<LiveTask>();
  readonly #updates: Throttle;
  readonly #folding: vscode.Disposable;

  constructor(private readonly needs: TaskDocumentsNeeds) {
    this.#past = new PastTasks(needs.journals, needs.workspaceState);
    this.#updates = new Throttle(
      needs.clock,
      () => this.#pace(),
      () => this.#update(),
    );
    const fold = (editor: vscode.TextEditor | undefined): void => {
      if (editor?.document.uri.scheme === TASK_SCHEME) void this.folds.fold(editor);
    };
    this.#folding = vscode.Disposable.from(
      vscode.window.onDidChangeActiveTextEditor(fold),
      vscode.workspace.onDidChangeTextDocument(({ document }) => {
        const editor = vscode.window.activeTextEditor;
        if (editor?.document === document) fold(editor);
      }),
    );
  }

  /**
   * Opens the document of a task beside nothing else: in the active group, as a tab of its own.
   * @throws ConfigurationError `usage` where there is no such task, BridgeError `journal-failed`
   */
  async show(which: WhichTask, preserveFocus = false): Promise<void> {
    const live = this.#liveOf(which);
    const uri = live ? live.uri : await this.#pastUri(which);
    await live?.page;
    const document = await vscode.workspace.openTextDocument(uri);
    const editor = await vscode.window.showTextDocument(document, { preview: false, preserveFocus });
    if (live && !live.isOver) this.#follow.follow(editor);
    await this.folds.fold(editor);
  }

  /** What a task of this window has reported. */
  add(report: TaskReport): void {
    const { id, event, request } = report;
    const live = this.#live.get(id) ?? this.#begin(id, request.task);
    live.add(event);
    if (event.type === 'run_start' && live.isNamedApart) this.#past.rename(live.uri.query, event.runId);
    this.#grown.add(live);
    if (event.type !== 'run_end') {
      this.#updates.ask();
      return;
    }
    void live.page.then(() => this.#updates.flush());
    this.#forgetOldest();
  }

  /** Of a document that is open. */
  blocksOf(uri: vscode.Uri): readonly TaskBlock[] {
    return (this.#liveByKey(uri.query)?.loaded ?? this.#past.loaded(uri.query))?.blocks ?? [];
  }

  dispose(): void {
    vscode.Disposable.from(this.#follow, this.#folding, this.#updates, this.files).dispose();
  }

  #liveOf(which: WhichTask): LiveTask | undefined {
    if ('runId' in which) return [...this.#live.values()].find(({ runId }) => runId === which.runId);
    const known = this.#live.get(which.id);
    if (known) return known;
    const status = this.needs.tasks.running.find(({ id }) => id === which.id);
    return status && this.#begin(status.id, status.label);
  }

  #liveByKey(key: string): LiveTask | undefined {
    return [...this.#live.values()].findLast((live) => live.isMeantBy(key));
  }

  #begin(id: number, task: string): LiveTask {
    const live = new LiveTask(task, this.needs.journals, this.needs.logger);
    this.#live.set(id, live);
    return live;
  }

  async #pastUri(which: WhichTask): Promise<vscode.Uri> {
    if ('id' in which) {
      throw new ConfigurationError('usage', l10n.t('There is no such task in this window.'), {
        hint: l10n.t('Choose one of the list of tasks.'),
      });
    }
    const { runId, task } = await this.#past.open(which.runId);
    const open = vscode.workspace.textDocuments.find(({ uri }) => uri.scheme === TASK_SCHEME && uri.query === runId);
    const uri = open?.uri ?? taskUri(runId, task);
    // It may have gone on since it was read the last time.
    this.files.tell([uri]);
    return uri;
  }

  async #find(key: string): Promise<TaskPage | undefined> {
    return (await this.#liveByKey(key)?.page) ?? this.#past.find(key);
  }

  #pace(): number {
    const sizes = [...this.#grown].map(({ loaded }) => loaded?.size ?? 0);
    return Math.max(UPDATE_MS, ...sizes.map((size) => size / BYTES_PER_MS));
  }

  #update(): void {
    const open = new Set(vscode.workspace.textDocuments.map(({ uri }) => uri.toString()));
    this.files.tell([...this.#grown].map(({ uri }) => uri).filter((uri) => open.has(uri.toString())));
    this.#grown.clear();
  }

  #forgetOldest(): void {
    const open = new Set(vscode.workspace.textDocuments.map(({ uri }) => uri.toString()));
    const ended = [...this.#live].filter(([, { isOver, uri }]) => isOver && !open.has(uri.toString()));
    for (const [id] of ended.slice(0, Math.max(0, ended.length - MAX_ENDED))) this.#live.delete(id);
  }
}
