/** One answer of the model, read to its end, with the failures that a repeat can cure repeated. */
import { delay } from '../base/abort';
import type { Clock } from '../base/clock';
import { type BridgeError, type ErrorCode, isBridgeError } from '../base/errors';
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
  readonly emit: (event: AgentEvent) => void;
}

/** Passing conditions of the server. Everything else fails the same way again. */
const RETRYABLE: ReadonlySet<ErrorCode> = new Set(['rate-limited', 'stream-interrupted']);
const RETRY_DELAYS_MS = [1_000, 3_000];

/** @throws BridgeError where the model fails for good, or the signal's reason. */
export async function takeTurn(request: ChatRequest, options: TurnOptions, signal: AbortSignal): Promise<Turn> {
  for (let attempt = 1; ; attempt++) {
    const turn = new TurnRecorder(options.emit);
    const onPhase: OnPhase = (phase) => {
      options.emit({ type: 'phase', ...phase });
    };
    try {
      for await (const event of options.model.stream(request, signal, onPhase)) turn.add(event);
      return turn.result();
    } catch (error) {
      const delayMs = RETRY_DELAYS_MS[attempt - 1];
      if (delayMs === undefined || signal.aborted || !canRetry(error, turn)) throw error;
      options.emit({ type: 'retry', code: error.code, attempt, delayMs });
      await delay(delayMs, options.clock, signal);
    }
  }
}

/** Never after output: what a person has seen, or a call that may have run, is not taken back. */
function canRetry(error: unknown, turn: TurnRecorder): error is BridgeError {
  return isBridgeError(error) && RETRYABLE.has(error.code) && !turn.hasOutput;
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
