/**
 * The public interface of LM Studio Bridge for other extensions, version 1. Nothing here needs another file: copy it
 * beside your code. docs/api.md explains it; `docs/api/lmstudio-bridge.d.ts` is this text.
 *
 * Only additions are made to a version: new fields, new kinds of events. Ignore what you do not know.
 */

/** What `vscode.extensions.getExtension('lmstudio-bridge.lmstudio-bridge').activate()` gives. */
export interface BridgeApi {
  readonly version: 1;

  /**
   * The same interface for your extension, so that questions to the person name it, and a "yes, always" is kept for it.
   * `extensionId` is your own: `context.extension.id`.
   *
   * @throws ApiError `usage` where no extension with this id is installed
   */
  getApi(extensionId: string): BridgeApi;

  /**
   * The models of all servers that answer, the main one's first, asked anew. Another server than the main one is waited
   * for no longer than two seconds. Rejects with the main server's error, an ApiError, where none answers.
   */
  models(): Promise<readonly ApiModel[]>;
  /**
   * The models of all servers, whenever something of them that can be seen has changed. Those of a server that is away
   * are the last that it told of, with `isLoaded` null.
   */
  readonly onDidChangeModels: ApiEvent<readonly ApiModel[]>;

  /**
   * Runs a task from start to end. The person is asked whether your extension may (once, or for always), before MCP
   * servers start, and before tools are called, as for a task of their own; they see it, and they can stop it.
   *
   * Resolves for every task that has begun, also where it failed or was stopped: see `status` and `code`. Rejects with an
   * ApiError where nothing began: `usage` (wrong arguments, a wrong setting, a folder that is not trusted),
   * `approval-denied` (the person said no), `cancelled` (before it began).
   */
  runTask(request: ApiTaskRequest, options?: ApiRunOptions): Promise<ApiRunEnd>;
  /** What the tasks report that you have started with this object. */
  readonly onDidTaskEvent: ApiEvent<ApiTaskReport>;

  /** The tasks that go on in this window, whoever started them, without what they are about. */
  tasks(): readonly ApiTask[];
  readonly onDidChangeTasks: ApiEvent<readonly ApiTask[]>;
}

/** Every error of this interface. The codes are those of docs/errors.md; they stay, messages may be reworded. */
export interface ApiError extends Error {
  readonly name: 'LMStudioBridgeError';
  readonly code: string;
  /** What can be done about it, one sentence. */
  readonly hint: string | null;
}

/** As `vscode.Event`. */
export type ApiEvent<T> = (listener: (value: T) => void) => { dispose(): void };

export interface ApiModel {
  /** What `ApiTaskRequest.model` names. Of another server than the main one: `server::key`. */
  readonly id: string;
  /** The model server that has it, as the person's settings name it; null: the main one. */
  readonly server: string | null;
  readonly name: string;
  readonly kind: 'chat' | 'embedding';
  /** Null where the server does not say. */
  readonly isLoaded: boolean | null;
  /** Tokens of the largest context that a copy in memory has; null where none is, or the server does not say. */
  readonly contextLength: number | null;
  /** Tokens that the model can take at most. */
  readonly maxContextLength: number | null;
  /** It takes pictures. */
  readonly vision: boolean | null;
  /** It was trained for tools. Others can often use them too. */
  readonly toolUse: boolean | null;
  readonly sizeBytes: number | null;
  readonly quantization: string | null;
}

export interface ApiTaskRequest {
  /** What to do, in words. */
  readonly task: string;
  /** Names of MCP servers whose tools may be used, or all that are enabled. Default: none. */
  readonly servers?: readonly string[] | 'all' | undefined;
  /** Id of a model, of any server. Default: the person's choice. */
  readonly model?: string | undefined;
  /** Limits count where they are lower than the person's own. */
  readonly maxRounds?: number | undefined;
  readonly maxTokens?: number | undefined;
  readonly timeoutSeconds?: number | undefined;
}

export interface ApiRunOptions {
  /** What the task reports while it goes on, in order. */
  readonly onEvent?: ((event: ApiTaskEvent) => void) | undefined;
  /** Stops the task. Either of both. */
  readonly signal?: AbortSignal | undefined;
  readonly token?: ApiCancellationToken | undefined;
}

/** As `vscode.CancellationToken`. */
export interface ApiCancellationToken {
  readonly isCancellationRequested: boolean;
  readonly onCancellationRequested: (listener: () => void) => { dispose(): unknown };
}

/** How a task ended. */
export interface ApiRunEnd {
  /** `limit`: a limit ended it. */
  readonly status: 'completed' | 'failed' | 'limit' | 'cancelled';
  /** Why it did not complete; null where it did. */
  readonly code: string | null;
  /** The last answer of the model; where the task failed, it may be empty. */
  readonly text: string;
  /** Names the task's journal; null where it failed before it had one. */
  readonly runId: string | null;
  readonly rounds: number;
  readonly durationMs: number;
  readonly usage: ApiUsage;
}

/** Tokens; null where the server did not say. */
export interface ApiUsage {
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
  readonly reasoningTokens: number | null;
}

/** A task that goes on. */
export interface ApiTask {
  /** Of this window. */
  readonly id: number;
  readonly state: 'running' | 'waiting-for-person' | 'paused';
  /** 0: the first round has not begun. */
  readonly round: number;
  /** Its model as the server calls it, from its first request on. */
  readonly model: string | null;
  /** The model server that it uses, as the person's settings name it; null: the main one. */
  readonly server: string | null;
  readonly elapsedMs: number;
}

export interface ApiTaskReport {
  readonly taskId: number;
  readonly event: ApiTaskEvent;
}

/** `at`: milliseconds since the task began. */
export type ApiTaskEvent = ApiTaskEventKind & { readonly at: number };

/** The events of docs/cli.md, where order and promises stand. */
export type ApiTaskEventKind =
  | {
      readonly type: 'run_start';
      readonly runId: string;
      readonly resumed?: boolean;
      readonly task: string;
      readonly model: string;
      readonly servers: readonly string[];
      readonly toolCount: number;
      readonly toolTokens: number;
      readonly contextLength: number | null;
      readonly contextSource: string | null;
    }
  | {
      readonly type: 'tools';
      readonly tokens: number;
      readonly offered: number;
      readonly offeredTokens: number;
      readonly budget: number;
      readonly servers: readonly {
        readonly server: string;
        readonly tools: number;
        readonly tokens: number;
        readonly offered: number;
      }[];
    }
  | { readonly type: 'round_start'; readonly round: number }
  | {
      readonly type: 'phase';
      readonly phase: 'queued' | 'connecting' | 'loading-model' | 'processing-prompt' | 'generating';
      /** Only of `queued`: how many are before it. */
      readonly place?: number;
      /** 0 to 1. */
      readonly progress?: number | null;
      readonly estimatedMs?: number | null;
    }
  | { readonly type: 'reasoning_delta'; readonly text: string }
  | { readonly type: 'text_delta'; readonly text: string }
  | {
      readonly type: 'tool_call';
      readonly id: string;
      readonly server: string | null;
      readonly tool: string;
      readonly arguments: Readonly<Record<string, unknown>>;
      /** What the model wrote, where that is something else. */
      readonly rawArguments?: string;
      readonly recovered: boolean;
    }
  | {
      readonly type: 'approval';
      readonly id: string;
      readonly decision: 'approved' | 'denied';
      readonly reason: string;
    }
  | {
      readonly type: 'tool_result';
      readonly id: string;
      readonly isError: boolean;
      readonly code?: string;
      readonly text: string;
      readonly truncated: boolean;
      readonly durationMs: number;
    }
  | { readonly type: 'retry'; readonly code: string; readonly attempt: number; readonly delayMs: number }
  | ({ readonly type: 'usage'; readonly prefixShare: number | null } & ApiUsage)
  | { readonly type: 'context'; readonly usedTokens: number; readonly limit: number; readonly source: string }
  | { readonly type: 'warning'; readonly code: string; readonly message: string }
  | { readonly type: 'steered'; readonly text: string }
  | { readonly type: 'paused' | 'resumed' }
  | {
      readonly type: 'error';
      readonly code: string;
      readonly message: string;
      readonly hint: string | null;
      readonly availableModels?: readonly string[];
      readonly suggestions?: readonly string[];
      readonly reload?: { readonly model: string; readonly contextLength: number };
    }
  | {
      readonly type: 'run_end';
      readonly status: ApiRunEnd['status'];
      readonly code: string | null;
      readonly text: string;
      readonly rounds: number;
      readonly usage: ApiUsage;
      readonly recoveredCalls: number;
      readonly durationMs: number;
      readonly compactions: number;
      readonly prefixShare: number | null;
    };
