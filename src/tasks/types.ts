/** One autonomous task, seen from outside: what is asked and what is reported. Doors render these events, each its own way. */
import type { ServerTools } from '../agent/toolFit';
import type { AgentEvent, ContextSource, Usage } from '../agent/types';
import type { ErrorCode } from '../base/errors';
import type { ToolCallMode } from '../llm/toolCallMode';
import type { ApprovalPolicy } from '../policy/approvalPolicy';

/** Which MCP servers a task may use: none, the named ones, or every enabled one. */
export type ServerSelection =
  { readonly kind: 'none' } | { readonly kind: 'named'; readonly names: readonly string[] } | { readonly kind: 'all' };

/** A resource of a server that the task uses. */
export interface AttachedResource {
  readonly server: string;
  readonly uri: string;
}

/** A text that goes along with a task, such as a selection of an editor. */
export interface AttachedText {
  /** What it is, for the model and for people: `Selection of "src/a.ts", lines 3 to 9`. */
  readonly label: string;
  readonly text: string;
}

export interface TaskRequest {
  /** What to do, in the person's words. */
  readonly task: string;
  /** Key or instance id; undefined or "default": the loaded model, else the first that can use tools. */
  readonly model: string | undefined;
  readonly servers: ServerSelection;
  /** Tools that the person wants offered first where not all fit the context: `tool` or `server/tool`. */
  readonly tools?: readonly string[] | undefined;
  readonly maxRounds: number;
  readonly maxTokens: number | undefined;
  /** Bounds everything, MCP start-up included, in milliseconds. */
  readonly timeoutMs: number | undefined;
  /** Default: auto. */
  readonly toolCalls?: ToolCallMode | undefined;
  /** Read when the task begins, and given to the model with it. */
  readonly resources?: readonly AttachedResource[] | undefined;
  /** Given to the model beside the task, marked as data. */
  readonly texts?: readonly AttachedText[] | undefined;
  /** At least so much is asked before a call; the person's settings can only make it stricter. Absent: they alone count. */
  readonly approval?: ApprovalPolicy | undefined;
}

export interface ReloadAdvice {
  /** Key of the model. */
  readonly model: string;
  /** Tokens. */
  readonly contextLength: number;
}

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
      /** What all of them cost in a request, by the number of their characters. */
      readonly toolTokens: number;
      readonly contextLength: number | null;
      readonly contextSource: ContextSource | null;
    }
  /** Before the first round, where there are tools. Tokens are estimates; `offered` counts no tools of our own. */
  | {
      readonly type: 'tools';
      readonly tokens: number;
      readonly offered: number;
      readonly offeredTokens: number;
      readonly budget: number;
      readonly servers: readonly ServerTools[];
    }
  | {
      readonly type: 'error';
      readonly code: ErrorCode;
      readonly message: string;
      readonly hint: string | null;
      readonly availableModels?: readonly string[];
      /** The nearest of them. */
      readonly suggestions?: readonly string[];
      /** Where a larger context would help, and the model can take one: what to load it with. */
      readonly reload?: ReloadAdvice;
    }
  | {
      readonly type: 'run_end';
      readonly status: RunStatus;
      readonly code: ErrorCode | null;
      readonly text: string;
      readonly rounds: number;
      readonly usage: Usage;
      /** Calls that were found in the text or the reasoning, where the server's parser had left them. */
      readonly recoveredCalls: number;
      readonly durationMs: number;
      /** How often the conversation was made shorter. */
      readonly compactions: number;
      /** The least share of a prompt that the next one began with, those apart that follow a compaction; null: there was one only. */
      readonly prefixShare: number | null;
    }
  | AgentEvent;

/** `at`: milliseconds since the run began. The order and the promises are those of docs/cli.md. */
export type TaskEvent = RunEvent & { readonly at: number };

export type RunEnd = Extract<TaskEvent, { type: 'run_end' }>;
