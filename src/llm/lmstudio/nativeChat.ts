/**
 * LM Studio's own chat, `POST /api/v1/chat` (reference 2.6): the one endpoint that says how far the load of the model and
 * the prompt are. It takes no tools and no earlier answers, so it serves the requests that have neither.
 */
import type { ChatModel, ChatRequest, Message } from '../../agent/types';
import { type BridgeError, isBridgeError, LLMClientError } from '../../base/errors';
import type { JsonObject } from '../../base/json';
import { type ChatOptions, createChatModel } from '../wire/openaiChat';
import { streamEvents } from '../wire/streaming';
import { createAnswererCheck } from '../wire/substitution';
import { NativeChatStream } from './nativeChatStream';

export interface NativeChatOptions extends ChatOptions {
  /** Asked before each request: whether the server is known to have `/api/v1`. */
  readonly isSpoken: () => boolean;
  /** Tokens of the loaded context, where they are known: the only sign of an answer that was cut off. */
  readonly contextLength: number | null;
}

type TextPart = 'message' | 'text';
type UserMessage = Extract<Message, { role: 'user' }>;

interface Question {
  readonly system: string | undefined;
  readonly user: UserMessage;
}

/**
 * A model that uses `/api/v1/chat` where it can and `/v1/chat/completions` everywhere else. Where the server has no such
 * endpoint, or refuses the request, the ordinary one answers from then on.
 */
export function createNativeChatModel(options: NativeChatOptions): ChatModel {
  const { model, isSpoken, isExpected, acceptsSubstitute = true, speed, firstByteMs, contextLength } = options;
  const ordinary = createChatModel(options);
  const onAnswerer = createAnswererCheck(model, isExpected, acceptsSubstitute);
  let isRefused = false;
  // Reference 2.6: builds differ in what they call an item of text, and say so by `invalid_union`.
  let parts: readonly TextPart[] = ['message', 'text'];

  const ask = (question: Question, part: TextPart, ...[request, signal, onPhase]: Parameters<ChatModel['stream']>) => {
    const reader = new NativeChatStream(options.address.root, { onAnswerer, contextLength });
    const watch = speed?.watch(request, onPhase) ?? { onPhase };
    const body = nativeBody(model, question, part);
    return streamEvents(options, '/api/v1/chat', body, reader, signal, { ...watch, firstByteMs });
  };

  return {
    id: model,
    async *stream(...sending) {
      const [request, signal] = sending;
      const question = !isRefused && isSpoken() ? questionOf(request) : undefined;
      if (question) {
        for (const part of parts) {
          let hasSpoken = false;
          try {
            for await (const event of ask(question, part, ...sending)) {
              hasSpoken = true;
              yield event;
            }
            return;
          } catch (error) {
            if (hasSpoken || signal.aborted || !isRefusal(error)) throw error;
            if (!isOtherPart(error)) break;
            parts = parts.filter((other) => other !== part);
          }
        }
        isRefused = true;
      }
      yield* ordinary.stream(...sending);
    },
  };
}

/** The request, where this endpoint can express it: a person's message, perhaps after a system prompt, and no tools. */
function questionOf({ messages, tools, sampling, answering }: ChatRequest): Question | undefined {
  if (sampling ?? answering) return undefined;
  const [first, ...rest] = messages;
  const system = first?.role === 'system' ? first.content : undefined;
  const [user, ...more] = system === undefined ? messages : rest;
  return tools.length === 0 && user?.role === 'user' && more.length === 0 ? { system, user } : undefined;
}

/** Stored nowhere: nothing goes on from it. */
function nativeBody(model: string, { system, user }: Question, part: TextPart): JsonObject {
  const images = (user.images ?? []).map((url) => ({ type: 'image', data_url: url }));
  return {
    model,
    input: images.length === 0 ? user.content : [...images, { type: part, content: user.content }],
    ...(system === undefined ? {} : { system_prompt: system }),
    store: false,
    stream: true,
  };
}

/** The endpoint is not there, not for this token, or does not take the request; nothing was generated. */
function isRefusal(error: unknown): error is BridgeError {
  if (isBridgeError(error, 'wrong-server')) return true;
  if (!(error instanceof LLMClientError)) return false;
  return error.status === 403 || (error.status === 400 && error.code === 'bad-response');
}

function isOtherPart({ message }: BridgeError): boolean {
  return /invalid_union|Invalid discriminator value/i.test(message);
}
