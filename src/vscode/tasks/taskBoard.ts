/** All tasks that the view can show, in its order: those that run here, then those with a journal, newest first. */
import type { Disposable } from '../../base/disposable';
import { Emitter } from '../../base/emitter';
import { NOTHING_RECORDED, recordAfter, type TaskRecord } from '../../tasks/taskRecord';
import type { TaskRequest } from '../../tasks/types';
import type { LiveTask, ShownTask, TaskProblem } from './shownTask';
import type { TaskHistory } from './taskHistory';
import type { TaskNode } from './taskNode';
import type { TaskReport, Tasks } from './tasks';
import type { TaskStatus } from './taskStatus';

interface Live {
  readonly key: string;
  status: TaskStatus;
  request: TaskRequest | undefined;
  record: TaskRecord;
}

type OwnNode = { -readonly [K in keyof TaskNode]: TaskNode[K] };

/** So many problems are remembered; older tasks say only their code. */
const MAX_PROBLEMS = 100;

export class TaskBoard implements Disposable {
  readonly #changed = new Emitter<void>();
  readonly #live = new Map<number, Live>();
  /** By run id: under which key a task was shown first, so that its row stays the same row. */
  readonly #keys = new Map<string, string>();
  readonly #nodes = new Map<string, OwnNode>();
  readonly #problems = new Map<string, TaskProblem>();
  readonly #listening: readonly Disposable[];
  /** Runs that the person has not asked for themselves. */
  readonly #delegated = new Set<string>();
  #last: { readonly id: number; readonly request: TaskRequest } | undefined;

  /** Something that is shown is another now. Comes often while tasks run, but not with every word of a model. */
  readonly onDidChange = this.#changed.event;

  constructor(
    tasks: Pick<Tasks, 'running' | 'onDidChange' | 'onDidReport'>,
    readonly history: TaskHistory,
  ) {
    this.#listening = [
      tasks.onDidChange((running) => this.#follow(running)),
      tasks.onDidReport((report) => this.#hear(report)),
      history.onDidChange(() => this.#changed.fire()),
    ];
  }

  /** What the person asked for last in this window; undefined: nothing. */
  get lastRequest(): TaskRequest | undefined {
    return this.#last?.request;
  }

  /** The same by the journals, as they were read last. */
  get lastInHistory(): TaskRequest | undefined {
    return this.history.runs.find(({ runId }) => !this.#delegated.has(runId))?.request;
  }

  get shown(): readonly ShownTask[] {
    const live = this.#liveTasks();
    const running = new Set(live.map(({ node }) => node.runId));
    const { runs, broken } = this.history;
    const past = runs.flatMap((run): { readonly at: number; readonly task: ShownTask }[] => {
      const { runId } = run;
      if (running.has(runId)) return [];
      const key = this.#keyOf(runId);
      const task = {
        kind: 'past',
        key,
        node: this.#node(key, { runId }),
        run,
        problem: this.#problems.get(runId),
      } as const;
      return [{ at: run.startedAt, task }];
    });
    const damaged = broken.map((file): { readonly at: number; readonly task: ShownTask } => {
      const key = this.#keyOf(file.runId);
      const task = { kind: 'broken', key, node: this.#node(key, { runId: file.runId }), broken: file } as const;
      return { at: file.changedAt, task };
    });
    const older = damaged.length === 0 ? past : [...past, ...damaged].sort((a, b) => b.at - a.at);
    return [...live, ...older.map(({ task }) => task)];
  }

  /** Undefined where it is gone. */
  find({ id, runId }: TaskNode): ShownTask | undefined {
    return this.shown.find(({ node }) => (runId === undefined ? node.id === id : node.runId === runId));
  }

  dispose(): void {
    for (const item of this.#listening) item.dispose();
    this.#changed.dispose();
  }

  #liveTasks(): readonly LiveTask[] {
    return [...this.#live.values()].reverse().map(({ key, status, request, record }) => {
      const { id, runId } = status;
      return { kind: 'live', key, node: this.#node(key, { id, runId }), status, request, record };
    });
  }

  #follow(running: readonly TaskStatus[]): void {
    for (const status of running) this.#keep(status);
    const ended = [...this.#live.keys()].filter((id) => running.every((status) => status.id !== id));
    if (ended.length > 0) void this.#letGo(ended);
    this.#changed.fire();
  }

  #keep(status: TaskStatus): void {
    const { id, runId } = status;
    const known = this.#live.get(id);
    if (known) known.status = status;
    else {
      const key = (runId === undefined ? undefined : this.#keys.get(runId)) ?? `task:${id}`;
      this.#live.set(id, { key, status, request: undefined, record: NOTHING_RECORDED });
    }
    const key = this.#live.get(id)?.key;
    if (runId !== undefined && key !== undefined) this.#keys.set(runId, key);
    if (runId !== undefined && status.isDelegated) this.#delegated.add(runId);
  }

  /** Rows stay until the journal takes their place, so that nothing flickers and what is selected stays so. */
  async #letGo(ended: readonly number[]): Promise<void> {
    if (this.history.hasRead) await this.history.read();
    for (const id of ended) this.#live.delete(id);
    this.#changed.fire();
  }

  #hear({ id, request, event }: TaskReport): void {
    const live = this.#live.get(id);
    if (!live) return;
    // Numbers go by the start: which one spoke last says nothing.
    if (!live.status.isDelegated && id > (this.#last?.id ?? 0)) this.#last = { id, request };
    const before = live.record;
    live.record = recordAfter(before, event);
    const isNew = live.request !== request;
    live.request = request;
    const { runId } = live.status;
    if (event.type === 'error' && runId !== undefined) this.#remember(runId, event);
    if (isNew || live.record !== before) this.#changed.fire();
  }

  #remember(runId: string, { message, hint }: TaskProblem): void {
    this.#problems.delete(runId);
    this.#problems.set(runId, { message, hint });
    const [oldest] = this.#problems.keys();
    if (this.#problems.size > MAX_PROBLEMS && oldest !== undefined) this.#problems.delete(oldest);
  }

  #keyOf(runId: string): string {
    const key = this.#keys.get(runId) ?? `run:${runId}`;
    this.#keys.set(runId, key);
    return key;
  }

  /** VS Code knows a row by its object, so that stays while the task changes. */
  #node(key: string, { id, runId }: { readonly id?: number; readonly runId?: string | undefined }): TaskNode {
    const node = this.#nodes.get(key) ?? { kind: 'task' };
    this.#nodes.set(key, node);
    if (id !== undefined) node.id = id;
    if (runId !== undefined) node.runId = runId;
    return node;
  }
}
