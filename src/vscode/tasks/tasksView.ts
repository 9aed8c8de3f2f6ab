/** The view of tasks: its tree, its badge, and what it says where it has no rows. */
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { type Clock, every } from '../../base/clock';
import type { Disposable } from '../../base/disposable';
import type { ServerConnections } from '../serverConnections';
import { TASKS_VIEW, type TasksWelcome } from '../ids';
import type { QuestionDesk } from '../questions/questionDesk';
import { setContext } from '../typed';
import { Throttle } from '../throttle';
import { watchJournals } from './journalWatch';
import type { Journals } from './journals';
import { TaskBoard } from './taskBoard';
import { TaskHistory } from './taskHistory';
import type { Tasks } from './tasks';
import { TasksTree, type TasksTreeNode } from './tasksTree';

export interface TasksViewNeeds {
  readonly tasks: Tasks;
  readonly desk: Pick<QuestionDesk, 'strays' | 'onDidChangeCount'>;
  readonly journals: Journals;
  readonly connections: Pick<ServerConnections, 'newsOf'>;
  readonly clock: Clock;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
}

/** `strays`: questions that no task of this window waits for. */
function waitingBadge(tasks: number, strays: number): vscode.ViewBadge | undefined {
  const value = tasks + strays;
  if (value === 0) return undefined;
  if (strays === 0) {
    const tooltip =
      value === 1 ? l10n.t('1 task waits for your answer') : l10n.t('{0} tasks wait for your answer', value);
    return { value, tooltip };
  }
  const tooltip =
    value === 1 ? l10n.t('1 question waits for your answer') : l10n.t('{0} questions wait for your answer', value);
  return { value, tooltip };
}

/** A task reports many things at once; people read fewer. */
const SHOW_MS = 150;
/** A window that closes leaves several files behind, one after the other. */
const READ_MS = 500;

export class TasksView implements vscode.Disposable {
  readonly history: TaskHistory;
  readonly board: TaskBoard;
  readonly tree: TasksTree;
  readonly #view: vscode.TreeView<TasksTreeNode>;
  readonly #subscriptions: vscode.Disposable;
  readonly #showing: Throttle;
  readonly #reading: Throttle;
  #ticking: Disposable | undefined;
  #watcher: Disposable | undefined;
  /** There may be other journals than those that were read. */
  #isStale = true;

  constructor(private readonly needs: TasksViewNeeds) {
    const { tasks, desk, journals, clock } = needs;
    this.history = new TaskHistory(journals);
    this.board = new TaskBoard(tasks, this.history);
    this.tree = new TasksTree(
      () => this.#source(),
      async (runId) => (await journals.get()).read(runId),
    );
    const options = { treeDataProvider: this.tree, showCollapseAll: true, canSelectMany: true };
    this.#view = vscode.window.createTreeView(TASKS_VIEW, options);
    this.#showing = new Throttle(
      clock,
      () => SHOW_MS,
      () => this.#show(),
    );
    this.#reading = new Throttle(
      clock,
      () => READ_MS,
      () => this.#readOrLater(),
    );
    this.#subscriptions = vscode.Disposable.from(
      this.#view,
      this.tree,
      this.board,
      this.history,
      this.#showing,
      this.#reading,
      this.board.onDidChange(() => this.#showing.ask()),
      tasks.onDidChange(() => this.#showWaiting()),
      desk.onDidChangeCount(() => this.#showWaiting()),
      this.#view.onDidChangeVisibility(() => this.#look()),
      vscode.workspace.onDidGrantWorkspaceTrust(() => this.#showing.ask()),
    );
    this.#look();
  }

  get badge(): vscode.ViewBadge | undefined {
    return this.#view.badge;
  }

  get message(): string | undefined {
    return this.#view.message;
  }

  /** Why there are no rows, where there are none. */
  get welcome(): TasksWelcome {
    if (!this.tree.isEmpty) return 'some';
    if (!this.history.hasRead) return 'reading';
    return vscode.workspace.isTrusted ? 'none' : 'untrusted';
  }

  get selection(): readonly TasksTreeNode[] {
    return this.#view.selection;
  }

  /** Reads the journals again, and settles when the rows say so. */
  async read(): Promise<void> {
    await this.history.read();
    this.#show();
  }

  dispose(): void {
    this.#ticking?.dispose();
    this.#watcher?.dispose();
    this.#subscriptions.dispose();
  }

  /** Nothing is read before somebody looks. What is not watched may have changed each time that somebody does. */
  #look(): void {
    if (this.#view.visible && (this.#isStale || !this.#watcher)) {
      this.#isStale = false;
      void this.history.read();
    }
    this.#show();
  }

  #source() {
    const { connections, clock } = this.needs;
    const surroundings = { now: clock.now(), newsOf: connections.newsOf };
    return { tasks: this.board.shown, surroundings, wallNow: this.needs.wallClock() };
  }

  #show(): void {
    this.tree.update();
    setContext('lmstudioBridge.tasksWelcome', this.welcome);
    const problem = this.history.problem ?? '';
    if ((this.#view.message ?? '') !== problem) this.#view.message = problem;
    this.#showWaiting();
    this.#keepTime();
    this.#watch();
  }

  #showWaiting(): void {
    const { tasks, desk } = this.needs;
    const badge = waitingBadge(tasks.running.filter(({ isWaiting }) => isWaiting).length, desk.strays);
    if (this.#view.badge?.tooltip !== badge?.tooltip) this.#view.badge = badge;
  }

  /** Seconds are counted only where somebody sees them. */
  #keepTime(): void {
    const isCounting = this.#view.visible && this.needs.tasks.running.length > 0;
    if (isCounting) this.#ticking ??= every(1_000, this.needs.clock, () => this.#show());
    else {
      this.#ticking?.dispose();
      this.#ticking = undefined;
    }
  }

  /** Other windows begin and end tasks too. Where there is no journal, there may be no folder to follow. */
  #watch(): void {
    const { runs, broken } = this.history;
    if (runs.length + broken.length === 0) {
      this.#watcher?.dispose();
      this.#watcher = undefined;
    } else {
      this.#watcher ??= watchJournals(this.needs.journals.folder, () => this.#reading.ask());
    }
  }

  #readOrLater(): void {
    this.#isStale = true;
    this.#look();
  }
}
