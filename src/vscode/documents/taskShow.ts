import { SETTING_DEFAULTS } from '../ids';
import { readSetting } from '../typed';

const TASK_SHOWS = ['document', 'output', 'nothing'] as const;

export type TaskShow = (typeof TASK_SHOWS)[number];

/** What opens when a task starts. A wrong value must not keep a task from starting, so the default stands in for it. */
export function readTaskShow(): TaskShow {
  const value = readSetting('task.show');
  return TASK_SHOWS.find((known) => known === value) ?? SETTING_DEFAULTS['task.show'];
}
