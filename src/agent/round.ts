/** One request of a run with everything that can save it: room made before it, the true limit learned, a lost model reloaded. */
import * as l10n from '@vscode/l10n';
import { type BridgeError, ContextOverflowError, type ErrorCode, isBridgeError } from '../base/errors';
import type { RetryPolicy } from '../base/retry';
import type { ContextKeeper } from './contextKeeper';
import type { Conversation } from './conversation';
import { PromptReuse } from './promptReuse';
import { takeTurn, type Turn, type TurnOptions } from './turn';
import type { ToolDefinition } from './types';
import { addUsage, NO_USAGE } from './usage';

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
    const cures = new Set<Cure>();
    const options = { ...this.options, retry: overRound(this.options.retry) };
    let wasted = NO_USAGE;
    const retry = (cure: Cure, code: ErrorCode): void => {
      cures.add(cure);
      emit({ type: 'retry', code, attempt: cures.size, delayMs: 0 });
    };
    for (;;) {
      const prefixShare = this.#reuse.next(conversation.messages);
      try {
        const turn = await takeTurn({ messages: conversation.messages, tools }, options, signal);
        emit({ type: 'usage', ...turn.usage, prefixShare });
        if (await this.#needsRoom(turn, cures, conversation, tools, signal)) {
          wasted = addUsage(wasted, turn.usage);
          retry('shortened', 'context-overflow');
          continue;
        }
        const spent = addUsage(wasted, context?.takeSpent() ?? NO_USAGE);
        return { ...turn, usage: addUsage(turn.usage, spent) };
      } catch (error) {
        const cure = await this.#cure(error, cures, conversation, tools, signal);
        if (!cure || !isBridgeError(error)) {
          throw error instanceof ContextOverflowError ? (context?.explain(error) ?? error) : error;
        }
        retry(cure, error.code);
      }
    }
  }

  /** The answer was cut off because the context was full, and there is room now for a whole one. */
  async #needsRoom(
    turn: Turn,
    cures: ReadonlySet<Cure>,
    conversation: Conversation,
    tools: readonly ToolDefinition[],
    signal: AbortSignal,
  ): Promise<boolean> {
    const { context, emit } = this.options;
    if (context?.learn(turn) !== true) return false;
    const message = l10n.t('The answer was cut off because the context of the model is full.');
    emit({ type: 'warning', code: 'context-full', message });
    return !cures.has('shortened') && (await context.overflowed(undefined, conversation, tools, signal));
  }

  async #cure(
    error: unknown,
    cures: ReadonlySet<Cure>,
    conversation: Conversation,
    tools: readonly ToolDefinition[],
    signal: AbortSignal,
  ): Promise<Cure | undefined> {
    if (signal.aborted || !isBridgeError(error)) return undefined;
    const { context, recover } = this.options;
    if (error instanceof ContextOverflowError) {
      if (cures.has('shortened')) return undefined;
      return (await context?.overflowed(error, conversation, tools, signal)) === true ? 'shortened' : undefined;
    }
    if (cures.has('recovered')) return undefined;
    return (await recover?.(error, signal)) === true ? 'recovered' : undefined;
  }
}

type Cure = 'shortened' | 'recovered';

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
