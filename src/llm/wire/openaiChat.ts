/** The OpenAI-compatible chat wire as LM Studio speaks it (reference 3.2 to 3.4), behind the agent's `ChatModel` port. */
import type { ChatModel } from '../../agent/types';
import { chatBody } from './chatBody';
import { ChatStream } from './chatStream';
import type { SpeedMeter } from './speedMeter';
import { streamEvents } from './streaming';
import { warnOnSubstitute } from './substitution';
import type { Wire } from './transport';

export interface ChatOptions extends Wire {
  /** The id to send. */
  readonly model: string;
  /** Whether an answer that names this model comes from the one that was asked for. */
  readonly isExpected: (answeredModel: string) => boolean;
  /** Times the turns, and estimates how long the server will read a prompt. */
  readonly speed?: SpeedMeter | undefined;
  /** See `StreamOptions`. */
  readonly firstByteMs?: number | undefined;
  /** How long the model stays in memory unused where this request loads it just in time (reference 2.9); else LM Studio decides. */
  readonly ttlSeconds?: number | undefined;
}

export function createChatModel(options: ChatOptions): ChatModel {
  const { model, isExpected, speed, firstByteMs, ttlSeconds } = options;
  const ttl = ttlSeconds === undefined ? {} : { ttl: ttlSeconds };
  const onAnswerer = warnOnSubstitute(model, isExpected);
  return {
    id: model,
    stream(request, signal, onPhase) {
      const reader = new ChatStream(options.address.root, { onAnswerer });
      const body = { ...chatBody(model, request), ...ttl, stream: true, stream_options: { include_usage: true } };
      const watch = speed?.watch(request, onPhase) ?? { onPhase };
      return streamEvents(options, '/v1/chat/completions', body, reader, signal, { ...watch, firstByteMs });
    },
  };
}
