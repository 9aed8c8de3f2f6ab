/** How often a server is asked, by what can be seen of it and who needs it. Pure. */
import type { TaskStatus } from '../tasks/taskStatus';

/** 0: nothing of it can be seen. 1: only at the edge of the eye. 2: somebody looks, or a task works with it. */
export type Pace = 0 | 1 | 2;

/** What of the window can be seen, and what it does. */
export interface Scene {
  readonly isFocused: boolean;
  /** The models view, with all servers. */
  readonly isViewShown: boolean;
  /** It tells of the servers of the tasks. */
  readonly isStatusBarShown: boolean;
  readonly tasks: readonly Pick<TaskStatus, 'server' | 'isWaiting' | 'pause'>[];
  /** Name of the server that the next task would use; undefined: the main one. */
  readonly nextServer: string | undefined;
}

/** `server`: its name; undefined: the main one. */
export function paceFor(server: string | undefined, scene: Scene): Pace {
  const { isFocused, isViewShown, isStatusBarShown, tasks, nextServer } = scene;
  const own = tasks.filter((task) => task.server === server);
  // A task that waits for the person, maybe all night, has no use for the server meanwhile; no more has one that is paused.
  const isAtWork = own.some(({ isWaiting, pause }) => !isWaiting && pause !== 'paused');
  if (isAtWork || (isViewShown && isFocused)) return 2;
  const isOfTasks = own.length > 0 || nextServer === server;
  return isViewShown || (isFocused && isStatusBarShown && isOfTasks) ? 1 : 0;
}
