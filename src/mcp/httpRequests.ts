import * as l10n from '@vscode/l10n';
import { abortReason, onAbort } from '../base/abort';
import { BridgeError } from '../base/errors';
import type { Fetch } from '../base/http';
import { isJsonObject, parseJson } from '../base/json';
import { looksSecret } from './environment';
import { isGone, type Peer, requestFailure, statusFailure } from './httpFailure';
import { EventFilter, MAX_MESSAGE_BYTES, type MessageFilter, readLimited } from './messageLimit';
import { isLoopbackUrl } from './networkReach';
import type { OAuth } from './oauth';

/** Of an answer that is a failure, for the sentence about it. */
const MAX_EXCERPT_BYTES = 4096;

/** How often one request may improve its token: once for a better one, once for more scopes. */
const MAX_IMPROVEMENTS = 2;

export interface HttpRequestsNeeds {
  readonly peer: Peer;
  /** Of the configuration. */
  readonly headers: Readonly<Record<string, string>>;
  readonly fetch: Fetch;
  readonly oauth: OAuth;
  readonly warn: (message: string) => void;
  /** A person begins to be waited for, until the promise settles. */
  readonly onAsk: (work: Promise<unknown>) => void;
  /** The server is lost, and how. */
  readonly onGone: (how: string) => void;
}

type RequestId = string | number;

interface OpenRequest {
  readonly controller: AbortController;
  /** The event after which its answer goes on. */
  lastEventId?: string;
  filter?: EventFilter;
  isCancelled: boolean;
}

/**
 * Every HTTP request to one server: with the token and the configured headers, which go to its own origin only; signed
 * in to where it asks for that; and with what it answers bounded.
 */
export class HttpRequests {
  readonly #open = new Map<RequestId, OpenRequest>();
  readonly #hasOwnAuthorization: boolean;
  #hasWarned = false;

  constructor(private readonly needs: HttpRequestsNeeds) {
    this.#hasOwnAuthorization = Object.keys(needs.headers).some((name) => name.toLowerCase() === 'authorization');
  }

  /** A request of the protocol is going to be sent. */
  begin(id: RequestId): void {
    this.#open.set(id, { controller: new AbortController(), isCancelled: false });
  }

  /** Whether an answer with this id is waited for. It is not any more. */
  settle(id: RequestId): boolean {
    const open = this.#open.get(id);
    this.#open.delete(id);
    return open !== undefined && !open.isCancelled;
  }

  noteEvent(id: RequestId, lastEventId: string): void {
    const open = this.#open.get(id);
    if (open) open.lastEventId = lastEventId;
  }

  /** Ends the HTTP request whose answer nobody wants any more. */
  cancel(id: RequestId): void {
    const open = this.#open.get(id);
    if (!open) return;
    open.isCancelled = true;
    open.filter?.end();
    open.controller.abort(new BridgeError('cancelled', l10n.t('The request was cancelled.')));
  }

  /** The `fetch` of the SDK's transport. `isLegacy`: its stream is the connection, and ends with it. */
  readonly send = async (input: string | URL, init: RequestInit = {}, isLegacy = false): Promise<Response> => {
    const id = this.#idOf(init);
    const open = id === undefined ? undefined : this.#open.get(id);
    if (open?.isCancelled) return endedStream(id);
    const controller = new AbortController();
    const signals = [init.signal, open?.controller.signal].filter((signal) => signal instanceof AbortSignal);
    const listening = signals.map((signal) =>
      onAbort(signal, () => {
        controller.abort(abortReason(signal));
      }),
    );
    const url = new URL(input);
    const stop = (): void => {
      for (const one of listening) one.dispose();
    };
    const response = await this.#authorized(url, { ...init, signal: controller.signal }).catch((error: unknown) => {
      stop();
      throw error;
    });
    try {
      this.#checkRedirect(url, response);
    } catch (error) {
      stop();
      await response.body?.cancel();
      throw error;
    }
    const hadSession = new Headers(init.headers).has('mcp-session-id');
    if (response.status === 404 && hadSession) this.needs.onGone(l10n.t('has ended the session'));
    return this.#bounded(response, id, open, { isLegacy, stop });
  };

  /** What stays within the origin is for the SDK to follow. */
  #checkRedirect(url: URL, { status, headers }: Response): void {
    const location = headers.get('location');
    if (status < 300 || status >= 400 || location === null) return;
    const { peer } = this.needs;
    const target = URL.canParse(location, url.href) ? new URL(location, url) : undefined;
    if (!target || !isOwnOrigin(peer.url, target)) throw statusFailure(peer, { status, text: '', location });
  }

  #idOf({ body, headers }: RequestInit): RequestId | undefined {
    if (typeof body === 'string') {
      const parsed = parseJson(body);
      if (!parsed.ok || !isJsonObject(parsed.value) || !('method' in parsed.value)) return undefined;
      const { id } = parsed.value;
      return typeof id === 'string' || typeof id === 'number' ? id : undefined;
    }
    const lastEventId = new Headers(headers).get('last-event-id');
    return [...this.#open].find(([, open]) => lastEventId !== null && open.lastEventId === lastEventId)?.[0];
  }

  /** Goes to a person, if it must, and asks again. */
  async #authorized(url: URL, init: RequestInit & { signal: AbortSignal }): Promise<Response> {
    const { peer, oauth, onAsk } = this.needs;
    const isOwn = isOwnOrigin(peer.url, url);
    for (let improvements = 0; ; improvements++) {
      const token = this.#hasOwnAuthorization || !isOwn ? undefined : await oauth.token();
      const response = await this.#ask(url, init, isOwn ? this.#ownHeaders(token) : {});
      if (!isOwn || (response.status !== 401 && response.status !== 403)) return response;
      const { extractWWWAuthenticateParams } = await import('@modelcontextprotocol/sdk/client/auth.js');
      const { resourceMetadataUrl, scope, error } = extractWWWAuthenticateParams(response);
      const wantsMore = response.status === 403 && error === 'insufficient_scope';
      const canImprove = !this.#hasOwnAuthorization && (response.status === 401 || wantsMore);
      if (!canImprove || improvements === MAX_IMPROVEMENTS) throw await this.#refusal(response);
      await response.body?.cancel();
      try {
        await oauth.improve(token, { resourceMetadataUrl, scope, wantsMore }, onAsk, init.signal);
      } catch (error) {
        if (init.signal.aborted || !(error instanceof BridgeError)) throw error;
        throw new BridgeError(error.code, `${peer.named}: ${error.message}`, { hint: error.hint });
      }
    }
  }

  #ownHeaders(token: string | undefined): Record<string, string> {
    const { headers, peer, warn } = this.needs;
    const hasSecret = token !== undefined || Object.keys(headers).some(looksSecret);
    if (hasSecret && peer.url.protocol === 'http:' && !isLoopbackUrl(peer.url) && !this.#hasWarned) {
      this.#hasWarned = true;
      warn(
        l10n.t(
          '{0}: its token goes to {1} without encryption, where others may read it. Use https.',
          peer.named,
          peer.url.host,
        ),
      );
    }
    return { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...headers };
  }

  async #ask(url: URL, init: RequestInit & { signal: AbortSignal }, own: Record<string, string>): Promise<Response> {
    const headers = new Headers(init.headers);
    for (const [name, value] of Object.entries(own)) headers.set(name, value);
    try {
      return await this.needs.fetch(url, { ...init, headers });
    } catch (error) {
      if (init.signal.aborted) throw error;
      const failure = requestFailure(this.needs.peer, error);
      if (isGone(error)) this.needs.onGone(l10n.t('cannot be reached any more'));
      throw failure;
    }
  }

  async #refusal(response: Response): Promise<BridgeError> {
    const text = await excerpt(response);
    return statusFailure(this.needs.peer, { status: response.status, text, isPage: isPage(response) });
  }

  async #bounded(
    response: Response,
    requestId: RequestId | undefined,
    open: OpenRequest | undefined,
    { isLegacy, stop }: { readonly isLegacy: boolean; readonly stop: () => void },
  ): Promise<Response> {
    const { status, headers, body } = response;
    if (!body) {
      stop();
      return response;
    }
    const type = headers.get('content-type') ?? '';
    if (!response.ok || isPage(response)) {
      stop();
      if (isPage(response) && response.ok) throw await this.#refusal(response);
      return new Response(await excerpt(response), { status, headers: withoutLength(headers) });
    }
    const filter = this.#filter(requestId);
    if (!type.includes('text/event-stream')) {
      return new Response(await readLimited(body, filter).finally(stop), { status, headers: withoutLength(headers) });
    }
    const events = new EventFilter(filter);
    if (open) open.filter = events;
    const onEnd = (): void => {
      stop();
      if (isLegacy) this.needs.onGone(l10n.t('closed its stream of events'));
    };
    return new Response(watched(body, onEnd).pipeThrough(events.stream), { status, headers });
  }

  #filter(requestId: RequestId | undefined): MessageFilter {
    const { peer, oauth, warn } = this.needs;
    const onOversized = (bytes: number): void => {
      warn(
        l10n.t(
          '{0}: The answer is too large: {1} bytes, and {2} are the most that is taken.',
          peer.named,
          bytes,
          MAX_MESSAGE_BYTES,
        ),
      );
    };
    const clean = (text: string): string => oauth.hide(text);
    return { maxBytes: MAX_MESSAGE_BYTES, requestId, clean, onOversized };
  }
}

/** Its own origin, or the same host with https instead of http where both have their usual port. */
function isOwnOrigin(own: URL, url: URL): boolean {
  const isUpgrade = own.protocol === 'http:' && url.protocol === 'https:' && own.port === '' && url.port === '';
  return own.origin === url.origin || (isUpgrade && own.hostname === url.hostname);
}

function isPage({ headers }: Response): boolean {
  return /^(text\/html|application\/xhtml)/i.test(headers.get('content-type') ?? '');
}

function withoutLength(headers: Headers): Headers {
  const rest = new Headers(headers);
  rest.delete('content-length');
  return rest;
}

async function excerpt({ body }: Response): Promise<string> {
  const reader = body?.getReader();
  let text = Buffer.alloc(0);
  while (reader && text.length < MAX_EXCERPT_BYTES) {
    const part = await reader.read();
    if (part.done) break;
    text = Buffer.concat([text, part.value]);
  }
  await reader?.cancel();
  return text.toString('utf8', 0, MAX_EXCERPT_BYTES);
}

/** Tells when a stream is over, however it ends. */
function watched(body: ReadableStream<Uint8Array>, onEnd: () => void): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const part = await reader.read();
        if (!part.done) {
          controller.enqueue(part.value);
          return;
        }
        controller.close();
      } catch (error) {
        controller.error(error);
      }
      onEnd();
    },
    async cancel() {
      onEnd();
      await reader.cancel();
    },
  });
}

/** What the SDK gets where it asks for the rest of an answer that was cancelled. */
function endedStream(id: RequestId | undefined): Response {
  const text = `data: ${JSON.stringify({ jsonrpc: '2.0', id: id ?? null, result: {} })}\n\n`;
  return new Response(text, { headers: { 'content-type': 'text/event-stream' } });
}
