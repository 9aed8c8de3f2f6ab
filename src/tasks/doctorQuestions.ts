import { abortReason, deadline, raceAbort, throwIfAborted } from '../base/abort';
import type { Clock } from '../base/clock';
import { BridgeError } from '../base/errors';
import type { Timing } from './doctorFacts';

/** More than the longest limit of a request of ours, so that its own words are heard first. */
const LIMIT_MS = 15_000;

/** Asks whatever there is to ask, each question for a limited time: one that is stuck must not keep the others from being told. */
export class DoctorQuestions {
  readonly #timings: Timing[] = [];

  constructor(
    private readonly clock: Clock,
    private readonly signal: AbortSignal,
    private readonly onAnswer: (timing: Timing) => void = () => undefined,
  ) {}

  /** In the order of the answers. */
  get timings(): readonly Timing[] {
    return this.#timings;
  }

  /** @returns undefined where it failed or took too long, as `timings` tells. @throws only the signal's reason */
  async ask<T>(what: string, work: (signal: AbortSignal) => Promise<T>, limitMs = LIMIT_MS): Promise<T | undefined> {
    throwIfAborted(this.signal);
    const start = this.clock.now();
    const tooLate = new BridgeError('limit-time', `${what}: there was no answer in time.`);
    const limit = deadline(this.signal, limitMs, this.clock, () => tooLate);
    let end: Timing['end'] = 'done';
    try {
      return await raceAbort(work(limit.signal), limit.signal);
    } catch {
      if (this.signal.aborted) throw abortReason(this.signal);
      end = limit.signal.aborted ? 'late' : 'failed';
      return undefined;
    } finally {
      limit.dispose();
      const timing = { what, ms: this.clock.now() - start, end };
      this.#timings.push(timing);
      if (!this.signal.aborted) this.onAnswer(timing);
    }
  }
}
