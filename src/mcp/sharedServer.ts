import * as l10n from '@vscode/l10n';
import { raceAbort, throwIfAborted } from '../base/abort';
import type { Clock } from '../base/clock';
import { type Disposable, DisposableStore } from '../base/disposable';
import { Emitter } from '../base/emitter';
import { BridgeError, ToolExecutionError, toBridgeError } from '../base/errors';
import type { Logger } from '../base/logger';
import type { McpConnection } from './connection';
import type { ConnectionLease, ConnectionSource } from './connections';
import { formatOrigin, type ServerSpec } from './serverSpec';
import { mayFollow, type ServerState } from './serverState';

/** How long a server that went away is left alone before it is started again; after the last of these it stays away. */
const RESTART_DELAYS_MS: readonly number[] = [1_000, 4_000, 16_000];

/** How long a server that nobody has used for a while may take to say that it is there. */
const WAKE_MS = 3_000;

/** Who has been ready for this long did not fail because of what it was started with: the count begins anew. */
const STABLE_MS = 60_000;

export interface SharedServerNeeds {
  readonly connections: ConnectionSource;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long it stays after its last holder has gone. */
  readonly warmMs: number;
  /** Whether it may be started again by itself: its variables and its `envFile` can say something else by now. Absent: it may. */
  readonly mayStart?: ((spec: ServerSpec, signal: AbortSignal) => Promise<boolean>) | undefined;
  /** An outdated server has ended. `isWanted`: a person had started it. */
  readonly onReplaced: (server: SharedServer, successor: ServerSpec | undefined, isWanted: boolean) => void;
}

interface Attempt {
  readonly ending: AbortController;
  readonly ready: Promise<McpConnection>;
}

/**
 * One server that several may use at the same time. It runs while somebody holds it, while a person wants it, and for a
 * while after that. Where it goes away meanwhile it is started again, three times in a row at most.
 */
export class SharedServer {
  readonly #changed = new Emitter<void>();
  readonly #holds = new Set<object>();
  #state: ServerState = { kind: 'stopped' };
  #attempt: Attempt | undefined;
  #connection: McpConnection | undefined;
  #following = new DisposableStore();
  #cooling: Disposable | undefined;
  #retry: Disposable | undefined;
  #restarts = 0;
  #isKept: boolean;
  /** It has not answered a ping once: it may not know pings, so its silence says nothing any more. */
  #isMute = false;
  #outdated: { readonly successor: ServerSpec | undefined } | undefined;
  /** What ran before has left nothing behind: two of one server could be in each other's way. */
  #gone: Promise<unknown> = Promise.resolve();

  readonly onDidChange = this.#changed.event;

  constructor(
    private spec: ServerSpec,
    private readonly needs: SharedServerNeeds,
    /** A person has started its predecessor. */
    isKept = false,
  ) {
    this.#isKept = isKept;
  }

  /** A person has started it, and not stopped it since. */
  get isKept(): boolean {
    return this.#isKept;
  }

  get state(): ServerState {
    return this.#state;
  }

  get name(): string {
    return this.spec.name;
  }

  /** @throws as `ConnectionSource.lease`; a start that nobody else waits for has ended by then */
  async lease(signal: AbortSignal): Promise<ConnectionLease> {
    throwIfAborted(signal);
    const hold = {};
    const wasIdle = this.#holds.size === 0 && this.#state.kind === 'ready';
    this.#holds.add(hold);
    this.#cooling?.dispose();
    try {
      if (wasIdle) await this.#wake(signal);
      await raceAbort(this.#running(), signal);
    } catch (error) {
      await this.#letGo(hold);
      throw error;
    }
    this.#tell();
    return this.#leaseOf(hold);
  }

  /** Starts it for a person, who wants it until it is stopped. @throws as `lease` */
  async keep(signal: AbortSignal): Promise<void> {
    this.#restarts = 0;
    const lease = await this.lease(signal);
    this.#isKept = true;
    await lease.release();
  }

  /**
   * Ends it, whoever uses it. Who holds it still does, and goes on when somebody starts it again. Settles when nothing
   * is left of it; never rejects.
   */
  stop(): Promise<void> {
    this.#isKept = false;
    return this.#end(
      new ToolExecutionError('mcp-start-failed', l10n.t('{0} was stopped while it started.', this.#label)),
    );
  }

  /** Its entry is another one, or (undefined) gone. It ends with its last holder: at once where nobody holds it. */
  outdate(successor: ServerSpec | undefined): void {
    this.#outdated = { successor };
    if (this.#holds.size === 0) void this.#replace();
    else this.#tell();
  }

  /** Its entry means the same as ever, wherever it stands in its file now. */
  confirm(spec: ServerSpec): void {
    this.spec = spec;
    const wasOutdated = this.#outdated !== undefined;
    this.#outdated = undefined;
    if (wasOutdated) this.#tell();
  }

  get #label(): string {
    return l10n.t('MCP server "{0}" ({1})', this.spec.name, formatOrigin(this.spec.origin));
  }

  #leaseOf(hold: object): ConnectionLease {
    const current = (): McpConnection => {
      if (!this.#connection) throw new BridgeError('internal', 'A lease without a connection.');
      return this.#connection;
    };
    return {
      get connection() {
        return current();
      },
      usable: (signal) => this.#usable(signal),
      release: () => this.#letGo(hold),
    };
  }

  async #usable(signal: AbortSignal): Promise<McpConnection> {
    await this.#untilSettled(signal);
    const state = this.#state;
    if (state.kind === 'ready' && this.#connection) return this.#connection;
    const why = state.kind === 'failed' ? l10n.t('is not running: {0}', state.error.message) : l10n.t('was stopped.');
    throw new ToolExecutionError('mcp-connection-lost', `${this.#label} ${why}`);
  }

  /** Until it neither starts nor waits for its next start. */
  #untilSettled(signal: AbortSignal): Promise<void> {
    const isSettled = (): boolean =>
      this.#state.kind !== 'starting' && !(this.#state.kind === 'failed' && this.#state.retryAt !== undefined);
    const waiting = new DisposableStore();
    const settled = new Promise<void>((resolve) => {
      const look = (): void => {
        if (isSettled()) resolve();
      };
      waiting.add(this.onDidChange(look));
      look();
    });
    return raceAbort(settled, signal).finally(() => {
      waiting.dispose();
    });
  }

  #letGo(hold: object): Promise<void> {
    if (!this.#holds.delete(hold) || this.#holds.size > 0) {
      this.#tell();
      return Promise.resolve();
    }
    if (this.#outdated) return this.#replace();
    const isOver =
      this.#state.kind === 'stopped' || (this.#state.kind === 'failed' && this.#state.retryAt === undefined);
    if (this.#isKept || isOver) {
      this.#tell();
      return Promise.resolve();
    }
    if (this.#state.kind === 'starting' || this.needs.warmMs === 0) return this.#end();
    this.#cooling = this.needs.clock.after(this.needs.warmMs, () => void this.#end());
    this.#tell();
    return Promise.resolve();
  }

  /** Nobody has heard of it for a while: one that hangs must not cost the next task its first call. */
  async #wake(signal: AbortSignal): Promise<void> {
    const connection = this.#connection;
    if (!connection || this.#isMute || (await connection.isAlive(signal, WAKE_MS))) return;
    this.#isMute = true;
    if (this.#connection !== connection) return;
    this.needs.logger.log('warn', l10n.t('{0} does not answer any more, and is started again.', this.#label));
    void this.#end();
  }

  #running(): Promise<McpConnection> {
    if (this.#state.kind === 'ready' && this.#connection) return Promise.resolve(this.#connection);
    return (this.#attempt ?? this.#start()).ready;
  }

  #start(isByItself = false): Attempt {
    this.#retry?.dispose();
    const ending = new AbortController();
    this.#become({ kind: 'starting', since: this.needs.clock.now() });
    const attempt = { ending, ready: this.#open(ending.signal, isByItself) };
    this.#attempt = attempt;
    attempt.ready.then(
      (connection) => {
        if (this.#attempt === attempt) this.#follow(connection);
      },
      (error: unknown) => {
        if (this.#attempt !== attempt) return;
        this.#attempt = undefined;
        this.#become({ kind: 'failed', error: toBridgeError(error), retryAt: undefined });
      },
    );
    return attempt;
  }

  async #open(signal: AbortSignal, isByItself: boolean): Promise<McpConnection> {
    await this.#gone;
    throwIfAborted(signal);
    const { mayStart } = this.needs;
    if (isByItself && mayStart && !(await mayStart(this.spec, signal))) {
      throw new ToolExecutionError(
        'mcp-start-failed',
        l10n.t('{0} was not started again: you did not allow it.', this.#label),
      );
    }
    const lease = await this.needs.connections.lease(this.spec, signal);
    if (!signal.aborted) return lease.connection;
    await lease.release();
    throwIfAborted(signal);
    return lease.connection;
  }

  #follow(connection: McpConnection): void {
    this.#attempt = undefined;
    this.#connection = connection;
    this.#following = new DisposableStore();
    this.#following.add(connection.onDidClose(() => this.#onLost(connection)));
    this.#following.add(connection.onDidChange(() => this.#tell()));
    this.#become(this.#readyState(this.needs.clock.now(), connection));
    // It may have ended between its last answer and now.
    if (connection.state === 'closed') this.#onLost(connection);
  }

  #onLost(connection: McpConnection): void {
    const { clock, logger } = this.needs;
    const now = clock.now();
    const readySince = this.#state.kind === 'ready' ? this.#state.since : now;
    this.#following.dispose();
    this.#gone = connection.close();
    if (now - readySince >= STABLE_MS) this.#restarts = 0;
    const delayMs = this.#outdated ? undefined : RESTART_DELAYS_MS[this.#restarts++];
    if (delayMs === undefined) {
      const hint = l10n.t('It is not started again by itself: look at its log, then start it.');
      const error = new ToolExecutionError('mcp-connection-lost', connection.lost().message, { hint });
      this.#become({ kind: 'failed', error, retryAt: undefined });
      return;
    }
    logger.log('info', l10n.t('MCP server "{0}" is started again in {1} s.', this.spec.name, delayMs / 1000));
    this.#become({ kind: 'failed', error: connection.lost(), retryAt: now + delayMs });
    this.#retry = clock.after(delayMs, () => this.#start(true));
  }

  #end(reason?: BridgeError): Promise<void> {
    this.#cooling?.dispose();
    this.#retry?.dispose();
    this.#following.dispose();
    this.#restarts = 0;
    const attempt = this.#attempt;
    this.#attempt = undefined;
    attempt?.ending.abort(reason ?? new BridgeError('cancelled', l10n.t('Nobody waits for the server any more.')));
    const starting = attempt?.ready.then(
      (connection) => connection.close(),
      () => undefined,
    );
    const gone = Promise.all([this.#gone, starting, this.#connection?.close()]).then(() => undefined);
    this.#gone = gone;
    if (this.#state.kind !== 'stopped') this.#become({ kind: 'stopped' });
    return gone;
  }

  async #replace(): Promise<void> {
    const isWanted = this.#isKept;
    this.#isKept = false;
    await this.#end();
    if (this.#holds.size > 0) {
      // Somebody needed it meanwhile, and has started it again.
      this.#isKept = isWanted;
      return;
    }
    // The files may have changed once more, or back.
    const successor = this.#outdated ? this.#outdated.successor : this.spec;
    this.needs.onReplaced(this, successor, isWanted);
  }

  #readyState(since: number, { offer }: McpConnection): ServerState {
    return { kind: 'ready', since, holders: this.#holds.size, offer, isOutdated: this.#outdated !== undefined };
  }

  /** Tells what changed in a ready server. */
  #tell(): void {
    if (this.#state.kind === 'ready' && this.#connection) {
      this.#become(this.#readyState(this.#state.since, this.#connection));
    }
  }

  #become(state: ServerState): void {
    if (!mayFollow(this.#state.kind, state.kind)) {
      throw new BridgeError('internal', `A server cannot go from ${this.#state.kind} to ${state.kind}.`);
    }
    this.#state = state;
    this.#changed.fire();
  }
}
