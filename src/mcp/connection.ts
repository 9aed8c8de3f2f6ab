import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { ToolOutcome } from '../agent/types';
import { abortReason, deadline, onAbort, raceAbort, throwIfAborted } from '../base/abort';
import type { Clock } from '../base/clock';
import type { Disposable } from '../base/disposable';
import { BridgeError, errorMessage } from '../base/errors';
import type { JsonObject } from '../base/json';
import type { Logger } from '../base/logger';
import type { ClientHost } from './clientHost';
import { NO_CONTENT, readContent, type ToolResult, toolResultSchema } from './content';
import type { ResolvedServer } from './serverSpec';
import { lastWordsOf, serverMessage, startError, startTimeoutError } from './startError';
import { listTools, type ServerTool } from './toolList';
import type { ServerTransport } from './transport';
import { createTransport } from './transports';

export interface ConnectionOptions {
  readonly host: ClientHost;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly clientVersion: string;
  /** From the spawn to the last tool of the list, in milliseconds; default 60 000. */
  readonly startTimeoutMs?: number | undefined;
  /** From a call, or its last sign of progress, to its result, in milliseconds; default 120 000. */
  readonly callTimeoutMs?: number | undefined;
}

const START_TIMEOUT_MS = 60_000;
const CALL_TIMEOUT_MS = 120_000;

/** The SDK counts real time on its own; ours is the injected clock, so its timer is set out of the way. */
const SDK_TIMEOUT_MS = 2 ** 31 - 1;

export type ConnectionState = 'new' | 'starting' | 'ready' | 'closed';

/**
 * One MCP server, from its start to its end: new → starting → ready → closed. It is closed by `close`, by a start that
 * fails, and by a server that goes away; there is no way back.
 */
export class McpConnection {
  readonly #transport: ServerTransport;
  #state: ConnectionState = 'new';
  #client: Client | undefined;
  #tools: readonly ServerTool[] = [];

  constructor(
    readonly server: ResolvedServer,
    private readonly options: ConnectionOptions,
  ) {
    this.#transport = createTransport(server, options);
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** In the server's own order; empty before the connection is ready. */
  get tools(): readonly ServerTool[] {
    return this.#tools;
  }

  /**
   * Starts the server and asks for its tools. May be called once.
   *
   * @throws ToolExecutionError `mcp-start-failed`, or the signal's reason; nothing of the server is left then.
   */
  async connect(signal: AbortSignal): Promise<void> {
    if (this.#state !== 'new') throw new BridgeError('internal', 'A connection is opened once.');
    throwIfAborted(signal);
    this.#state = 'starting';
    const timeoutMs = this.server.startTimeoutMs ?? this.options.startTimeoutMs ?? START_TIMEOUT_MS;
    const timedOut = new BridgeError('mcp-start-failed', 'Timed out.');
    const limit = deadline(signal, timeoutMs, this.options.clock, () => timedOut);
    try {
      const tools = await raceAbort(this.#initialize(limit.signal), limit.signal);
      if (this.#isClosed()) throw new Error('The connection was closed.');
      this.#tools = tools;
      this.#state = 'ready';
    } catch (error) {
      await this.close();
      if (signal.aborted) throw abortReason(signal);
      if (error === timedOut) throw startTimeoutError(this.server, timeoutMs, this.#transport);
      throw await startError(this.server, this.#transport, error);
    } finally {
      limit.dispose();
    }
  }

  async #initialize(signal: AbortSignal): Promise<readonly ServerTool[]> {
    this.#transport.launch?.();
    // While the server starts. Loaded here and not above, so that nobody pays for the SDK before a server is started.
    const [{ Client }, { ListRootsRequestSchema }] = await Promise.all([
      import('@modelcontextprotocol/sdk/client/index.js'),
      import('@modelcontextprotocol/sdk/types.js'),
    ]);
    throwIfAborted(signal);
    const { name } = this.server;
    const { clientVersion, logger, host } = this.options;
    const client = new Client({ name: 'lmstudio-bridge', version: clientVersion }, { capabilities: { roots: {} } });
    client.setRequestHandler(ListRootsRequestSchema, () => ({
      roots: host.roots.folders.map((folder) => ({ uri: pathToFileURL(folder).href, name: basename(folder) })),
    }));
    client.onclose = () => {
      this.#onClosed();
    };
    client.onerror = (error) => {
      logger.log('debug', `MCP server "${name}": ${errorMessage(error)}`);
    };
    this.#client = client;
    const request = { signal, timeout: SDK_TIMEOUT_MS };
    await client.connect(this.#transport, request);
    return client.getServerCapabilities()?.tools ? await listTools(client, name, logger, request) : [];
  }

  #onClosed(): void {
    if (this.#state === 'ready') {
      const { ending } = this.#transport;
      if (ending !== undefined) this.options.logger.log('warn', `MCP server "${this.server.name}" ${ending}.`);
    }
    this.#state = 'closed';
  }

  /**
   * Runs one tool. Every failure of the tool or the server is an outcome: `tool-failed`, `tool-timeout` (the server is
   * told to stop) or `mcp-connection-lost`. Each sign of progress starts the time-out anew.
   *
   * @throws the signal's reason when it fires; the server is told to stop.
   */
  async callTool(name: string, args: JsonObject, signal: AbortSignal): Promise<ToolOutcome> {
    throwIfAborted(signal);
    const client = this.#client;
    if (!client || this.#state !== 'ready') return this.#lost();
    const patience = new Patience(
      this.server.callTimeoutMs ?? this.options.callTimeoutMs ?? CALL_TIMEOUT_MS,
      this.options.clock,
      signal,
    );
    try {
      const result = await client.request(
        { method: 'tools/call', params: { name, arguments: args } },
        toolResultSchema,
        {
          signal: patience.signal,
          timeout: SDK_TIMEOUT_MS,
          onprogress: () => {
            patience.renew();
          },
        },
      );
      return toOutcome(result);
    } catch (error) {
      if (signal.aborted) throw abortReason(signal);
      if (patience.isOver) return this.#tooSlow(name, patience.ms);
      // One that cannot be written to is on its way out; its last words are complete when it is gone.
      if (this.#transport.ending !== undefined) await this.close();
      return this.#isClosed() ? this.#lost() : { isError: true, code: 'tool-failed', text: serverMessage(error) };
    } finally {
      patience.dispose();
    }
  }

  /** A method of its own, because the compiler does not see that the state changes while somebody waits. */
  #isClosed(): boolean {
    return this.#state === 'closed';
  }

  #tooSlow(tool: string, ms: number): ToolOutcome {
    const text = `The tool "${tool}" gave no result and no sign of progress for ${ms / 1000} seconds, and was stopped.`;
    return { isError: true, code: 'tool-timeout', text };
  }

  #lost(): ToolOutcome {
    const how = this.#transport.ending ?? 'is not running';
    const text = `MCP server "${this.server.name}" ${how}; its tools are no longer available.`;
    return { isError: true, code: 'mcp-connection-lost', text: text + lastWordsOf(this.#transport) };
  }

  /** Ends the server with everything that it started. Settles when that is done; never rejects. */
  async close(): Promise<void> {
    this.#state = 'closed';
    await this.#transport.close();
  }
}

function toOutcome(result: ToolResult): ToolOutcome {
  const { text, images } = readContent(result);
  const pictures = images.length > 0 ? { images } : {};
  if (result.isError !== true) return { isError: false, text, ...pictures };
  return {
    isError: true,
    code: 'tool-failed',
    ...pictures,
    text: text === NO_CONTENT ? 'The tool failed without saying why.' : text,
  };
}

/** A time-out that can start anew, together with the caller's signal. */
class Patience implements Disposable {
  readonly #controller = new AbortController();
  readonly #listening: Disposable;
  #timer: Disposable | undefined;
  #isOver = false;

  constructor(
    readonly ms: number,
    private readonly clock: Clock,
    parent: AbortSignal,
  ) {
    this.#listening = onAbort(parent, () => {
      this.#controller.abort(abortReason(parent));
    });
    this.renew();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  renew(): void {
    this.#timer?.dispose();
    this.#timer = this.clock.after(this.ms, () => {
      this.#isOver = true;
      this.#controller.abort(new BridgeError('tool-timeout', 'The call took too long.'));
    });
  }

  dispose(): void {
    this.#timer?.dispose();
    this.#listening.dispose();
  }
}
