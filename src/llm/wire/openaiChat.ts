/** The OpenAI-compatible chat wire as LM Studio speaks it (reference 3.2 to 3.4), behind the agent's `ChatModel` port. */
import OpenAI, { APIConnectionError, APIError, APIUserAbortError } from 'openai';
import type {
  ChatCompletionCreateParamsStreaming,
  ChatCompletionMessageParam,
} from 'openai/resources/chat/completions';
import type { ChatEvent, ChatModel, ChatRequest, Message } from '../../agent/types';
import { abortReason, onAbort, throwIfAborted } from '../../base/abort';
import type { Clock } from '../../base/clock';
import { BridgeError } from '../../base/errors';
import { classifyAnswer, classifyFailure, classifyText, errorText, plainText, serverError } from '../errors';
import type { Fetch } from '../http';
import type { ServerAddress } from '../lmstudio/server';
import { ChatStream } from './chatStream';
import { readServerSentEvents } from './sse';

/** The `openai` client insists on a time-out; this is the longest that Node's timers take (24 days). */
const NO_TIMEOUT_MS = 2 ** 31 - 1;

export interface ChatOptions {
  readonly address: ServerAddress;
  readonly fetch: Fetch;
  readonly clock: Clock;
  /** The id to send. */
  readonly model: string;
  /** Whether an answer that names this model comes from the one that was asked for. */
  readonly isExpected: (answeredModel: string) => boolean;
  /** How long the model stays in memory unused where this request loads it just in time (reference 2.9); else LM Studio decides. */
  readonly ttlSeconds?: number | undefined;
}

export function createChatModel(options: ChatOptions): ChatModel {
  const { root, token } = options.address;
  const client = new OpenAI({
    baseURL: `${root}/v1`,
    // The client demands a key; without a token no Authorization header leaves (reference 1.7).
    apiKey: token ?? 'none',
    defaultHeaders: { Authorization: token === undefined ? null : `Bearer ${token}` },
    organization: null,
    project: null,
    fetch: (url, init) => options.fetch(url, { ...init, headers: ownHeaders(init?.headers) }),
    // One policy owns retries and time-outs, and it is not this client's.
    maxRetries: 0,
    timeout: NO_TIMEOUT_MS,
    logLevel: 'off',
  });
  let hasWarned = false;

  async function* stream(request: ChatRequest, signal: AbortSignal): AsyncGenerator<ChatEvent> {
    const turn = new ChatStream(root);
    // The client never takes its listeners off a signal, and the run's signal lives for many turns.
    const own = new AbortController();
    const listening = onAbort(signal, () => {
      own.abort(abortReason(signal));
    });
    try {
      const response = await send(client, toParams(options, request), root, own.signal);
      for await (const batch of readServerSentEvents(response, () => turn.isDone, options.clock)) {
        for (const frame of batch) {
          // Not `yield*`, which wraps every event of a synchronous generator in promises.
          for (const event of turn.read(frame.data, frame.event)) yield event;
          throwIfAborted(signal);
        }
        if (!hasWarned && turn.model !== undefined && !options.isExpected(turn.model)) {
          hasWarned = true;
          yield substituted(options.model, turn.model);
        }
        if (turn.isDone) break;
      }
    } catch (error) {
      throw error instanceof BridgeError && !signal.aborted ? error : classifyFailure(error, root, signal);
    } finally {
      listening.dispose();
    }
    yield* turn.end();
  }

  return { id: options.model, stream };
}

/** Without what the client adds by itself: its telemetry, and headers from the environment meant for another service. */
function ownHeaders(all: RequestInit['headers']): Headers {
  const given = new Headers(all);
  return new Headers(
    ['accept', 'content-type', 'authorization'].flatMap((name): [string, string][] => {
      const value = given.get(name);
      return value === null ? [] : [[name, value]];
    }),
  );
}

async function send(client: OpenAI, params: ChatParams, root: string, signal: AbortSignal) {
  try {
    const response = await client.chat.completions.create(params, { signal }).asResponse();
    const type = response.headers.get('content-type') ?? '';
    if (response.body && /text\/event-stream/i.test(type)) return response.body;
    // LM Studio answers 200 to unknown routes, so a success that is no stream is an error in disguise (reference 1.2).
    throw classifyAnswer(response.status, await response.text(), root);
  } catch (error) {
    throw toBridgeError(error, root, signal);
  }
}

function toBridgeError(error: unknown, root: string, signal: AbortSignal): BridgeError {
  if (error instanceof BridgeError && !signal.aborted) return error;
  if (error instanceof APIUserAbortError || error instanceof APIConnectionError)
    return classifyFailure(error, root, signal);
  if (error instanceof APIError && typeof error.status === 'number') {
    const status = error.status;
    if (status >= 300 && status < 400) {
      return serverError(
        'wrong-server',
        `${root} redirects elsewhere (HTTP ${String(status)}); give the address it redirects to.`,
        error,
      );
    }
    return classifyText(status, errorText({ error: error.error as unknown }) ?? plainText(error.message), root);
  }
  return classifyFailure(error, root, signal);
}

/** `ttl` is LM Studio's own. */
type ChatParams = ChatCompletionCreateParamsStreaming & { readonly ttl?: number };

function toParams({ model, ttlSeconds }: ChatOptions, request: ChatRequest): ChatParams {
  return {
    model,
    ...(ttlSeconds === undefined ? {} : { ttl: ttlSeconds }),
    messages: request.messages.map(toParam),
    ...(request.tools.length === 0
      ? {}
      : {
          tools: request.tools.map((tool) => ({
            type: 'function' as const,
            function: { name: tool.name, description: tool.description, parameters: tool.inputSchema },
          })),
        }),
    stream: true,
    stream_options: { include_usage: true },
  };
}

function toParam(message: Message): ChatCompletionMessageParam {
  switch (message.role) {
    case 'system':
    case 'user':
      return { role: message.role, content: message.content };
    case 'assistant':
      return {
        role: 'assistant',
        content: message.content,
        ...(message.toolCalls.length === 0
          ? {}
          : {
              tool_calls: message.toolCalls.map((call) => ({
                id: call.id,
                type: 'function' as const,
                function: { name: call.name, arguments: call.arguments },
              })),
            }),
      };
    case 'tool':
      return { role: 'tool', tool_call_id: message.toolCallId, content: message.content };
  }
}

function substituted(asked: string, answered: string): ChatEvent {
  return {
    type: 'warning',
    code: 'model-substituted',
    message: `The server answered with "${answered}" although "${asked}" was asked for.`,
  };
}
