/** The OpenAI-compatible chat wire as LM Studio speaks it (reference 3.2 to 3.4), behind the agent's `ChatModel` port. */
import type { ChatEvent, ChatModel, ChatRequest, OnPhase } from '../../agent/types';
import type { ToolCallMode } from '../toolCallMode';
import { chatBody, samplingFields } from './chatBody';
import { ChatStream } from './chatStream';
import type { SpeedMeter } from './speedMeter';
import { streamEvents } from './streaming';
import { createAnswererCheck } from './substitution';
import { ToolCalling } from './toolCalling';
import type { Wire } from './transport';

export interface ChatOptions extends Wire {
  /** The id to send. */
  readonly model: string;
  /** Whether an answer that names this model comes from the one that was asked for. */
  readonly isExpected: (answeredModel: string) => boolean;
  /** False: an answer of another model is no answer. Default true: it is a warning. */
  readonly acceptsSubstitute?: boolean | undefined;
  /** Times the turns, and estimates how long the server will read a prompt. */
  readonly speed?: SpeedMeter | undefined;
  /** See `StreamOptions`. */
  readonly firstByteMs?: number | undefined;
  /** How long the model stays in memory unused where this request loads it just in time (reference 2.9); else LM Studio decides. */
  readonly ttlSeconds?: number | undefined;
  /** Default: native. */
  readonly toolCalls?: ToolCallMode | undefined;
  /** Whether the model was trained for tool use; null where the server does not say. */
  readonly isTrainedForTools?: boolean | null;
}

export function createChatModel(options: ChatOptions): ChatModel {
  const { model, isExpected, acceptsSubstitute = true, speed, firstByteMs, ttlSeconds } = options;
  const ttl = ttlSeconds === undefined ? {} : { ttl: ttlSeconds };
  const onAnswerer = createAnswererCheck(model, isExpected, acceptsSubstitute);
  const calling = new ToolCalling(options.toolCalls ?? 'native', options.isTrainedForTools ?? null);

  const send = (request: ChatRequest, signal: AbortSignal, onPhase?: OnPhase): AsyncIterable<ChatEvent> => {
    const reader = new ChatStream(options.address.root, { onAnswerer, tools: request.tools });
    const { sampling, answering } = request;
    const body = {
      ...chatBody(model, sampling ? request : calling.prepare(request)),
      ...ttl,
      ...samplingFields(sampling ?? { ...answering, stop: [...(calling.stop ?? []), ...(answering?.stop ?? [])] }),
      ...(sampling ? {} : calling.choice(request)),
      stream: true,
      stream_options: { include_usage: true },
    };
    const watch = speed?.watch(request, onPhase) ?? { onPhase };
    return streamEvents(options, '/v1/chat/completions', body, reader, signal, {
      ...watch,
      firstByteMs,
      isRound: true,
    });
  };

  return {
    id: model,
    async *stream(request, signal, onPhase) {
      let isSilent = true;
      try {
        const announcement = calling.announcement(request);
        if (announcement) yield announcement;
        for await (const event of send(request, signal, onPhase)) {
          isSilent &&= event.type === 'warning';
          yield event;
        }
        return;
      } catch (error) {
        if (!isSilent || signal.aborted || !calling.switchAfter(error, request)) throw error;
      }
      const announcement = calling.announcement(request);
      if (announcement) yield announcement;
      yield* send(request, signal, onPhase);
    },
  };
}
