/**
 * HTTP for slow servers: a `fetch` over node:http(s) without any total time-out.
 *
 * Node's own fetch gives up after 300 s without headers or body bytes, and a local model that reads a long prompt
 * sends neither (reference 3.4); a tool call of an MCP server may take as long. So every request to either goes through
 * here. Redirects are returned, never followed: a token must not travel to another origin.
 */
import * as l10n from '@vscode/l10n';
import * as http from 'node:http';
import * as https from 'node:https';
import { abortReason, onAbort } from './abort';
import { afterHearing, type Clock } from './clock';
import type { Disposable } from './disposable';
import { LLMConnectionError } from './errors';

/** Time to reach the server's socket; everything after that may take as long as it takes (reference 9, client 6). */
const CONNECT_TIMEOUT_MS = 5_000;

/**
 * How long the connection of one round waits for the next. Servers keep theirs for five seconds or more, so within this
 * time none is closed in the moment in which it is used again.
 */
export const KEPT_FOR_NEXT_ROUND_MS = 1_000;

export interface FetchInit extends RequestInit {
  /** Many requests like this one follow each other closely, and none of them changes anything: a turn of a chat. */
  readonly isRound?: boolean | undefined;
  /** Called once when the server's socket is reached: from here on it is the server that takes its time. */
  readonly onConnected?: (() => void) | undefined;
}

export type Fetch = (url: string | URL | Request, init?: FetchInit) => Promise<Response>;

/**
 * Lists are asked for again and again, so their connections are kept, and those of rounds for a moment. Any other POST
 * gets a connection of its own: when a kept one turns out to be dead, nobody can tell whether the server has begun to
 * work on the request. For the same reason a round whose connection was dead fails, and its caller decides.
 */
export function createFetch(clock: Clock, connectTimeoutMs = CONNECT_TIMEOUT_MS): Fetch {
  const kept = { 'http:': new http.Agent({ keepAlive: true }), 'https:': new https.Agent({ keepAlive: true }) };
  const brief = {
    'http:': keepBriefly(new http.Agent({ keepAlive: true }), clock),
    'https:': keepBriefly(new https.Agent({ keepAlive: true }), clock),
  };
  const fresh = { 'http:': new http.Agent(), 'https:': new https.Agent() };
  return async (input, init = {}) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const protocol = url.protocol === 'https:' ? 'https:' : 'http:';
    const method = init.method ?? 'GET';
    const options: http.RequestOptions = {
      method,
      headers: Object.fromEntries(init.headers instanceof Headers ? init.headers : new Headers(init.headers)),
    };
    const agents = method === 'GET' ? kept : init.isRound ? brief : fresh;
    const send = protocol === 'https:' ? https.request : http.request;
    return exchange({
      open: (isAnew) => send(url, { ...options, agent: (isAnew ? fresh : agents)[protocol] }),
      mayRepeat: method === 'GET',
      body: bodyBytes(init.body),
      signal: init.signal ?? undefined,
      onConnected: once(init.onConnected),
      url,
      clock,
      connectTimeoutMs,
    });
  };
}

function keepBriefly<T extends http.Agent>(agent: T, clock: Clock): T {
  const keep = agent.keepSocketAlive.bind(agent);
  const reuse = agent.reuseSocket.bind(agent);
  const waiting = new WeakMap<object, Disposable>();
  agent.keepSocketAlive = (socket): boolean => {
    const ending = clock.after(KEPT_FOR_NEXT_ROUND_MS, () => socket.destroy());
    waiting.set(socket, ending);
    keep(socket);
    return true;
  };
  agent.reuseSocket = (socket, request) => {
    waiting.get(socket)?.dispose();
    reuse(socket, request);
  };
  return agent;
}

interface Exchange {
  /** `isAnew`: over a connection of its own. */
  readonly open: (isAnew: boolean) => http.ClientRequest;
  /**
   * Where the server closed the kept connection in the same moment, it is asked again: over a new one, because where
   * several were kept, it has closed all of them.
   */
  readonly mayRepeat: boolean;
  readonly body: Buffer | undefined;
  readonly signal: AbortSignal | undefined;
  readonly onConnected: () => void;
  readonly url: URL;
  readonly clock: Clock;
  readonly connectTimeoutMs: number;
}

/** A request can reach two sockets where the first one was stale. */
function once(callback: (() => void) | undefined): () => void {
  let isDue = true;
  return () => {
    if (isDue) callback?.();
    isDue = false;
  };
}

async function exchange(work: Exchange): Promise<Response> {
  try {
    return await attempt(work);
  } catch (error) {
    if (error instanceof StaleSocketError) return attempt(work, true);
    throw error;
  }
}

class StaleSocketError extends Error {}

function attempt(
  { open, mayRepeat, body, signal, onConnected, url, clock, connectTimeoutMs }: Exchange,
  isAnew = false,
): Promise<Response> {
  return new Promise<Response>((resolve, reject) => {
    if (signal?.aborted) {
      reject(abortReason(signal));
      return;
    }
    const request = open(isAnew);
    const connecting = afterHearing(connectTimeoutMs, clock, () => {
      request.destroy(
        new LLMConnectionError(
          'server-unreachable',
          l10n.t('{0} did not accept a connection in {1} s.', url.host, connectTimeoutMs / 1000),
        ),
      );
    });
    const aborting = signal && onAbort(signal, () => request.destroy(abortReason(signal)));
    const connected = (): void => {
      connecting.dispose();
      onConnected();
    };
    request.once('socket', (socket) => {
      if (socket.connecting) socket.once('connect', connected);
      else connected();
    });
    request.once('response', (response) => {
      response.once('close', () => aborting?.dispose());
      try {
        resolve(toResponse(response));
      } catch (error) {
        // A status that HTTP does not know, such as 999: thrown in an event, it would end the process.
        request.destroy();
        reject(
          new LLMConnectionError(
            'wrong-server',
            l10n.t('What answers at {0} does not speak HTTP as a model server does.', url.host),
            { cause: error },
          ),
        );
      }
    });
    request.once('error', (error: NodeJS.ErrnoException) => {
      connecting.dispose();
      aborting?.dispose();
      const isStale = mayRepeat && request.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
      reject(isStale ? new StaleSocketError('stale socket', { cause: error }) : error);
    });
    request.end(body);
  });
}

function toResponse(response: http.IncomingMessage): Response {
  const headers = new Headers();
  for (let i = 0; i + 1 < response.rawHeaders.length; i += 2) {
    headers.append(response.rawHeaders[i] ?? '', response.rawHeaders[i + 1] ?? '');
  }
  const status = response.statusCode ?? 0;
  const hasBody = status !== 204 && status !== 205 && status !== 304;
  const stream = hasBody ? bodyOf(response) : null;
  if (!hasBody) response.resume();
  return new Response(stream, { status, headers });
}

/**
 * Hands on everything that has arrived at once. `Readable.toWeb` goes HTTP chunk by HTTP chunk, and a model server sends
 * one for every token.
 */
function bodyOf(response: http.IncomingMessage): ReadableStream<Uint8Array> {
  const pieces: AsyncIterator<Buffer> = response[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const piece = await pieces.next();
        if (piece.done === true) controller.close();
        else controller.enqueue(piece.value);
      },
      // Not `pieces.return()`, which would wait for the piece that may never come.
      cancel() {
        response.destroy();
      },
    },
    { highWaterMark: 0 },
  );
}

/** As bytes: Node takes a long text more slowly. */
function bodyBytes(body: unknown): Buffer | undefined {
  if (body === undefined || body === null) return undefined;
  if (typeof body === 'string' || body instanceof URLSearchParams) return Buffer.from(body.toString());
  throw new TypeError('Only text bodies are sent.');
}
