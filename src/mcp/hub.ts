import * as l10n from '@vscode/l10n';
import type { Disposable } from '../base/disposable';
import { Emitter } from '../base/emitter';
import { BridgeError, errorMessage } from '../base/errors';
import { canonicalJson } from '../base/json';
import { type ConnectionLease, type ConnectionSource, type OwnConnectionOptions, ownConnections } from './connections';
import type { ServerSpec } from './serverSpec';
import type { ServerState } from './serverState';
import { SharedServer, type SharedServerNeeds } from './sharedServer';

/** How long a server stays after its last holder has gone. */
const WARM_MS = 5 * 60_000;

export interface HubOptions extends OwnConnectionOptions {
  /** How long a server stays after its last holder has gone, in milliseconds; default five minutes. 0: not at all. */
  readonly warmMs?: number | undefined;
  /**
   * Whether a server may be started by the hub itself: after it went away, or with a changed definition because a person
   * had started the one before. Absent: it may.
   */
  readonly mayStart?: ((spec: ServerSpec, signal: AbortSignal) => Promise<boolean>) | undefined;
}

interface Known {
  readonly print: string;
  readonly server: SharedServer;
}

/**
 * The servers of a window: each definition runs once, for all that use it. A changed entry never takes a server away
 * from those who hold it, and never gives them another one: the old server ends with its last holder, and who asks from
 * now on gets the new one.
 */
export class McpHub implements ConnectionSource, Disposable {
  readonly #known = new Map<string, Known>();
  /** Replaced, but still held. */
  readonly #retired = new Set<SharedServer>();
  readonly #changed = new Emitter<string>();
  readonly #ending = new AbortController();
  readonly #needs: SharedServerNeeds;

  /** The name of a server whose state is another one now. */
  readonly onDidChange = this.#changed.event;

  constructor(private readonly options: HubOptions) {
    const { clock, logger, mayStart, warmMs = WARM_MS } = options;
    const onReplaced: SharedServerNeeds['onReplaced'] = (...replaced) => {
      this.#onReplaced(...replaced);
    };
    this.#needs = { connections: ownConnections(options), clock, logger, mayStart, warmMs, onReplaced };
  }

  state(name: string): ServerState {
    return this.#known.get(name)?.server.state ?? { kind: 'stopped' };
  }

  async lease(spec: ServerSpec, signal: AbortSignal): Promise<ConnectionLease> {
    return this.#serverOf(spec).lease(signal);
  }

  /** Starts a server for a person: it stays until it is stopped. @throws as `lease` */
  async start(spec: ServerSpec, signal: AbortSignal): Promise<void> {
    await this.#serverOf(spec).keep(signal);
  }

  /** Ends a server, whoever uses it. Settles when nothing is left of it. */
  async stop(name: string): Promise<void> {
    const retired = [...this.#retired].filter((server) => server.name === name);
    await Promise.all([this.#known.get(name)?.server.stop(), ...retired.map((server) => server.stop())]);
  }

  /**
   * The files were read again. Servers that are gone, disabled or changed end: at once where nobody holds them, else with
   * their last holder. Of the changed ones those that a person started are started again. All others stay as they are.
   */
  update(specs: readonly ServerSpec[]): void {
    const enabled = new Map(specs.filter(({ disabled }) => !disabled).map((spec) => [spec.name, spec]));
    for (const [name, { print, server }] of [...this.#known]) {
      const spec = enabled.get(name);
      if (spec && definitionPrint(spec) === print) server.confirm(spec);
      else server.outdate(spec);
    }
  }

  /** Ends every server for good. Settles when nothing is left of them. */
  async end(): Promise<void> {
    this.#ending.abort(new BridgeError('cancelled', 'The window is closing.'));
    const all = [...[...this.#known.values()].map(({ server }) => server), ...this.#retired];
    await Promise.all(all.map((server) => server.stop()));
  }

  dispose(): void {
    void this.end();
    this.#changed.dispose();
  }

  #serverOf(spec: ServerSpec): SharedServer {
    if (this.#ending.signal.aborted) throw this.#ending.signal.reason;
    const print = definitionPrint(spec);
    const known = this.#known.get(spec.name);
    if (known?.print === print) return known.server;
    const server = new SharedServer(spec, this.#needs, known?.server.isKept);
    this.#known.set(spec.name, { print, server });
    server.onDidChange(() => {
      if (this.#known.get(spec.name)?.server === server) this.#changed.fire(spec.name);
    });
    if (known) {
      this.#retired.add(known.server);
      known.server.outdate(undefined);
    }
    return server;
  }

  #onReplaced(server: SharedServer, successor: ServerSpec | undefined, isWanted: boolean): void {
    this.#retired.delete(server);
    if (this.#known.get(server.name)?.server !== server) return;
    this.#known.delete(server.name);
    this.#changed.fire(server.name);
    if (successor && isWanted) void this.#startAgain(successor);
  }

  async #startAgain(spec: ServerSpec): Promise<void> {
    const { mayStart, logger } = this.options;
    const { signal } = this.#ending;
    try {
      if (mayStart && !(await mayStart(spec, signal))) return;
      await this.start(spec, signal);
    } catch (error) {
      // Its state says so too.
      logger.log(
        'warn',
        l10n.t('MCP server "{0}" has a new definition and was not started again: {1}', spec.name, errorMessage(error)),
      );
    }
  }
}

/** Of all that decides what runs, and nothing else: not of the line that an entry stands in. */
function definitionPrint({ transport, source, inputs, startTimeoutMs, callTimeoutMs }: ServerSpec): string {
  return canonicalJson({ transport, source, inputs, startTimeoutMs, callTimeoutMs });
}
