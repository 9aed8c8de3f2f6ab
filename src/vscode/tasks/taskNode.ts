/** What a row of the view "Tasks" stands for: commands get it from menus, from a click, or from other extensions. */
import { isJsonObject } from '../../base/json';

/** A task that runs in this window (`id`), one that has a journal (`runId`), or both. */
export interface TaskNode {
  readonly kind: 'task';
  /** Of this window, from 1 on; absent: it has not run in this window. */
  readonly id?: number;
  /** Absent: it has no journal yet. */
  readonly runId?: string;
}

/** Undefined where a command was given something else. Who calls it may be anybody, so nothing else is taken over. */
export function taskNodeOf(argument: unknown): TaskNode | undefined {
  if (!isJsonObject(argument) || argument['kind'] !== 'task') return undefined;
  const { id, runId } = argument;
  const node: TaskNode = {
    kind: 'task',
    ...(typeof id === 'number' ? { id } : {}),
    ...(typeof runId === 'string' ? { runId } : {}),
  };
  return node.id === undefined && node.runId === undefined ? undefined : node;
}
