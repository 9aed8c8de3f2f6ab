/** What the tasks of this window wait for at each model, for the models view. */
import type { Phase } from '../../agent/types';
import type { Disposable } from '../../base/disposable';
import { Emitter } from '../../base/emitter';
import type { Model } from '../../llm/lmstudio/model';
import type { TaskEvent } from '../../tasks/types';
import { placeOfModel } from './serverList';

/** Of the tasks that use one model. */
export interface ModelWork {
  /** Tasks whose next request waits for another one to end. */
  readonly queued: number;
  /** What the one request that runs is doing, where more is known than that it runs. */
  readonly doing: 'loading' | 'processing-prompt' | undefined;
  /** Of that, in whole percent; undefined: the server does not say. */
  readonly percent: number | undefined;
}

/** What a task of this window has reported. */
interface Reported {
  readonly id: number;
  readonly request: { readonly model?: string | undefined };
  readonly event: TaskEvent;
}

interface TaskAtModel {
  readonly server: string | undefined;
  /** Its key, or the id of a copy. */
  readonly model: string;
  readonly phase: Phase | undefined;
}

/** Follows the reports of tasks. Pure but for its memory. */
export class WorkAtModels implements Disposable {
  readonly #changed = new Emitter<undefined>();
  readonly #used = new Emitter<{ readonly server: string | undefined; readonly model: string }>();
  readonly #tasks = new Map<number, TaskAtModel>();

  /** Something that a row could say is another one: at most once for each percent of progress. */
  readonly onDidChange = this.#changed.event;
  /** A task has begun to work with a model, or goes on. */
  readonly onDidUse = this.#used.event;

  add({ id, request, event }: Reported): void {
    switch (event.type) {
      case 'run_start': {
        const { server } = placeOfModel(request.model);
        this.#set(id, { server, model: event.model, phase: undefined });
        this.#used.fire({ server, model: event.model });
        break;
      }
      case 'phase': {
        const task = this.#tasks.get(id);
        if (!task) return;
        this.#set(id, { ...task, phase: event });
        if (event.phase === 'generating') this.#used.fire(task);
        break;
      }
      case 'run_end':
        this.#end(id);
        break;
      default: {
        // Whatever else it tells, it does not wait any more.
        const task = this.#tasks.get(id);
        if (task?.phase) this.#set(id, { ...task, phase: undefined });
      }
    }
  }

  /** Forgets the tasks that do not run any more, however they ended. */
  keepOnly(running: readonly number[]): void {
    for (const id of [...this.#tasks.keys()]) if (!running.includes(id)) this.#end(id);
  }

  /** Undefined where no task has anything to say of it. */
  of(server: string | undefined, model: Pick<Model, 'key' | 'instances'>): ModelWork | undefined {
    if (this.#tasks.size === 0) return undefined;
    const names = [model.key, ...(model.instances ?? []).map(({ id }) => id)];
    const phases = [...this.#tasks.values()].flatMap((task) =>
      task.phase && task.server === server && names.includes(task.model) ? [task.phase] : [],
    );
    const queued = phases.filter(({ phase }) => phase === 'queued').length;
    const current = phases.flatMap((phase) => ('progress' in phase ? [phase] : []))[0];
    if (queued === 0 && !current) return undefined;
    const doing = current && (current.phase === 'loading-model' ? 'loading' : 'processing-prompt');
    return { queued, doing, percent: current && percentOf(current) };
  }

  dispose(): void {
    this.#changed.dispose();
    this.#used.dispose();
  }

  #set(id: number, task: TaskAtModel): void {
    const before = this.#tasks.get(id);
    this.#tasks.set(id, task);
    if (!isSame(before?.phase, task.phase)) this.#changed.fire(undefined);
  }

  #end(id: number): void {
    const task = this.#tasks.get(id);
    this.#tasks.delete(id);
    if (task?.phase) this.#changed.fire(undefined);
  }
}

function isSame(a: Phase | undefined, b: Phase | undefined): boolean {
  if (!a || !b) return a === b;
  return a.phase === b.phase && percentOf(a) === percentOf(b);
}

function percentOf(phase: Phase): number | undefined {
  return 'progress' in phase && phase.progress !== null ? Math.floor(phase.progress * 100) : undefined;
}
