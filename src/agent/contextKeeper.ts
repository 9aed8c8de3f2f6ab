import type { ContextOverflowError } from '../base/errors';
import type { Conversation } from './conversation';
import type { Turn } from './turn';
import type { ToolDefinition, Usage } from './types';

/** Keeps a conversation within the context that the model was loaded with. */
export interface ContextKeeper {
  /**
   * Makes room before a request where it would not fit.
   * @throws ContextOverflowError where there is no room to be made, or the signal's reason
   */
  prepare(conversation: Conversation, tools: readonly ToolDefinition[], signal: AbortSignal): Promise<void>;
  /** What came of the request that `prepare` saw last. True where its answer was cut off because the context was full. */
  learn(turn: Turn): boolean;
  /**
   * The request was too long, or there was no room for its answer: learns the true limit and makes the conversation
   * shorter. False where it cannot become any shorter, so that to send it again is no use.
   */
  overflowed(
    error: ContextOverflowError | undefined,
    conversation: Conversation,
    tools: readonly ToolDefinition[],
    signal: AbortSignal,
  ): Promise<boolean>;
  /** The error as the end of a run tells it: with the numbers, and what to do. */
  explain(error: ContextOverflowError): ContextOverflowError;
  /** Tokens that its own requests took since this was last asked. */
  takeSpent(): Usage;
}
