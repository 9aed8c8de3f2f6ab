/** The OpenAI-compatible chat wire as LM Studio speaks it (reference 3.2 to 3.4), behind the agent's `ChatModel` port. */
import type { ChatEvent, ChatModel } from '../../agent/types';
import { ModelNotFoundError } from '../../base/errors';
import { chatBody } from './chatBody';
import { ChatStream } from './chatStream';
import type { SpeedMeter } from './speedMeter';
import { streamEvents } from './streaming';
import type { Wire } from './transport';

const SUBSTITUTE_HINT =
  'Load the model that was asked for, or allow another one to answer (--on-substitution warn, or the setting lmstudioBridge.onModelSubstitution).';

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
}

export function createChatModel(options: ChatOptions): ChatModel {
  const { model, isExpected, acceptsSubstitute = true, speed, firstByteMs, ttlSeconds } = options;
  const ttl = ttlSeconds === undefined ? {} : { ttl: ttlSeconds };
  let hasWarned = false;

  const onAnswerer = (answered: string): ChatEvent | undefined => {
    if (isExpected(answered)) return undefined;
    const message = `The server answered with "${answered}" although "${model}" was asked for.`;
    if (!acceptsSubstitute) throw new ModelNotFoundError(model, [answered], { message, hint: SUBSTITUTE_HINT });
    if (hasWarned) return undefined;
    hasWarned = true;
    return { type: 'warning', code: 'model-substituted', message };
  };

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
