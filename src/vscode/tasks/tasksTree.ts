/** Tasks, their rounds and their calls as a tree. Only the rows that say something else are drawn again. */
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { toBridgeError } from '../../base/errors';
import type { ReadJournal } from '../../tasks/journalReader';
import { type RecordedRound, recordOf, type TaskRecord } from '../../tasks/taskRecord';
import { COMMANDS } from '../ids';
import { rowItem } from '../rowItem';
import { callRow, moreRow, noteRow, roundRow } from './callRows';
import { type LiveTask, type PastTask, type ShownTask, stateOf } from './shownTask';
import type { TaskNode } from './taskNode';
import { isSameFace, type TaskRow } from './taskRow';
import { labelOf, taskRow } from './taskRows';
import type { TaskSurroundings } from './taskText';

/** Everything below a task holds its row, because it is made anew with the task's. */
export type TasksTreeNode =
  | TaskNode
  | { readonly kind: 'more' }
  | {
      readonly kind: 'round' | 'call' | 'note';
      readonly parent: TasksTreeNode;
      readonly row: TaskRow;
      readonly children: readonly TasksTreeNode[];
    };

export interface TasksSource {
  readonly tasks: readonly ShownTask[];
  readonly surroundings: TaskSurroundings;
  /** Milliseconds since 1970. */
  readonly wallNow: number;
}

/** So many past tasks are shown at first, and more with each "Show More". */
export const TASK_PAGE = 50;
/** Where there are more rounds, their calls are out of view until they are opened. */
const MAX_OPEN_ROUNDS = 20;
/** Journals that were opened and need not be read again. */
const MAX_READ = 20;

const MORE = { kind: 'more' } as const;

interface Shown {
  readonly task: ShownTask;
  readonly row: TaskRow;
}

/** What choosing the row of a task does. */
export function openCommandOf(task: ShownTask): vscode.Command {
  return { command: COMMANDS.showTask, title: l10n.t('Show Task'), arguments: [task.node] };
}

export class TasksTree implements vscode.TreeDataProvider<TasksTreeNode>, vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<TasksTreeNode[] | undefined>();
  readonly #pastRows = new WeakMap<object, TaskRow>();
  /** By key. */
  readonly #read = new Map<
    string,
    { readonly of: object; readonly record: TaskRecord; readonly notes: readonly string[] }
  >();
  #shown = new Map<TasksTreeNode, Shown>();
  #left = 0;
  #limit = TASK_PAGE;

  readonly onDidChangeTreeData = this.#changed.event;

  constructor(
    private readonly source: () => TasksSource,
    private readonly readJournal: (runId: string) => Promise<ReadJournal>,
  ) {}

  get isEmpty(): boolean {
    return this.#shown.size === 0;
  }

  update(): void {
    const { tasks, ...now } = this.source();
    const before = this.#shown;
    const leftBefore = this.#left;
    const live = tasks.findLastIndex(({ kind }) => kind === 'live') + 1;
    const inView = tasks.slice(0, live + this.#limit);
    this.#left = tasks.length - inView.length;
    this.#shown = new Map(inView.map((task) => [task.node, { task, row: this.#rowOf(task, now) }]));
    const order = [...this.#shown.keys()];
    const orderBefore = [...before.keys()];
    const isSameOrder = order.length === orderBefore.length && order.every((node, i) => node === orderBefore[i]);
    if (!isSameOrder || this.#left !== leftBefore) {
      this.#changed.fire(undefined);
      return;
    }
    const stale = [...this.#shown].flatMap(([node, shown]) => (isSame(before.get(node), shown) ? [] : [node]));
    if (stale.length > 0) this.#changed.fire(stale);
  }

  /** Shows one page more of past tasks. */
  showMore(): void {
    this.#limit += TASK_PAGE;
    this.update();
  }

  getChildren(node?: TasksTreeNode): TasksTreeNode[] | Promise<TasksTreeNode[]> {
    if (!node) return [...this.#shown.keys(), ...(this.#left > 0 ? [MORE] : [])];
    if (node.kind === 'more') return [];
    if (node.kind !== 'task') return [...node.children];
    const task = this.#shown.get(node)?.task;
    if (task?.kind === 'live') return this.#rounds(task, task.record, []);
    return task?.kind === 'past' ? this.#pastRounds(task) : [];
  }

  getParent(node: TasksTreeNode): TasksTreeNode | undefined {
    return node.kind === 'task' || node.kind === 'more' ? undefined : node.parent;
  }

  getTreeItem(node: TasksTreeNode): vscode.TreeItem {
    if (node.kind === 'more') {
      const command = { command: COMMANDS.showMoreTasks, title: l10n.t('Show More') };
      return toItem(moreRow(this.#left), command);
    }
    if (node.kind !== 'task') return toItem(node.row, undefined);
    const shown = this.#shown.get(node);
    return shown ? toItem(shown.row, openCommandOf(shown.task)) : new vscode.TreeItem('');
  }

  dispose(): void {
    this.#changed.dispose();
  }

  /** Of a task whose journal has not changed, the row is the same. */
  #rowOf(task: ShownTask, { surroundings, wallNow }: Omit<TasksSource, 'tasks'>): TaskRow {
    if (task.kind !== 'past') return taskRow(task, surroundings, wallNow);
    const known = task.problem ? undefined : this.#pastRows.get(task.run);
    const row = known ?? taskRow(task, surroundings, wallNow);
    if (!task.problem) this.#pastRows.set(task.run, row);
    return row;
  }

  async #pastRounds(task: PastTask): Promise<TasksTreeNode[]> {
    const { key, run } = task;
    const known = this.#read.get(key);
    // What another process writes is another every time.
    if (known?.of === run && stateOf(task) !== 'elsewhere') return this.#rounds(task, known.record, known.notes);
    try {
      const reading = [this.readJournal(run.runId), import('../../tasks/journalEvents')] as const;
      const [read, { eventsOf }] = await Promise.all(reading);
      const record = recordOf(eventsOf(read));
      const notes = read.problems.map(({ line, message }) =>
        l10n.t('Line {0} of the journal {1} is damaged: {2}', line, run.path, message),
      );
      this.#read.delete(key);
      this.#read.set(key, { of: run, record, notes });
      const [oldest] = this.#read.keys();
      if (this.#read.size > MAX_READ && oldest !== undefined) this.#read.delete(oldest);
      return this.#rounds(task, record, notes);
    } catch (failure) {
      return [noteNode(task, 0, toBridgeError(failure).message, true)];
    }
  }

  #rounds(task: LiveTask | PastTask, { rounds, leftOut }: TaskRecord, problems: readonly string[]): TasksTreeNode[] {
    const isLive = task.kind === 'live';
    const isOpen = rounds.length <= MAX_OPEN_ROUNDS;
    const earlier =
      leftOut === 1
        ? l10n.t('1 earlier round is in the journal')
        : l10n.t('{0} earlier rounds are in the journal', leftOut);
    const nodes: TasksTreeNode[] = leftOut > 0 ? [noteNode(task, 0, earlier, false)] : [];
    const idOf = (index: number): string => `${task.key}/${leftOut + index}`;
    nodes.push(
      ...rounds.map((round, index) =>
        roundNode(task, roundRow(idOf(index), round, labelOf(task), isOpen), round, isLive),
      ),
    );
    nodes.push(...problems.map((problem, index) => noteNode(task, index + 1, problem, true)));
    if (nodes.length > 0) return nodes;
    return [noteNode(task, 0, isLive ? l10n.t('No round has begun yet') : l10n.t('The task made no round'), false)];
  }
}

function isSame(before: Shown | undefined, now: Shown): boolean {
  return isSameFace(before?.row, now.row) && sourceOf(before?.task) === sourceOf(now.task);
}

/** What the rows below a task are made from. */
function sourceOf(task: ShownTask | undefined): unknown {
  return task?.kind === 'live' ? task.record : task?.kind === 'past' ? task.run : undefined;
}

function roundNode(task: ShownTask, row: TaskRow, { calls }: RecordedRound, isLive: boolean): TasksTreeNode {
  const children: TasksTreeNode[] = [];
  const node = { kind: 'round', parent: task.node, row, children } as const;
  for (const [index, call] of calls.entries()) {
    children.push({ kind: 'call', parent: node, row: callRow(`${row.id}/${index}`, call, isLive), children: [] });
  }
  return node;
}

function noteNode(task: ShownTask, index: number, text: string, isProblem: boolean): TasksTreeNode {
  return {
    kind: 'note',
    parent: task.node,
    row: noteRow(`${task.key}/note:${index}`, text, labelOf(task), isProblem),
    children: [],
  };
}

function toItem(row: TaskRow, command: vscode.Command | undefined): vscode.TreeItem {
  const item = rowItem(row, row.children);
  if (command) item.command = command;
  return item;
}
