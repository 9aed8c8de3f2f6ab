import type { Clock } from '../../base/clock';
import type { Disposable } from '../../base/disposable';
import type { Event } from '../../base/emitter';
import { isInTransit } from './activity';
import type { CatalogChange, CatalogSnapshot } from './catalog';

/** During a load, so that what has come into memory is seen at once. */
const TRANSIT_MS = 1_000;
/** So many polls without news are not yet a reason to ask less often. */
const PATIENCE = 5;
const GROWTH = 1.5;
/** The slowest pace of a list that somebody looks at, in base intervals; and of one at which nobody looks. */
const QUIET_FACTOR = 4;
const UNWATCHED_FACTOR = 6;

export interface PolledSource {
  readonly snapshot: CatalogSnapshot;
  readonly onDidChange: Event<CatalogChange>;
  /** Never rejects. */
  refresh(): Promise<CatalogSnapshot>;
}

export interface Attention {
  /** Milliseconds between two questions to a server where something happens. */
  readonly baseMs: number;
  /** Somebody looks at the models, or a task uses them. */
  readonly isWatched: boolean;
  /** Nobody can see any of it: nothing is asked until the next `wake`. Default false. */
  readonly isUnseen?: boolean;
}

/**
 * Milliseconds until the next question, after `quiet` answers in a row that were no news: failures as well. Infinity:
 * none.
 */
export function pollDelay(
  { baseMs, isWatched, isUnseen = false }: Attention,
  { health, models }: CatalogSnapshot,
  quiet: number,
): number {
  const isBusy = health.kind === 'online' && models.some(({ activity }) => isInTransit(activity));
  if (isBusy) return Math.min(TRANSIT_MS, baseMs);
  if (isUnseen) return Infinity;
  if (!isWatched) return baseMs * UNWATCHED_FACTOR;
  return baseMs * Math.min(GROWTH ** Math.max(0, quiet - PATIENCE), QUIET_FACTOR);
}

/** Asks a catalog again and again, at the pace at which there is something to see. Starts with the first `wake`. */
export class CatalogPolling implements Disposable {
  readonly #listening: Disposable;
  #timer: Disposable | undefined;
  /** Infinity: not before the next `wake`; undefined: nobody has asked for anything yet. */
  #dueAt: number | undefined;
  #quiet = 0;
  #isAsking = false;
  #isDisposed = false;

  constructor(
    private readonly source: PolledSource,
    private readonly attention: () => Attention,
    private readonly clock: Clock,
  ) {
    this.#listening = source.onDidChange(() => {
      this.#quiet = 0;
      if (this.#dueAt !== undefined && !this.#isAsking && this.clock.now() + this.#delay() < this.#dueAt) this.#wait();
    });
  }

  /** Asks now, and at full pace from then on: for when somebody begins to look, or has changed something. */
  wake(): void {
    this.#quiet = 0;
    this.#ask();
  }

  /** Plans the next question anew: for when somebody looks away. */
  replan(): void {
    if (this.#dueAt !== undefined && !this.#isAsking) this.#wait();
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#timer?.dispose();
    this.#listening.dispose();
  }

  #ask(): void {
    this.#timer?.dispose();
    if (this.#isAsking || this.#isDisposed) return;
    this.#isAsking = true;
    this.#quiet++;
    void this.source.refresh().finally(() => {
      this.#isAsking = false;
      if (!this.#isDisposed) this.#wait();
    });
  }

  #wait(): void {
    this.#timer?.dispose();
    const delayMs = this.#delay();
    this.#dueAt = this.clock.now() + delayMs;
    if (delayMs === Infinity) return;
    this.#timer = this.clock.after(delayMs, () => {
      this.#ask();
    });
  }

  #delay(): number {
    return pollDelay(this.attention(), this.source.snapshot, this.#quiet);
  }
}
