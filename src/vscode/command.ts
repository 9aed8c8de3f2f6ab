import type { BridgeError } from '../base/errors';

/** What one command of the editor does. */
export interface Command {
  /** Why it cannot work now; undefined: it can. */
  readonly refusal?: (() => BridgeError | undefined) | undefined;
  /** `selection`: all rows that are selected, where a menu of a view calls it that lets several be. */
  readonly run: (argument: unknown, selection?: unknown) => unknown;
}
