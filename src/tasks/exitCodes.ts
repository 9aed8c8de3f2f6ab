import type { RunStatus } from './types';

/** What a run ends with where a number has to say it: a process, or a task of an editor. The meanings are those of docs/cli.md. */
export const EXIT_CODES: Readonly<Record<RunStatus, number>> = { completed: 0, failed: 1, limit: 3, cancelled: 130 };

/** A wrong configuration: nothing was started or sent. */
export const EXIT_USAGE = 2;
