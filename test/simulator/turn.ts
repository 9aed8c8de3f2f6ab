/**
 * What a simulated model does with one chat request, declared as data. Faults are fields here and are played in
 * chatStream.ts; faults.ts names the known ones.
 */
import type { ChatRequest } from './chatRequest';
import type { JsonObject, JsonValue } from './json';
import type { LeakFormat } from './leaks';
import type { Ragged } from './ragged';

export type ToolMatch = string | RegExp | ((name: string) => boolean);

export interface ScriptedToolCall {
  /** The name as it is sent, offered or not. */
  readonly name?: string;
  /** Picks the first offered tool whose name matches (a string: contains). One of `name` and `match` is needed. */
  readonly match?: ToolMatch;
  /** An object is serialised; a string is sent as it is, well-formed or not. Default `{}`. */
  readonly arguments?: JsonObject | string;
  /** Default: nine digits, as LM Studio makes them. The empty string is a known fault (BT#830). */
  readonly id?: string;
}

/** Where reasoning appears on the wire. `think-tags`: inside the content (§3.2). */
export type ReasoningField = 'reasoning_content' | 'reasoning' | 'think-tags';

export interface Turn {
  readonly reasoning?: string;
  /** Default: the model's own (`reasoning` for gpt-oss), else `reasoning_content`. */
  readonly reasoningField?: ReasoningField;
  readonly text?: string;
  readonly toolCalls?: readonly ScriptedToolCall[];
  /** Default: `tool_calls` with tool calls, else `stop`. */
  readonly finish?: 'stop' | 'length' | 'tool_calls';
  /** Characters per delta; default: a word per delta. */
  readonly chunkSize?: number;

  /** Silence before the first byte, headers included (prefill), in ms on the simulator's clock. Ends with the client. */
  readonly delayMs?: number;
  /** Silence before the first byte until this settles. */
  readonly holdHeaders?: Promise<unknown>;
  /** The stream waits for this after `holdAfter` deltas (default 1): a test can cancel in mid-stream without a sleep. */
  readonly hold?: Promise<unknown>;
  readonly holdAfter?: number;

  /** Another model id in the answer than the one that served. */
  readonly model?: string;
  /** Instead of a generation: a plain error response. */
  readonly error?: { readonly status: number; readonly body: JsonValue };
  /** After what was streamed: an error frame with this message, then the end (§3.3). */
  readonly midStreamError?: string;
  /** Only this many deltas, then the end of the stream without finish_reason and `[DONE]`. */
  readonly cutAfter?: number;
  /** After what was streamed (with nothing to stream: before the headers) the connection is reset. */
  readonly resetSocket?: boolean;
  /** Tool call deltas without `index`. */
  readonly omitIndex?: boolean;
  /** `name: ""` in the later deltas of a tool call (BT#649, before 0.3.16). */
  readonly repeatEmptyName?: boolean;
  /** No usage, although the request asked for it. */
  readonly omitUsage?: boolean;
  /** Usage that counts so many tokens in the prompt: of one that the server has silently cut (§3.3 E9). */
  readonly promptTokens?: number;
  /** Usage that counts nothing. */
  readonly zeroUsage?: boolean;
  /** Tool calls whose first delta has no `id` at all, or a number for one. */
  readonly toolIds?: 'missing' | 'number';
  /** Tool calls under the name that the model saw: in snake_case, whatever was offered (§3.4, since 0.3.23). */
  readonly snakeCaseNames?: boolean;
  /** The tool calls come as text, unrecognised by the parser, and `finish` is `stop` (§3.4). */
  readonly leakAs?: LeakFormat;
  /** Where the leaked text appears, after what stands there. Default `text`. */
  readonly leakInto?: 'text' | 'reasoning';
  /** After the first delta a line that is broken; every frame is whole but for it (§3.4). */
  readonly corruptLine?: 'spliced' | 'cut-off';
  /** A stream without `[DONE]`, or without the frame that holds finish_reason. */
  readonly omitDone?: boolean;
  readonly omitFinish?: boolean;
  /** How the bytes arrive. Default: as the simulator is set. */
  readonly ragged?: Ragged;
}

/**
 * Turns in order, one per chat request that reaches generation; or a function of the request and its number (from 0).
 * When an array has no turn left, the request is answered 500 with a text that says so.
 */
export type Script = readonly Turn[] | ((request: ChatRequest, index: number) => Turn | Promise<Turn>);
