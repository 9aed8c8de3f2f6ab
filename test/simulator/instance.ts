/** A model in memory: its config, its lane, what it is doing, and for how long it stays. */
import type { SimulatorClock } from './clock';
import { parallelOf, type InstanceConfig } from './loadConfig';
import type { ModelSpec } from './models';
import { Seats, type InstanceStatus, type SeatOptions } from './seats';

/** `manual`: stays until somebody unloads it. `jit`: has a time to live and makes room for the next JIT model (§2.9). */
export type Lane = 'manual' | 'jit';

/** What a client hears when its model leaves memory: the error frame of E15, or nothing at all (BT#671). */
export type UnloadManner = 'error-frame' | 'silence';

/** An instance as everybody may read it: the endpoints, the stub of `lms`, and tests. */
export interface Instance {
  /** The key, or `key:2` for a second one. */
  readonly id: string;
  readonly spec: ModelSpec;
  readonly lane: Lane;
  readonly config: InstanceConfig;
  /** Fires when the instance leaves memory, with its `UnloadManner` as the reason; a generation on it then fails. */
  readonly unloaded: AbortSignal;
  /** Null: stays until somebody unloads it. */
  readonly ttlMs: number | null;
  /** On the simulator's clock (the real one: since 1970); null before the first request. */
  readonly lastUsedTime: number | null;
  /** §2.8: `idle` is loaded and ready. */
  readonly status: InstanceStatus;
  /** Requests at work and waiting, the current one included. */
  readonly queued: number;
}

export interface LoadedInstanceOptions extends Pick<
  SeatOptions,
  'queueLimit' | 'queueTimeoutMs' | 'clock' | 'changed'
> {
  readonly ttlMs: number | null;
  /** The time to live is over. */
  readonly expired: () => void;
}

export class LoadedInstance implements Instance {
  readonly seats: Seats;
  readonly ttlMs: number | null;
  lastUsedTime: number | null = null;
  private readonly controller = new AbortController();
  private readonly clock: SimulatorClock;
  private timer: { dispose(): void } | undefined;

  constructor(
    readonly id: string,
    readonly spec: ModelSpec,
    readonly lane: Lane,
    readonly config: InstanceConfig,
    private readonly options: LoadedInstanceOptions,
  ) {
    this.ttlMs = options.ttlMs;
    this.clock = options.clock;
    const changed = (): void => {
      this.renewTtl();
      options.changed();
    };
    this.seats = new Seats({ ...options, parallel: parallelOf(config), changed });
    this.armTtl();
  }

  get unloaded(): AbortSignal {
    return this.controller.signal;
  }

  get status(): InstanceStatus {
    return this.seats.status;
  }

  get queued(): number {
    return this.seats.queued;
  }

  /** Called by the host only, which also forgets it. */
  leave(manner: UnloadManner): void {
    this.timer?.dispose();
    this.controller.abort(manner);
  }

  // §2.9 DOC: the timer starts anew at each request; INF: it does not run while one is at work.
  private renewTtl(): void {
    this.lastUsedTime = this.clock.now();
    this.timer?.dispose();
    if (this.queued === 0) this.armTtl();
  }

  private armTtl(): void {
    if (this.ttlMs === null || this.unloaded.aborted) return;
    this.timer = this.clock.after(this.ttlMs, this.options.expired);
  }
}
