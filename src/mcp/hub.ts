import type { Disposable } from '../base/disposable';
import { Emitter } from '../base/emitter';
import { toBridgeError } from '../base/errors';
import { type ConnectionLease, type ConnectionSource, type OwnConnectionOptions, ownConnections } from './connections';
import type { ServerSpec } from './serverSpec';
import type { ServerState } from './serverState';

/** How long a server stays after its last holder has gone. */
const WARM_MS = 5 * 60_000;

interface Shared {
  readonly spec: ServerSpec;
  readonly starting: Promise<ConnectionLease>;
  readonly ending: AbortController;
  holders: number;
  cooling?: Disposable;
}

/** The servers of a window: each runs once, for all tasks that use it, and for a while after the last one. */
export class McpHub implements ConnectionSource, Disposable {
  readonly #shared = new Map<string, Shared>();
  readonly #states = new Map<string, ServerState>();
  readonly #changed = new Emitter<string>();
  readonly #connections: ConnectionSource;

  /** The name of a server whose state is another one now. */
  readonly onDidChange = this.#changed.event;

  constructor(
    private readonly options: OwnConnectionOptions,
    private readonly warmMs = WARM_MS,
  ) {
    this.#connections = ownConnections(options);
  }

  state(name: string): ServerState {
    return this.#states.get(name) ?? { kind: 'stopped' };
  }

  async lease(spec: ServerSpec, signal: AbortSignal): Promise<ConnectionLease> {
    const shared = this.#shared.get(spec.name) ?? this.#start(spec);
    shared.holders++;
    shared.cooling?.dispose();
    try {
      const { connection } = await shared.starting;
      this.#tell(spec.name);
      let isHeld = true;
      return {
        connection,
        release: () => {
          if (isHeld) this.#release(shared);
          isHeld = false;
          return Promise.resolve();
        },
      };
    } catch (error) {
      shared.holders--;
      signal.throwIfAborted();
      throw error;
    }
  }

  /** Ends every server. Settles when nothing is left of them. */
  async end(): Promise<void> {
    await Promise.all([...this.#shared.keys()].map((name) => this.stop(name)));
  }

  dispose(): void {
    for (const { spec } of this.#shared.values()) void this.stop(spec.name);
    this.#changed.dispose();
  }

  /** Ends a server, whoever uses it. Settles when nothing is left of it. */
  async stop(name: string): Promise<void> {
    const shared = this.#shared.get(name);
    this.#shared.delete(name);
    shared?.cooling?.dispose();
    shared?.ending.abort();
    const lease = await shared?.starting.catch(() => undefined);
    await lease?.release();
    this.#set(name, { kind: 'stopped' });
  }

  #start(spec: ServerSpec): Shared {
    const ending = new AbortController();
    const shared: Shared = { spec, ending, holders: 0, starting: this.#connections.lease(spec, ending.signal) };
    this.#shared.set(spec.name, shared);
    this.#set(spec.name, { kind: 'starting', since: this.options.clock.now() });
    shared.starting.then(
      () => this.#tell(spec.name),
      (error: unknown) => {
        this.#shared.delete(spec.name);
        this.#set(spec.name, { kind: 'failed', error: toBridgeError(error), retryAt: undefined });
      },
    );
    return shared;
  }

  #release(shared: Shared): void {
    shared.holders--;
    if (shared.holders > 0) return;
    shared.cooling = this.options.clock.after(this.warmMs, () => void this.stop(shared.spec.name));
  }

  #tell(name: string): void {
    const shared = this.#shared.get(name);
    if (!shared) return;
    void shared.starting.then(({ connection }) => {
      const { holders } = shared;
      this.#set(name, { kind: 'ready', since: this.options.clock.now(), holders, offer: connection.offer });
    });
  }

  #set(name: string, state: ServerState): void {
    this.#states.set(name, state);
    this.#changed.fire(name);
  }
}
