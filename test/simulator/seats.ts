/** Who works on one instance: its parallel slots and the queue before them (§2.8, §2.9). */
import { sleep, type SimulatorClock } from './clock';
import { queueTooLong } from './failures';

/** §2.8, the words of `lms ps --json`. `idle`: in memory and ready. */
export type InstanceStatus = 'idle' | Activity;
export type Activity = 'processingPrompt' | 'generating' | 'computingEmbedding';

/** A request's place at an instance. */
export interface Seat {
  become(activity: Activity): void;
  /** Frees the place; the longest waiting request gets it. More than once is harmless. */
  end(): void;
}

export interface SeatOptions {
  /** §2.9 DOC: Max Concurrent Predictions, default 4. */
  readonly parallel: number;
  /** Requests that may wait; one more is refused with E16. */
  readonly queueLimit: number;
  /** §3.3 E16 BUG: a request that waited so long is refused. */
  readonly queueTimeoutMs: number;
  readonly clock: SimulatorClock;
  /** Told after every change. */
  readonly changed: () => void;
}

/** A status holds for the whole instance: the one that comes first here, of all that its requests are at. */
const ORDER: readonly Activity[] = ['generating', 'processingPrompt', 'computingEmbedding'];

export class Seats {
  private readonly taken = new Map<Seat, Activity>();
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly options: SeatOptions) {}

  get status(): InstanceStatus {
    const activities = [...this.taken.values()];
    return ORDER.find((activity) => activities.includes(activity)) ?? 'idle';
  }

  /** §2.8 SRC: waiting requests and those at work. */
  get queued(): number {
    return this.taken.size + this.waiting.length;
  }

  /** A place at once, whether or not one is free. */
  take(activity: Activity): Seat {
    const seat: Seat = {
      become: (next) => {
        if (!this.taken.has(seat)) return;
        this.taken.set(seat, next);
        this.options.changed();
      },
      end: () => {
        if (!this.taken.delete(seat)) return;
        if (this.taken.size < this.options.parallel) this.waiting.shift()?.();
        this.options.changed();
      },
    };
    this.taken.set(seat, activity);
    this.options.changed();
    return seat;
  }

  /**
   * A place as soon as one is free, in order of arrival; undefined when the signal fired meanwhile.
   * @throws HttpFailure E16 when the queue is full or the wait too long
   */
  async wait(activity: Activity, signal: AbortSignal): Promise<Seat | undefined> {
    if (signal.aborted) return undefined;
    const { parallel, queueLimit, queueTimeoutMs, clock } = this.options;
    if (this.taken.size < parallel) return this.take(activity);
    if (this.waiting.length >= queueLimit) throw queueTooLong();
    const over = new AbortController();
    const seat = await new Promise<Seat | undefined>((resolve) => {
      const call = (): void => resolve(this.take(activity));
      this.waiting.push(call);
      this.options.changed();
      void sleep(clock, queueTimeoutMs, AbortSignal.any([signal, over.signal])).then(() => {
        const at = this.waiting.indexOf(call);
        if (at < 0) return;
        this.waiting.splice(at, 1);
        this.options.changed();
        resolve(undefined);
      });
    });
    over.abort();
    if (seat === undefined && !isAborted(signal)) throw queueTooLong();
    return seat;
  }
}

/** A call, because the compiler takes what it read once for lasting. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
