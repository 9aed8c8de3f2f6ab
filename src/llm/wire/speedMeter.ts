import type { ChatRequest, Message, OnPhase, Phase, Usage } from '../../agent/types';
import type { Clock } from '../../base/clock';
import type { SpeedLedger } from '../speedLedger';

/** Where nothing was counted yet; within a third of what tokenizers make of English and code. */
const CHARS_PER_TOKEN = 4;

export interface SpeedMeterOptions {
  readonly ledger: SpeedLedger;
  readonly clock: Clock;
  /** Under which the model is in the ledger. */
  readonly key: string;
  /** The first turn may include the load of the model, which says nothing about how fast it reads. */
  readonly mayLoad: boolean;
}

/** A turn that is being timed. */
export interface TurnWatch {
  readonly onPhase: OnPhase;
  readonly onFinish: (usage: Usage) => void;
}

/**
 * Times the turns of one conversation for the ledger. Servers keep what they have read, so that only what is new since
 * the last turn takes time: the meter remembers what was said until then.
 */
export class SpeedMeter {
  #messages: readonly Message[] = [];
  #tokens = 0;
  #mayLoad: boolean;

  constructor(private readonly options: SpeedMeterOptions) {
    this.#mayLoad = options.mayLoad;
  }

  /** The estimate is filled in before `onPhase` hears of a phase. */
  watch(request: ChatRequest, onPhase?: OnPhase): TurnWatch {
    const { clock, ledger, key } = this.options;
    const messages = [...request.messages];
    const known = this.#isContinuedBy(messages) ? this.#tokens : 0;
    // It began elsewhere: how much of it the server still has is not known.
    const isTakenOver = this.#messages.length === 0 && messages.some(({ role }) => role === 'assistant');
    let sentAt = clock.now();
    let firstByteAt = sentAt;
    let before: Phase['phase'] | undefined;
    let estimatedMs: number | null = null;
    return {
      onPhase: (phase) => {
        // A load that the server tells of is over when it reads.
        if (before === 'loading-model' && phase.phase !== before) this.#mayLoad = false;
        if (phase.phase === 'processing-prompt') {
          if (before !== 'processing-prompt') {
            sentAt = clock.now();
            const fresh =
              known > 0 ? messages.slice(this.#messages.length).filter(isNews) : [request.tools, ...messages];
            estimatedMs = this.#mayLoad ? null : ledger.estimatePromptMs(key, estimateTokens(fresh));
          }
          before = phase.phase;
          onPhase?.({ ...phase, estimatedMs });
          return;
        }
        before = phase.phase;
        if (phase.phase === 'generating') firstByteAt = clock.now();
        onPhase?.(phase);
      },
      onFinish: ({ promptTokens, completionTokens, reasoningTokens }) => {
        ledger.record(key, {
          firstByteMs: this.#mayLoad ? null : firstByteAt - sentAt,
          newPromptTokens: promptTokens === null || isTakenOver ? null : promptTokens - known,
          generationMs: clock.now() - firstByteAt,
          completionTokens,
        });
        this.#mayLoad = false;
        this.#messages = messages;
        // Templates leave earlier reasoning out.
        this.#tokens = (promptTokens ?? 0) + (completionTokens ?? 0) - (reasoningTokens ?? 0);
      },
    };
  }

  #isContinuedBy(messages: readonly Message[]): boolean {
    return this.#messages.every((message, index) => messages[index] === message);
  }
}

/** What the model wrote itself, it need not read. */
function isNews(message: Message): boolean {
  return message.role !== 'assistant';
}

/** Pictures are left out: their size in bytes says nothing about their tokens. */
function estimateTokens(parts: readonly unknown[]): number {
  const text = JSON.stringify(parts, (key, value: unknown) => (key === 'images' ? undefined : value));
  return Math.ceil(text.length / CHARS_PER_TOKEN);
}
