/** How a task learns how far its model is, where the server gives it: from the endpoint itself, or out of the server's log. */
import type { ChatModel } from '../agent/types';
import type { Logger } from '../base/logger';
import type { LmsCli } from '../llm/lmstudio/lmsCli';
import { createNativeChatModel } from '../llm/lmstudio/nativeChat';
import { withLoggedProgress } from '../llm/lmstudio/promptLog';
import type { ChosenModel } from '../llm/lmstudio/selection';
import type { ChatOptions } from '../llm/wire/openaiChat';

/** What a door allows for this. */
export interface ProgressSources {
  /** Whether the server is known to have `/api/v1`, whose chat then serves what it can. Asked before each request. */
  readonly hasNativeChat: () => boolean;
  /** To follow the server's log with; absent: not allowed, or the server is not one of this machine. */
  readonly log?: { readonly lms: LmsCli; readonly port: number } | undefined;
  readonly logger: Logger;
}

/** The chosen model, telling its progress. Answers as the ordinary one of the same options. */
export function createTellingModel(
  options: ChatOptions,
  chosen: ChosenModel,
  { hasNativeChat, log, logger }: ProgressSources,
): ChatModel {
  const { model, contextLength, contextSource } = chosen;
  // A load by the native chat takes no time to live: where one is set, it goes first.
  const mayServe = options.ttlSeconds === undefined || Boolean(model.instances?.length);
  const native = createNativeChatModel({
    ...options,
    isSpoken: () => mayServe && hasNativeChat(),
    contextLength: contextSource === 'loaded-instance' ? contextLength : null,
  });
  // Of several copies, only the one that was asked counts.
  const names = (model.instances?.length ?? 0) > 1 ? [chosen.id] : [chosen.id, model.key, ...model.variants];
  return log ? withLoggedProgress(native, { ...log, names, clock: options.clock, logger }) : native;
}
