import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { Clock } from '../../base/clock';
import { type BridgeError, ConfigurationError } from '../../base/errors';
import type { ClientHost } from '../../mcp/clientHost';
import type { ConnectionLease, ConnectionSource } from '../../mcp/connections';
import type { FoundServers } from '../../mcp/discovery';
import type { McpHub } from '../../mcp/hub';
import { type ConfigDiagnostic, formatOrigin, type ServerSpec } from '../../mcp/serverSpec';
import type { ServerState } from '../../mcp/serverState';
import type { InputSource } from '../../mcp/variables';
import { cancelledByPerson } from '../abort';
import type { LaunchConsent } from '../questions/launchConsent';
import type { Output } from '../output';
import type { ServerLogs } from './serverLogs';
import { readMcpTimeouts } from '../settings/settings';
import type { ServerUser, ServerUsers } from './serverUsers';
import type { WorkspaceServers } from './workspaceServers';

/** One MCP server of this window, as views show it. */
export interface ServerEntry {
  readonly spec: ServerSpec;
  readonly state: ServerState;
  /** Why it may not start, as a sentence; absent: nothing is in its way. */
  readonly isBlocked?: string;
}

export interface McpServersNeeds {
  readonly servers: WorkspaceServers;
  readonly consent: LaunchConsent;
  readonly users: ServerUsers;
  readonly output: Output;
  /** What the servers may ask of the person and the model. */
  readonly host: ClientHost;
  readonly clock: Clock;
  readonly logs: ServerLogs;
  /** Of this product. */
  readonly version: string;
  /** Gives the values of `${input:id}`. */
  readonly inputs: InputSource;
  /** Why a server may not start, as a sentence; undefined: nothing is in its way. */
  readonly blockOf?: (spec: ServerSpec) => string | undefined;
}

/** The MCP servers of this window: what the files name, what runs of it, and what a person can do with each. */
export class McpServers implements vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<void>();
  #found: FoundServers = { servers: [], diagnostics: [] };
  #hub: Promise<McpHub> | undefined;
  #running: McpHub | undefined;
  #generation = 0;
  /** The last look at the files. */
  #reading: Promise<void> | undefined;
  readonly #told = new Map<string, ServerState['kind']>();
  /** By name, when the last start began, and how long it took. */
  readonly #starts = new Map<string, { readonly since: number; readonly tookMs?: number }>();
  readonly #ending = new AbortController();

  /** The entries, or the state of one of them, are others now. */
  readonly onDidChange = this.#changed.event;

  constructor(private readonly needs: McpServersNeeds) {}

  /** Of the last read; none before. Disabled ones too. */
  get entries(): readonly ServerEntry[] {
    return this.#found.servers.map((spec) => {
      const state = this.#running?.state(spec.name) ?? { kind: 'stopped' as const };
      const isBlocked = this.needs.blockOf?.(spec);
      return isBlocked === undefined ? { spec, state } : { spec, state, isBlocked };
    });
  }

  /** What is wrong with the files, as of the last read. */
  get diagnostics(): readonly ConfigDiagnostic[] {
    return this.#found.diagnostics;
  }

  /** Milliseconds of a server's last start in this window, the list of what it offers included; undefined: there was none. */
  startMs(name: string): number | undefined {
    return this.#starts.get(name)?.tookMs;
  }

  /** Reads the files again, and lets what runs follow them (`McpHub.update`); in a folder that nobody trusts there is nothing to see. */
  refresh(): Promise<void> {
    this.#reading = this.#read(++this.#generation);
    return this.#reading;
  }

  async #read(generation: number): Promise<void> {
    const found = vscode.workspace.isTrusted ? await this.needs.servers.find() : { servers: [], diagnostics: [] };
    // Files were read again meanwhile: the later look counts, also for whoever waits for this one.
    if (generation !== this.#generation) return this.#reading;
    this.#found = found;
    this.#running?.update(found.servers);
    this.#changed.fire();
  }

  /** The connections that all tasks of this window share. */
  connections(): Promise<McpHub> {
    this.#hub ??= this.#open();
    return this.#hub;
  }

  /** The same for one user, so that what a server asks is known to be theirs. */
  async connectionsFor(user: ServerUser): Promise<ConnectionSource> {
    return this.needs.users.sourceFor(user, await this.connections());
  }

  /**
   * Starts a server, after consent, and keeps it until it is stopped. One that runs is left alone.
   *
   * @throws ConfigurationError `usage` where no file names it; what keeps it from starting
   */
  async start(name: string): Promise<void> {
    const { spec, signal } = await this.#agreedSpec(name);
    const hub = await this.connections();
    const starting = this.needs.users.begin(name, 'person');
    try {
      await hub.start(spec, signal);
    } finally {
      starting.dispose();
    }
  }

  /** Holds a server for a person for a while, after consent; it is started where it does not run. @throws as `start` */
  async lease(name: string, signal: AbortSignal): Promise<ConnectionLease> {
    const { spec } = await this.#agreedSpec(name);
    return (await this.connectionsFor('person')).lease(spec, signal);
  }

  /** Ends a server, whoever uses it. */
  async stop(name: string): Promise<void> {
    await this.#running?.stop(name);
  }

  /** Ends a server and starts it again, as its file says now. @throws as `start` */
  async restart(name: string): Promise<void> {
    await this.refresh();
    await this.stop(name);
    await this.start(name);
  }

  /** Shows what a server wrote to stderr and to its log. */
  showLog(name: string): void {
    this.needs.logs.show(name);
  }

  /** Ends every server. Settles when nothing is left of them. */
  async end(): Promise<void> {
    this.#ending.abort(cancelledByPerson('The window is closing.'));
    const hub = await this.#hub;
    await hub?.end();
    this.dispose();
  }

  dispose(): void {
    this.#ending.abort(cancelledByPerson('The window is closing.'));
    this.#running?.dispose();
    this.#changed.dispose();
  }

  async #open(): Promise<McpHub> {
    const { host, clock, output, version, inputs, logs } = this.needs;
    const { McpHub } = await import('../../mcp/hub');
    const hub = new McpHub({
      ...{ host, clock, logger: output.logger, clientVersion: version, inputs },
      // Of the moment of each start and call.
      get startTimeoutMs() {
        return readMcpTimeouts().startMs;
      },
      get callTimeoutMs() {
        return readMcpTimeouts().callMs;
      },
      onOutput: (server, line) => logs.write(server, 'info', line),
      mayStart: async (spec, signal) => (await this.#decide(spec, signal)) === undefined,
    });
    hub.onDidChange((name) => {
      this.#logState(name, hub.state(name));
      this.#changed.fire();
    });
    this.#running = hub;
    return hub;
  }

  #logState(name: string, state: ServerState): void {
    const { logs } = this.needs;
    if (state.kind === this.#told.get(name)) return;
    this.#told.set(name, state.kind);
    this.#noteTime(name, state);
    switch (state.kind) {
      case 'starting':
        logs.write(name, 'info', l10n.t('The server is started.'));
        break;
      case 'ready':
        logs.write(name, 'info', l10n.t('The server is ready, with {0} tools.', state.offer.tools.length));
        break;
      case 'stopped':
        logs.write(name, 'info', l10n.t('The server was stopped.'));
        break;
      case 'failed':
        logs.write(name, 'error', [state.error.message, state.error.hint].filter(Boolean).join(' '));
    }
  }

  #noteTime(name: string, state: ServerState): void {
    const start = this.#starts.get(name);
    if (state.kind === 'starting') this.#starts.set(name, { since: state.since });
    if (state.kind === 'ready' && start) this.#starts.set(name, { ...start, tookMs: state.since - start.since });
  }

  async #agreedSpec(name: string): Promise<{ spec: ServerSpec; signal: AbortSignal }> {
    if (this.#found.servers.length === 0) await this.refresh();
    const spec = this.#found.servers.find((server) => server.name === name);
    if (!spec) throw new ConfigurationError('usage', l10n.t('There is no MCP server "{0}".', name));
    if (spec.disabled) {
      const message = l10n.t('MCP server "{0}" is disabled in {1}.', name, formatOrigin(spec.origin));
      throw new ConfigurationError('usage', message, { hint: l10n.t('Enable it there first.') });
    }
    const { signal } = this.#ending;
    const problem = await this.#decide(spec, signal);
    if (problem) throw problem;
    return { spec, signal };
  }

  /** What keeps it from being started; undefined: nothing does. */
  async #decide(spec: ServerSpec, signal: AbortSignal): Promise<BridgeError | undefined> {
    const block = this.needs.blockOf?.(spec);
    if (block !== undefined) return new ConfigurationError('usage', block);
    const { agreed } = await this.needs.consent.decide([spec], this.needs.servers.folders, signal);
    if (agreed.length > 0) return undefined;
    const place = formatOrigin(spec.origin);
    return cancelledByPerson(l10n.t('MCP server "{0}" ({1}) was not started: you did not allow it.', spec.name, place));
  }
}
