import type { ContextOverflowError } from '../base/errors';
import type { Conversation } from './conversation';
import type { ToolDefinition, Usage } from './types';

/** Keeps a conversation within the context that the model was loaded with. */
export interface ContextKeeper {
  /** Makes room before a request where it would not fit. Throws only the signal's reason. */
  prepare(conversation: Conversation, tools: readonly ToolDefinition[], signal: AbortSignal): Promise<void>;
  /** What the server counted for the request that `prepare` saw last. */
  learn(usage: Usage): void;
  /**
   * The server found that request too long: learns the true limit and makes the conversation shorter. False where it
   * cannot become any shorter, so that to send it again is no use.
   */
  overflowed(
    error: ContextOverflowError,
    conversation: Conversation,
    tools: readonly ToolDefinition[],
    signal: AbortSignal,
  ): Promise<boolean>;
}
