/** What the status bar is made from. */
import type { BreakerState } from '../../base/circuitBreaker';
import type { CatalogSnapshot } from '../../llm/lmstudio/catalog';
import type { LoadUnderWay } from '../../llm/lmstudio/lifecycle';
import type { ServerState } from '../ids';
import type { TaskStatus } from '../tasks/taskStatus';
import type { TaskSurroundings } from '../tasks/taskText';

/** What a task's last round took of the context, in tokens. */
export interface ContextUse {
  readonly usedTokens: number;
  readonly limit: number;
}

export interface StatusInput {
  readonly snapshot: CatalogSnapshot;
  readonly state: ServerState;
  readonly tasks: readonly TaskStatus[];
  /** How many questions wait for an answer that no task of this window waits for. */
  readonly strays: number;
  /** By a task's id; absent until its first round has ended. */
  readonly contexts: ReadonlyMap<number, ContextUse>;
  /** Ids of the tasks whose last request failed and is made again. */
  readonly retrying: ReadonlySet<number>;
  /** Whether requests are let through to the server. */
  readonly breaker: BreakerState;
  /** Loads of ours under way at the server that tasks use now. */
  readonly loading: readonly LoadUnderWay[];
  /** A task that runs may use another one. */
  readonly newsOf: TaskSurroundings['newsOf'];
  readonly now: number;
  /** The chosen model; undefined: automatic. */
  readonly model: string | undefined;
  readonly isTrusted: boolean;
}
