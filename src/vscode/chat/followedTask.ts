import { onAbort, throwIfAborted } from '../../base/abort';
import type { TaskEvent, TaskRequest } from '../../tasks/types';
import type { RunOptions, TaskResult, Tasks } from '../tasks/tasks';
import type { TaskStatus } from '../tasks/taskStatus';

export interface TaskHearer {
  readonly onEvent: (event: TaskEvent) => void;
  /** Where the task stands, after each change of it. */
  readonly onStatus?: (status: TaskStatus) => void;
}

/**
 * Runs a task of this window for one place that shows it: the same consent and approvals as for every other.
 * The signal cancels it. @throws what `Tasks.run` throws
 */
export async function followTask(
  tasks: Pick<Tasks, 'run' | 'cancel' | 'running' | 'onDidChange' | 'onDidReport'>,
  request: TaskRequest,
  { onEvent, onStatus }: TaskHearer,
  signal: AbortSignal,
  options: Pick<RunOptions, 'isDelegated'> = {},
): Promise<TaskResult> {
  throwIfAborted(signal);
  let own: number | undefined;
  const listening = [
    tasks.onDidReport(({ id, event }) => {
      if (id === own) onEvent(event);
    }),
    tasks.onDidChange((running) => {
      const status = running.find(({ id }) => id === own);
      if (status) onStatus?.(status);
    }),
    onAbort(signal, () => {
      if (own !== undefined) tasks.cancel(own);
    }),
  ];
  try {
    const onStart = (id: number): void => {
      own = id;
    };
    // The place shows it: nothing else opens.
    return await tasks.run(request, onStart, undefined, { ...options, isShownElsewhere: true });
  } finally {
    for (const item of listening) item.dispose();
  }
}
