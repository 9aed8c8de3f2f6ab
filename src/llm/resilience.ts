/**
 * The one policy of a model server: what is repeated, after how long, and when nobody is asked any more.
 *
 * Our own loop and breaker (base) and not the library `cockatiel`: its waits use setTimeout and do not end with their
 * signal, its jitter uses Math.random, its breaker uses Date.now and takes a cancelled probe for a success.
 */
import * as l10n from '@vscode/l10n';
import type { ChatModel } from '../agent/types';
import { type BreakerOptions, CircuitBreaker } from '../base/circuitBreaker';
import type { Clock } from '../base/clock';
import type { Disposable } from '../base/disposable';
import { type BridgeError, type ErrorCode, isBridgeError, LLMClientError } from '../base/errors';
import { backoff, type BackoffOptions, type RetryPolicy, withRetry } from '../base/retry';
import { serverError } from './errors';

export interface ResilienceOptions {
  /** Requests that only read. A person may wait for them, so there is one quick repeat. */
  readonly reads: BackoffOptions;
  /** Turns of a task. A server that reads prompts for minutes may be given seconds. */
  readonly turns: BackoffOptions;
  /** Short: a server on this machine says at once that it is not there, and one that comes back should be seen. */
  readonly breaker: BreakerOptions;
}

export const RESILIENCE_DEFAULTS: ResilienceOptions = {
  reads: { attempts: 2, baseMs: 400, maxMs: 400, maxRetryAfterMs: 500 },
  turns: { attempts: 3, baseMs: 2_000, maxMs: 30_000, maxRetryAfterMs: 60_000 },
  breaker: { failures: 5, openMs: 5_000 },
};

/** No answer came back at all. */
const CONNECTION_FAILURES: ReadonlySet<ErrorCode> = new Set([
  'server-unreachable',
  'server-timeout',
  'stream-interrupted',
]);
/** Busy, a gateway without its server, a server that starts. */
const PASSING_STATUSES: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** Whether an answer with this status is worth a second question, whatever its text says. */
export function isPassingStatus(status: number): boolean {
  return PASSING_STATUSES.has(status);
}

/** Whether the same request may well succeed a little later. A 400, 404 or 422 fails the same way again. */
export function isPassing(error: BridgeError): boolean {
  const status = error instanceof LLMClientError ? error.status : undefined;
  if (status !== undefined && status !== 200) return isPassingStatus(status);
  return error.code === 'rate-limited' || error.code === 'stream-interrupted';
}

export class ServerPolicy implements Disposable {
  /** Its state tells whether the server is asked at all. */
  readonly breaker: CircuitBreaker;
  /** For the turns of a task; the caller adds: never after output. */
  readonly turns: RetryPolicy;
  readonly #reads: RetryPolicy;
  readonly #clock: Clock;
  #hasAnswered = false;
  #repeats = 0;

  constructor(
    tools: { readonly clock: Clock; readonly random?: () => number },
    options: Partial<ResilienceOptions> = {},
  ) {
    const { reads, turns, breaker } = { ...RESILIENCE_DEFAULTS, ...options };
    const { clock, random = Math.random } = tools;
    this.#clock = clock;
    this.breaker = new CircuitBreaker(breaker, {
      clock,
      isFailure: ({ code }) => CONNECTION_FAILURES.has(code),
      refuse,
    });
    const repeat =
      (limits: BackoffOptions, canHelp: (error: BridgeError) => boolean): RetryPolicy['delayAfter'] =>
      (error, attempt) =>
        canHelp(error) ? backoff(attempt, limits, random, retryAfter(error)) : undefined;
    this.turns = { delayAfter: repeat(turns, isPassing) };
    // A server that did not answer the last time either is not there: whoever waits should hear of it at once.
    this.#reads = {
      delayAfter: repeat(
        reads,
        (error) => isPassing(error) || (error.code === 'server-unreachable' && this.#hasAnswered),
      ),
    };
  }

  /** How many reads had to be asked again since the beginning: a server that answers only then is not well. */
  get repeats(): number {
    return this.#repeats;
  }

  /** A request that changes nothing: repeated where that can help. */
  async read<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const onRetry = (): void => {
      this.#repeats++;
    };
    try {
      const result = await this.once(
        () => withRetry(work, { policy: this.#reads, clock: this.#clock, onRetry }, signal),
        signal,
      );
      this.#hasAnswered = true;
      return result;
    } catch (error) {
      if (!signal.aborted) this.#hasAnswered = isBridgeError(error) && !CONNECTION_FAILURES.has(error.code);
      throw error;
    }
  }

  /** A request that changes something, such as a load: never repeated. */
  once<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    return this.breaker.run(work, signal);
  }

  /** The same model, but not asked while the breaker is open. Its first event says that the server is there. */
  guard(model: ChatModel): ChatModel {
    const { breaker } = this;
    return {
      get id() {
        return model.id;
      },
      async *stream(...question: Parameters<ChatModel['stream']>) {
        const [, signal] = question;
        const passage = breaker.enter();
        try {
          for await (const event of model.stream(...question)) {
            passage.answered();
            yield event;
          }
        } catch (error) {
          if (!signal.aborted) passage.failed(error);
          throw error;
        } finally {
          passage.abandoned();
        }
      },
    };
  }

  dispose(): void {
    this.breaker.dispose();
  }
}

function retryAfter(error: BridgeError): number | undefined {
  return error instanceof LLMClientError ? error.retryAfterMs : undefined;
}

function refuse(error: BridgeError, waitMs: number): BridgeError {
  const message = l10n.t(
    '{0} It failed several times in a row; the next try is in {1} s.',
    error.message,
    Math.ceil(waitMs / 1_000),
  );
  return serverError(error.code, message, error);
}
