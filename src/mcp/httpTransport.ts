import * as l10n from '@vscode/l10n';
import type { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport, TransportSendOptions } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { raceAbort } from '../base/abort';
import type { Clock } from '../base/clock';
import type { Disposable } from '../base/disposable';
import { BridgeError, ConfigurationError, errorMessage, isBridgeError, toBridgeError } from '../base/errors';
import { createFetch } from '../base/http';
import type { Logger } from '../base/logger';
import { redact } from '../base/redact';
import { visibleText } from '../base/visibleText';
import type { SignIn } from './clientHost';
import { type Peer, requestFailure, statusFailure, unreadable } from './httpFailure';
import { HttpRequests } from './httpRequests';
import { systemLookup } from './networkReach';
import { type OAuth, sharedOAuth } from './oauth';
import type { ResolvedHttp, ResolvedServer } from './serverSpec';
import { named } from './startError';
import type { ServerTransport } from './transport';

/** To the socket of a server that may be far away. */
const CONNECT_TIMEOUT_MS = 15_000;

/** A server that is no MCP server either may keep a stream of events open without a word. */
const LEGACY_ENDPOINT_MS = 10_000;

/** How long a server has to end our session. */
const GOODBYE_MS = 1000;

/** A stream that broke off is asked for again after 1 s, then after longer and longer, unless the server says when. */
const RECONNECTING = {
  initialReconnectionDelay: 1000,
  maxReconnectionDelay: 30_000,
  reconnectionDelayGrowFactor: 1.5,
  maxRetries: 5,
};

/** With these a server says that it does not know streamable HTTP (specification 2025-11-25, transports, compatibility). */
const NOT_STREAMABLE = [400, 404, 405];

export interface HttpTransportNeeds {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signIn: SignIn | undefined;
}

type Inner = Transport & Partial<Pick<StreamableHTTPClientTransport, 'terminateSession'>>;

/** MCP at an address: streamable HTTP, or the older SSE where the server knows only that. */
export class HttpTransport implements ServerTransport {
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  onmessage?: Transport['onmessage'];
  onWaiting?: ((work: Promise<unknown>) => void) | undefined;
  readonly lastWords = '';
  #inner: Inner | undefined;
  #requests: HttpRequests | undefined;
  #oauth: OAuth | undefined;
  #peer: Peer | undefined;
  #patience: Disposable | undefined;
  #ending: string | undefined;
  #closing: Promise<void> | undefined;
  #isReady = false;
  #hasEnded = false;

  constructor(
    private readonly server: ResolvedServer,
    private readonly spec: ResolvedHttp,
    private readonly needs: HttpTransportNeeds,
  ) {}

  get ending(): string | undefined {
    return this.#ending;
  }

  /** @throws ConfigurationError `mcp-config` where the address is none; BridgeError as `send` */
  async start(): Promise<void> {
    this.#prepare();
    if (this.spec.protocol === 'sse') await this.#startLegacy();
    else await this.#startStreamable();
  }

  #prepare(): void {
    const { spec, server, needs } = this;
    const url = URL.canParse(spec.url) ? new URL(spec.url) : undefined;
    if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
      throw new ConfigurationError('mcp-config', l10n.t('{0} has a "url" that is no web address.', named(server)), {
        hint: l10n.t('It has to begin with https:// or http://.'),
      });
    }
    const fetch = createFetch(needs.clock, CONNECT_TIMEOUT_MS);
    const { signIn } = needs;
    const { name } = server;
    this.#oauth = sharedOAuth({ name, url, configured: spec.oauth, signIn, fetch, lookup: systemLookup });
    this.#peer = { named: named(server), url, clean: (text) => this.#clean(text) };
    this.#requests = new HttpRequests({
      peer: this.#peer,
      headers: spec.headers,
      fetch,
      oauth: this.#oauth,
      warn: (message) => {
        needs.logger.log('warn', message);
      },
      onAsk: (work) => {
        this.#patience?.dispose();
        this.onWaiting?.(work);
      },
      onGone: (how) => {
        this.#giveUp(how);
      },
    });
  }

  #clean(text: string): string {
    // Of "Bearer abc", a server may repeat the second word alone.
    const secrets = this.server.secrets.flatMap((secret) => [secret, ...secret.split(' ').slice(1)]);
    return redact(text, [...secrets, ...(this.#oauth?.secrets ?? [])]);
  }

  async #startStreamable(): Promise<void> {
    const { peer, requests } = this.#parts();
    const { StreamableHTTPClientTransport } = await import('@modelcontextprotocol/sdk/client/streamableHttp.js');
    const inner = new StreamableHTTPClientTransport(peer.url, {
      fetch: (url, init) => requests.send(url, init),
      reconnectionOptions: RECONNECTING,
    });
    this.#adopt(inner);
    await inner.start();
  }

  /** Settles when the server has said where it takes messages. */
  async #startLegacy(): Promise<void> {
    const { peer, requests } = this.#parts();
    const { SSEClientTransport } = await import('@modelcontextprotocol/sdk/client/sse.js');
    // Of an error of a fetch, only its text comes out of the SDK.
    let fault: unknown;
    const inner = new SSEClientTransport(peer.url, {
      fetch: (url, init) =>
        requests.send(url, init, init?.method !== 'POST').catch((error: unknown) => {
          fault = error;
          throw error;
        }),
    });
    this.#adopt(inner);
    try {
      await inner.start();
    } catch (error) {
      throw this.#failure(fault ?? error);
    }
  }

  #parts(): { readonly peer: Peer; readonly requests: HttpRequests } {
    if (!this.#peer || !this.#requests || this.#closing) throw new Error('The transport is closed.');
    return { peer: this.#peer, requests: this.#requests };
  }

  #adopt(inner: Inner): void {
    inner.onmessage = (message: JSONRPCMessage): void => {
      this.#isReady = true;
      const isAnswer = !('method' in message);
      // Nobody waits for the answer to a request that was cancelled.
      if (isAnswer && message.id !== undefined && !this.#requests?.settle(message.id)) return;
      this.onmessage?.(message);
    };
    inner.onclose = (): void => {
      if (inner === this.#inner) this.#end();
    };
    inner.onerror = (error): void =>
      this.onerror?.(new Error(this.#clean(visibleText(errorMessage(error))).slice(0, 500)));
    this.#inner = inner;
  }

  /** @throws BridgeError `mcp-start-failed` or `auth-required`, without secrets */
  async send(message: JSONRPCMessage, options: TransportSendOptions = {}): Promise<void> {
    const { requests } = this.#parts();
    const id = 'method' in message && 'id' in message ? message.id : undefined;
    if (id !== undefined) requests.begin(id);
    try {
      await this.#inner?.send(message, {
        ...options,
        onresumptiontoken: (token) => {
          if (id !== undefined) requests.noteEvent(id, token);
          options.onresumptiontoken?.(token);
        },
      });
    } catch (error) {
      if (id !== undefined) requests.settle(id);
      if (this.#shouldFallBack(message, error)) await this.#fallBack(message, error);
      else throw this.#failure(error);
    } finally {
      const cancelled = cancelledId(message);
      if (cancelled !== undefined) requests.cancel(cancelled);
    }
  }

  #shouldFallBack(message: JSONRPCMessage, error: unknown): boolean {
    const isFirst = !this.#isReady && 'method' in message && message.method === 'initialize';
    return isFirst && this.spec.protocol === 'auto' && NOT_STREAMABLE.includes(statusOf(error) ?? 0);
  }

  /** Where the older way fails too, what was wrong with the newer one says more. */
  async #fallBack(message: JSONRPCMessage, first: unknown): Promise<void> {
    const before = this.#inner;
    this.#inner = undefined;
    await before?.close();
    const silence = new AbortController();
    this.#patience = this.needs.clock.after(LEGACY_ENDPOINT_MS, () => {
      silence.abort(this.#failure(first));
    });
    try {
      await raceAbort(this.#startLegacy(), silence.signal);
    } catch (error) {
      throw isBridgeError(error, 'auth-required') ? error : this.#failure(first);
    } finally {
      this.#patience.dispose();
    }
    await this.send(message);
  }

  #failure(error: unknown): BridgeError {
    const peer = this.#peer;
    if (!peer || error instanceof BridgeError) return toBridgeError(error);
    const status = statusOf(error);
    const text = errorMessage(error).replace(/^Streamable HTTP error: (Error POSTing to endpoint: )?|^SSE error: /, '');
    if (status !== undefined && status >= 300) return statusFailure(peer, { status, text });
    return isUnreadable(error) ? unreadable(peer, text) : requestFailure(peer, error);
  }

  setProtocolVersion(version: string): void {
    this.#inner?.setProtocolVersion?.(version);
  }

  #giveUp(how: string): void {
    if (this.#closing || this.#hasEnded || !this.#isReady) return;
    this.#ending ??= how;
    void this.close();
  }

  close(): Promise<void> {
    this.#closing ??= this.#shutDown();
    return this.#closing;
  }

  async #shutDown(): Promise<void> {
    this.#patience?.dispose();
    const inner = this.#inner;
    if (this.#ending === undefined) await this.#sayGoodbye(inner);
    await inner?.close().catch(() => undefined);
    this.#end();
  }

  /** The server may forget us; whether it does is its own affair. */
  async #sayGoodbye(inner: Inner | undefined): Promise<void> {
    if (!inner?.terminateSession) return;
    const enough = new AbortController();
    const timer = this.needs.clock.after(GOODBYE_MS, () => {
      enough.abort();
    });
    inner.onerror = () => undefined;
    await raceAbort(inner.terminateSession(), enough.signal).catch(() => undefined);
    timer.dispose();
  }

  #end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.onclose?.();
  }
}

/** The HTTP status that an error of the SDK's transports carries. */
function statusOf(error: unknown): number | undefined {
  const code: unknown =
    error instanceof Error && !(error instanceof BridgeError) ? Reflect.get(error, 'code') : undefined;
  return typeof code === 'number' ? code : undefined;
}

/** The SDK could not read it: its own error for another media type, or a parser's. */
function isUnreadable(error: unknown): boolean {
  return (
    statusOf(error) === -1 || (error instanceof Error && ['SyntaxError', 'ZodError', '$ZodError'].includes(error.name))
  );
}

function cancelledId(message: JSONRPCMessage): string | number | undefined {
  if (!('method' in message) || message.method !== 'notifications/cancelled') return undefined;
  const id = message.params?.['requestId'];
  return typeof id === 'string' || typeof id === 'number' ? id : undefined;
}
