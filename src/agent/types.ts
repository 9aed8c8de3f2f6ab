/**
 * The contracts of the agent: what it says to a model, what it needs from the rooms around it (ports), and what it
 * reports while it works (events). Everything here is data or an interface; nothing does anything.
 */
import type { ErrorCode } from '../base/errors';
import type { JsonObject } from '../base/json';

// --- The conversation ------------------------------------------------------------------------------------------------

/**
 * A tool call as it stands in the conversation. `arguments` is the text the model wrote, or where that could not stand
 * there what ran instead; `{}` where it could not be read.
 */
export interface AssistantToolCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
}

export type Message =
  | { readonly role: 'system'; readonly content: string }
  /** `images`: data URLs (`data:image/png;base64,…`), which is what LM Studio takes; the model sees them before the text. */
  | { readonly role: 'user'; readonly content: string; readonly images?: readonly string[] }
  | { readonly role: 'assistant'; readonly content: string; readonly toolCalls: readonly AssistantToolCall[] }
  /** `images`: as in a user message; only where the model sees. */
  | {
      readonly role: 'tool';
      readonly toolCallId: string;
      readonly content: string;
      readonly images?: readonly string[];
    };

// --- Port: the model -------------------------------------------------------------------------------------------------

/** A tool as the model sees it. `name` matches `[a-z0-9_]{1,64}`, which every model template leaves alone (reference 3.4). */
export interface ToolDefinition {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: JsonObject;
}

/** How a turn is answered where somebody wants it otherwise than the server does by itself. */
export interface Answering {
  readonly temperature?: number | undefined;
  readonly topP?: number | undefined;
  /** Tokens of the answer, its reasoning included. */
  readonly maxTokens?: number | undefined;
  readonly stop?: readonly string[] | undefined;
  /** The answer has to call a tool. Asked for, and by most servers kept, but no promise. */
  readonly mustCall?: boolean | undefined;
}

export interface ChatRequest {
  readonly messages: readonly Message[];
  /** In an order that never changes within a run, so that the server's prompt cache holds. */
  readonly tools: readonly ToolDefinition[];
  /** For a turn of the conversation itself, its tools included. Absent: the server's defaults. */
  readonly answering?: Answering | undefined;
  /** For a request that is none of the run's own turns: how it is answered, and that it has no part in the run's tools. Absent: the server's defaults. */
  readonly sampling?: {
    readonly temperature?: number | undefined;
    /** Tokens of the answer, its reasoning included. */
    readonly maxTokens?: number | undefined;
    readonly stop?: readonly string[] | undefined;
  };
}

/** Tokens of one request; null where the server did not say. */
export interface Usage {
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
  readonly reasoningTokens: number | null;
}

export type FinishReason = 'stop' | 'length' | 'tool-calls';

export type ChatEvent =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'reasoning'; readonly text: string }
  /** A whole call. `id` is the server's, empty where it gave none. `recovered`: found in text, not sent as a call. */
  | {
      readonly type: 'tool-call';
      readonly id: string;
      readonly name: string;
      readonly arguments: string;
      readonly recovered: boolean;
    }
  /** Something the person should know although the turn goes on, such as another model answering. */
  | { readonly type: 'warning'; readonly code: string; readonly message: string }
  /** Last, exactly once. */
  | { readonly type: 'finish'; readonly reason: FinishReason; readonly usage: Usage };

/**
 * What a request is doing. Each begins when it is reported, so the caller's clock knows how long it has lasted.
 *
 * `queued`: other requests of ours come first; `place` 1 is the next one, and each move forward is reported.
 * `loading-model`: the server says that it loads the model; where it cannot say so, the load is in `processing-prompt`.
 * `processing-prompt`: the server has the request and has said nothing yet: it loads the model, reads the prompt, or
 * serves somebody else; LM Studio does not say which (reference 3.4). `estimatedMs` is how long reading the prompt took
 * this model in proportion before, null where that is not known: an estimate, never a promise.
 * `generating`: the answer begins.
 *
 * `progress`, 0 to 1, is what the server itself says; null where it says nothing. A phase with `progress` is reported
 * again for each step, at most once for each whole percent.
 */
export type Phase =
  | { readonly phase: 'queued'; readonly place: number }
  | { readonly phase: 'connecting' }
  | { readonly phase: 'loading-model'; readonly progress: number | null }
  | { readonly phase: 'processing-prompt'; readonly estimatedMs: number | null; readonly progress: number | null }
  | { readonly phase: 'generating' };

/** Must not throw. */
export type OnPhase = (phase: Phase) => void;

/**
 * A model that can be talked to.
 *
 * `stream` sends one request when it is first iterated and yields events in the order they arrive; all tool calls come
 * after the text, directly before `finish`. It throws a `BridgeError` for every failure, also in mid-stream; a stream
 * that ends without `finish` does not exist. When `signal` fires it stops the request and throws the signal's reason.
 * Breaking out of the iteration stops the request too.
 */
export interface ChatModel {
  /** The id sent to the server. */
  readonly id: string;
  stream(request: ChatRequest, signal: AbortSignal, onPhase?: OnPhase): AsyncIterable<ChatEvent>;
}

// --- Port: tools -----------------------------------------------------------------------------------------------------

export interface Tool {
  readonly definition: ToolDefinition;
  /** Name of the MCP server that offers it, or of the program where `ofHost`. */
  readonly server: string;
  /** The server's own name for it. */
  readonly name: string;
  /** The server claims that the tool changes nothing (`readOnlyHint`). A claim, not a fact. */
  readonly readOnly: boolean;
  /** Further claims of the server (`destructiveHint`, `openWorldHint`); absent: it says nothing. */
  readonly destructive?: boolean | undefined;
  readonly openWorld?: boolean | undefined;
  /** Offered by the program that the task runs in, not by an MCP server. */
  readonly ofHost?: boolean | undefined;
}

/** `images`: data URLs of the pictures among the content; `text` says of each that it is there. */
export type ToolOutcome =
  | { readonly isError: false; readonly text: string; readonly images?: readonly string[] }
  | { readonly isError: true; readonly code: ErrorCode; readonly text: string; readonly images?: readonly string[] };

/** A call as a model writes it: `arguments` is JSON text. */
export type PassedOnCall = Pick<AssistantToolCall, 'name' | 'arguments'>;

/**
 * The tools of a run. Neither list ever changes during the run, so that the server's prompt cache holds.
 *
 * `call` runs one tool with arguments that fit its schema. Whatever goes wrong with the tool or its server is an
 * outcome with `isError`; it throws only the signal's reason when the signal fires.
 */
export interface ToolSource {
  /** All that can be called. */
  readonly tools: readonly Tool[];
  /** Those that every request offers to the model, where that is not all of them. */
  readonly offered?: readonly Tool[] | undefined;
  /** The call that a call of `tool` only passes on: that one is reported, asked for and run in its place. */
  readonly meant?: ((tool: Tool, args: JsonObject) => PassedOnCall | undefined) | undefined;
  /** Why a tool of this name, which a server has, is not among `tools`: a sentence for the model. */
  readonly whyWithheld?: ((name: string) => string | undefined) | undefined;
  call(tool: Tool, args: JsonObject, signal: AbortSignal): Promise<ToolOutcome>;
}

/** Keeps whole what the model was given only a part of. */
export interface ResultStore {
  /** What to tell the model about where the rest is; undefined where the text could not be kept. Never throws. */
  keep(text: string): Promise<string | undefined>;
}

// --- Port: approval --------------------------------------------------------------------------------------------------

export interface ApprovalRequest {
  /** Id of the `tool_call` event. */
  readonly callId: string;
  readonly tool: Tool;
  readonly arguments: JsonObject;
  /** What the model said before the call, which is why it makes it; may be empty. Its words: data, not facts. */
  readonly reason: string;
  /**
   * Why this call needs a person's own yes, whatever was allowed before: a sentence or more for people, in our words
   * except for the names in it. Absent: nothing speaks against it.
   */
  readonly caution?: string | undefined;
}

/** `allowed`: nobody had to be asked. `approved` and `denied`: somebody decided, and `reason` says who or why. */
export type ApprovalDecision =
  { readonly kind: 'allowed' } | { readonly kind: 'approved' | 'denied'; readonly reason: string };

/** Asked once before every tool call. Throws only the signal's reason when the signal fires while it waits. */
export interface ApprovalGate {
  decide(request: ApprovalRequest, signal: AbortSignal): Promise<ApprovalDecision>;
}

// --- Port: the person ------------------------------------------------------------------------------------------------

/** What a person does to a run while it goes on. All throw only the signal's reason. */
export interface RunControl {
  /** Waits as long as the run is paused. */
  whenGoing(signal: AbortSignal): Promise<void>;
  /** What the person has added since this was last asked, oldest first. Waits as long as the run is paused. */
  next(signal: AbortSignal): Promise<readonly string[]>;
  /** The run goes round in circles, as `problem` says in one sentence: shall it go on all the same? */
  mayGoOn(problem: string, signal: AbortSignal): Promise<boolean>;
}

// --- Port: the journal -----------------------------------------------------------------------------------------------

/** `code`: why the call failed; null: it did not. `truncated`: as in the `tool_result` event. */
export interface CallOutcome {
  readonly code: ErrorCode | null;
  readonly durationMs: number;
  readonly truncated: boolean;
}

/** Which tool a call means, as in the `tool_call` event. `arguments`: where it only passes on another call, those of that one. */
export interface MeantCall {
  readonly server: string | null;
  readonly tool: string;
  readonly arguments?: JsonObject;
}

/** What a run must remember to be taken up again after a crash, in the order in which it happened. */
export type JournalEntry =
  /** For people who look at the run later: `meant`: of the calls in the message, `outcome`: of the call whose result it is. */
  | {
      readonly type: 'message';
      readonly message: Message;
      readonly meant?: readonly MeantCall[] | undefined;
      readonly outcome?: CallOutcome | undefined;
    }
  /** A call is about to run. Where no result of the same id follows, nobody knows what it did. */
  | {
      readonly type: 'call';
      readonly id: string;
      readonly server: string;
      readonly tool: string;
      readonly arguments: JsonObject;
      readonly readOnly: boolean;
    }
  /** The conversation was made shorter: these messages stand for all before. */
  | { readonly type: 'conversation'; readonly messages: readonly Message[] }
  | ({ readonly type: 'usage'; readonly round: number } & Usage);

export interface RunJournal {
  /** Keeps the order; must not throw. */
  record(entry: JournalEntry): void;
  /** Settles when the end of this process no longer loses what was recorded so far. Never throws: `flush` tells of failures. */
  written(): Promise<void>;
  /** Settles when everything recorded so far would survive a crash. Throws a `BridgeError` where the disk refuses. */
  flush(): Promise<void>;
}

// --- What the agent reports ------------------------------------------------------------------------------------------

/** The field names are those of the NDJSON contract of the command line (docs/cli.md). */
export type AgentEvent =
  | { readonly type: 'round_start'; readonly round: number }
  | ({ readonly type: 'phase' } & Phase)
  | { readonly type: 'reasoning_delta'; readonly text: string }
  | { readonly type: 'text_delta'; readonly text: string }
  | {
      readonly type: 'tool_call';
      readonly id: string;
      readonly server: string | null;
      readonly tool: string;
      readonly arguments: JsonObject;
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
      readonly code?: ErrorCode;
      readonly text: string;
      readonly truncated: boolean;
      readonly durationMs: number;
    }
  | { readonly type: 'retry'; readonly code: ErrorCode; readonly attempt: number; readonly delayMs: number }
  /** `prefixShare`: how much of the last prompt this one repeats as its exact beginning, 0–1; null for the first. */
  | ({ readonly type: 'usage'; readonly prefixShare: number | null } & Usage)
  /** After each round: what prompt and answer took of the context, and from where that is known. */
  | {
      readonly type: 'context';
      readonly usedTokens: number;
      readonly limit: number;
      readonly source: ContextSource;
    }
  | { readonly type: 'warning'; readonly code: string; readonly message: string }
  /** What the person said stands in the conversation now: the next request has it. */
  | { readonly type: 'steered'; readonly text: string }
  /** The run waits for the person to let it go on, before a request or a tool call; and it goes on again. */
  | { readonly type: 'paused' | 'resumed' };

/** `server-error`: the server named it when a prompt was too long. `assumed`: nobody says. */
export type ContextSource = 'loaded-instance' | 'model-maximum' | 'server-error' | 'assumed';

export interface AgentLimits {
  /**
   * Model requests with tools, at least 1. The calls of the last one still run: what the model began is not left half
   * done. One more request, without tools, asks for the answer then.
   */
  readonly maxRounds: number;
  /** Prompt plus completion tokens over the whole run. */
  readonly maxTokens: number | undefined;
}

/** How a run ended that did not throw. `text` is the last round's text; `usage` the totals. */
export interface AgentOutcome {
  readonly status: 'completed' | 'limit';
  readonly code: 'limit-rounds' | 'limit-tokens' | 'loop-detected' | null;
  readonly text: string;
  readonly rounds: number;
  readonly usage: Usage;
}
