/** A task as the view shows it: one that runs here, or one that has a journal. Data only. */
import type { BrokenRun, ListedRun } from '../../tasks/journalStore';
import type { TaskRecord } from '../../tasks/taskRecord';
import type { TaskRequest } from '../../tasks/types';
import type { TaskNode } from './taskNode';
import type { TaskStatus } from './taskStatus';

/** What a task of this window said went wrong; no journal has it. */
export interface TaskProblem {
  readonly message: string;
  readonly hint: string | null;
}

interface Common {
  /** The same from the first to the last time that the task is shown. */
  readonly key: string;
  readonly node: TaskNode;
}

export interface LiveTask extends Common {
  readonly kind: 'live';
  readonly status: TaskStatus;
  /** Undefined until the task has reported something. */
  readonly request: TaskRequest | undefined;
  readonly record: TaskRecord;
}

export interface PastTask extends Common {
  readonly kind: 'past';
  readonly run: ListedRun;
  readonly problem: TaskProblem | undefined;
}

/** A journal that cannot be read. */
export interface BrokenTask extends Common {
  readonly kind: 'broken';
  readonly broken: BrokenRun;
}

export type ShownTask = LiveTask | PastTask | BrokenTask;

export type TaskState =
  | 'starting'
  | 'queued'
  | 'running'
  | 'waiting'
  | 'paused'
  /** As soon as it has done what it is doing. */
  | 'pausing'
  /** In another window, or another program. */
  | 'elsewhere'
  | 'completed'
  | 'failed'
  | 'limit'
  | 'cancelled'
  | 'interrupted'
  | 'broken';

export function stateOf(task: ShownTask): TaskState {
  switch (task.kind) {
    case 'broken':
      return 'broken';
    case 'live':
      return liveState(task.status);
    case 'past': {
      const { state, holder, end } = task.run;
      if (state !== 'running') return state;
      // Ours, and over: only its journal is not closed yet.
      return holder === process.pid ? (end?.status ?? 'interrupted') : 'elsewhere';
    }
  }
}

/** It can be stopped from here. */
export function isLive(task: ShownTask): task is LiveTask {
  return task.kind === 'live';
}

/** It has come to an end, of whatever kind. */
export function hasEnded(task: ShownTask): boolean {
  return task.kind !== 'live' && stateOf(task) !== 'elsewhere';
}

function liveState({ isWaiting, pause, phase, round }: TaskStatus): TaskState {
  if (isWaiting) return 'waiting';
  if (pause !== undefined) return pause;
  if (phase?.phase === 'queued') return 'queued';
  return round === 0 ? 'starting' : 'running';
}
