/** A task that is written down: what a file or `tasks.json` says, before it runs. */
import { createHash } from 'node:crypto';
import { canonicalJson } from '../../base/json';
import type { PlannedTask } from '../../tasks/taskFileRequest';

export interface TaskPlan {
  /** For people. */
  readonly name: string;
  /** Where it is written. */
  readonly origin: string;
  readonly task: PlannedTask;
}

/** Any change of what would run is another one. */
export function planFingerprint({ origin, task }: TaskPlan): string {
  return createHash('sha256').update(canonicalJson({ origin, task })).digest('hex');
}
