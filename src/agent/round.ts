/** One request of a run with everything that can save it: room made before it, the true limit learned, a lost model reloaded. */
import { type BridgeError, ContextOverflowError, isBridgeError } from '../base/errors';
import type { RetryPolicy } from '../base/retry';
import type { ContextKeeper } from './contextKeeper';
import type { Conversation } from './conversation';
import { PromptReuse } from './promptReuse';
import { takeTurn, type Turn, type TurnOptions } from './turn';
import type { ToolDefinition } from './types';

export interface RoundOptions extends TurnOptions {
  /** Absent: the conversation is sent as it is. */
  readonly context?: ContextKeeper | undefined;
  /**
   * Called where a turn failed for good, such as when its model is gone. True where the cause is gone now, so that the
   * turn may be taken again. Throws only the signal's reason. Absent: such failures end the run.
   */
  readonly recover?: ((error: BridgeError, signal: AbortSignal) => Promise<boolean>) | undefined;
}

/** Asks the model, again where that can help: once for a prompt that was too long, once for a model that was lost. */
export class RoundTaker {
  readonly #reuse = new PromptReuse();

  constructor(private readonly options: RoundOptions) {}

  /** @throws BridgeError where the model fails for good, or the signal's reason. No tool has run by then. */
  async take(conversation: Conversation, tools: readonly ToolDefinition[], signal: AbortSignal): Promise<Turn> {
    const { context, emit } = this.options;
    await context?.prepare(conversation, tools, signal);
    const cures = new Set<'shortened' | 'recovered'>();
    const turn = { ...this.options, retry: overRound(this.options.retry) };
    for (;;) {
      const prefixShare = this.#reuse.next(conversation.messages);
      try {
        const taken = await takeTurn({ messages: conversation.messages, tools }, turn, signal);
        emit({ type: 'usage', ...taken.usage, prefixShare });
        context?.learn(taken.usage);
        return taken;
      } catch (error) {
        const cure = await this.#cure(error, conversation, tools, signal);
        if (!cure || cures.has(cure) || !isBridgeError(error)) throw error;
        cures.add(cure);
        emit({ type: 'retry', code: error.code, attempt: cures.size, delayMs: 0 });
      }
    }
  }

  async #cure(error: unknown, conversation: Conversation, tools: readonly ToolDefinition[], signal: AbortSignal) {
    if (signal.aborted || !isBridgeError(error)) return undefined;
    const { context, recover } = this.options;
    if (error instanceof ContextOverflowError) {
      return (await context?.overflowed(error, conversation, tools, signal)) === true ? 'shortened' : undefined;
    }
    return (await recover?.(error, signal)) === true ? 'recovered' : undefined;
  }
}

/** The same policy, with its attempts counted over the whole round: a cure is one request more, not all of them again. */
function overRound(policy: RetryPolicy): RetryPolicy {
  let repeats = 0;
  return {
    delayAfter(error) {
      const delayMs = policy.delayAfter(error, repeats + 1);
      if (delayMs !== undefined) repeats++;
      return delayMs;
    },
  };
}
