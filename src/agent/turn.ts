/** One answer of the model, read to its end, with the failures that a repeat can cure repeated. */
import type { Clock } from '../base/clock';
import { type RetryPolicy, withRetry } from '../base/retry';
import type { AgentEvent, ChatEvent, ChatModel, ChatRequest, FinishReason, OnPhase, Usage } from './types';
import { NO_USAGE } from './usage';

export type TurnCall = Extract<ChatEvent, { type: 'tool-call' }>;

export interface Turn {
  readonly text: string;
  readonly reasoning: string;
  readonly calls: readonly TurnCall[];
  readonly reason: FinishReason;
  readonly usage: Usage;
}

export interface TurnOptions {
  readonly model: ChatModel;
  readonly clock: Clock;
  readonly retry: RetryPolicy;
  readonly emit: (event: AgentEvent) => void;
}

/** @throws BridgeError where the model fails for good, or the signal's reason. */
export async function takeTurn(request: ChatRequest, options: TurnOptions, signal: AbortSignal): Promise<Turn> {
  const { model, clock, retry, emit } = options;
  const onPhase: OnPhase = (phase) => {
    emit({ type: 'phase', ...phase });
  };
  let turn = new TurnRecorder(emit);
  const attempt = async (): Promise<Turn> => {
    turn = new TurnRecorder(emit);
    for await (const event of model.stream(request, signal, onPhase)) turn.add(event);
    return turn.result();
  };
  return withRetry(
    attempt,
    {
      policy: retry,
      clock,
      // What a person has seen, or a call that may have run, is not taken back.
      canRepeat: () => !turn.hasOutput,
      onRetry: ({ code }, number, delayMs) => {
        emit({ type: 'retry', code, attempt: number, delayMs });
      },
    },
    signal,
  );
}

class TurnRecorder {
  #text = '';
  #reasoning = '';
  readonly #calls: TurnCall[] = [];
  #finish: Extract<ChatEvent, { type: 'finish' }> | undefined;

  constructor(private readonly emit: (event: AgentEvent) => void) {}

  get hasOutput(): boolean {
    return this.#text !== '' || this.#reasoning !== '' || this.#calls.length > 0;
  }

  add(event: ChatEvent): void {
    switch (event.type) {
      case 'text':
        this.#text += event.text;
        this.emit({ type: 'text_delta', text: event.text });
        break;
      case 'reasoning':
        this.#reasoning += event.text;
        this.emit({ type: 'reasoning_delta', text: event.text });
        break;
      case 'tool-call':
        this.#calls.push(event);
        break;
      case 'warning':
        this.emit(event);
        break;
      case 'finish':
        this.#finish = event;
        break;
    }
  }

  result(): Turn {
    return {
      text: this.#text,
      reasoning: this.#reasoning,
      calls: this.#calls,
      reason: this.#finish?.reason ?? 'stop',
      usage: this.#finish?.usage ?? NO_USAGE,
    };
  }
}
