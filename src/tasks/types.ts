/** One autonomous task, seen from outside: what is asked and what is reported. Doors render these events, each its own way. */
import type { AgentEvent, Usage } from '../agent/types';
import type { ErrorCode } from '../base/errors';

/** Which MCP servers a task may use: none, the named ones, or every enabled one. */
export type ServerSelection =
  { readonly kind: 'none' } | { readonly kind: 'named'; readonly names: readonly string[] } | { readonly kind: 'all' };

export interface TaskRequest {
  /** What to do, in the person's words. */
  readonly task: string;
  /** Key or instance id; undefined or "default": the loaded model, else the first that can use tools. */
  readonly model: string | undefined;
  readonly servers: ServerSelection;
  readonly maxRounds: number;
  readonly maxTokens: number | undefined;
  /** Bounds everything, MCP start-up included, in milliseconds. */
  readonly timeoutMs: number | undefined;
}

export type ContextSource = 'loaded-instance' | 'model-maximum' | 'server-error' | 'assumed';

export type RunStatus = 'completed' | 'failed' | 'limit' | 'cancelled';

export type RunEvent =
  | {
      readonly type: 'run_start';
      readonly runId: string;
      /** The run had begun before, and goes on here. */
      readonly resumed?: boolean;
      readonly task: string;
      readonly model: string;
      readonly servers: readonly string[];
      readonly toolCount: number;
      readonly contextLength: number | null;
      readonly contextSource: ContextSource | null;
    }
  | {
      readonly type: 'error';
      readonly code: ErrorCode;
      readonly message: string;
      readonly hint: string | null;
      readonly availableModels?: readonly string[];
      /** The nearest of them. */
      readonly suggestions?: readonly string[];
    }
  | {
      readonly type: 'run_end';
      readonly status: RunStatus;
      readonly code: ErrorCode | null;
      readonly text: string;
      readonly rounds: number;
      readonly usage: Usage;
      readonly durationMs: number;
    }
  | AgentEvent;

/** `at`: milliseconds since the run began. The order and the promises are those of docs/cli.md. */
export type TaskEvent = RunEvent & { readonly at: number };

export type RunEnd = Extract<TaskEvent, { type: 'run_end' }>;
