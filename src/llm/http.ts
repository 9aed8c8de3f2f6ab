/**
 * HTTP for slow servers: a `fetch` over node:http(s) without any total time-out.
 *
 * Node's own fetch gives up after 300 s without headers or body bytes, and a local model that reads a long prompt
 * sends neither (reference 3.4), so every request that goes to a model server goes through here. Redirects are
 * returned, never followed: a token must not travel to another origin.
 */
import * as http from 'node:http';
import * as https from 'node:https';
import { Readable } from 'node:stream';
import { abortReason, onAbort } from '../base/abort';
import type { Clock } from '../base/clock';
import { LLMConnectionError } from '../base/errors';

/** Time to reach the server's socket; everything after that may take as long as it takes (reference 9, client 6). */
const CONNECT_TIMEOUT_MS = 5_000;

export type Fetch = (url: string | URL | Request, init?: RequestInit) => Promise<Response>;

export function createFetch(clock: Clock): Fetch {
  const agents = {
    'http:': new http.Agent({ keepAlive: true }),
    'https:': new https.Agent({ keepAlive: true }),
  };
  return (input, init = {}) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const isSecure = url.protocol === 'https:';
    const options: http.RequestOptions = {
      method: init.method ?? 'GET',
      headers: Object.fromEntries(new Headers(init.headers)),
      agent: isSecure ? agents['https:'] : agents['http:'],
    };
    const send = isSecure ? https.request : http.request;
    return new Promise<Response>((resolve, reject) => {
      exchange({
        open: () => send(url, options),
        body: bodyText(init.body),
        signal: init.signal ?? undefined,
        url,
        clock,
      }).then(resolve, reject);
    });
  };
}

interface Exchange {
  readonly open: () => http.ClientRequest;
  readonly body: string | undefined;
  readonly signal: AbortSignal | undefined;
  readonly url: URL;
  readonly clock: Clock;
}

async function exchange(work: Exchange): Promise<Response> {
  try {
    return await attempt(work);
  } catch (error) {
    // A kept-alive socket that the server closed in the same moment: nothing was processed, a fresh socket will do.
    if (error instanceof StaleSocketError) return attempt(work);
    throw error;
  }
}

class StaleSocketError extends Error {}

function attempt({ open, body, signal, url, clock }: Exchange): Promise<Response> {
  return new Promise<Response>((resolve, reject) => {
    if (signal?.aborted) {
      reject(abortReason(signal));
      return;
    }
    const request = open();
    const connecting = clock.after(CONNECT_TIMEOUT_MS, () => {
      request.destroy(
        new LLMConnectionError(
          'server-unreachable',
          `${url.host} did not accept a connection in ${String(CONNECT_TIMEOUT_MS / 1000)} s.`,
        ),
      );
    });
    const aborting = signal && onAbort(signal, () => request.destroy(abortReason(signal)));
    request.once('socket', (socket) => {
      if (socket.connecting)
        socket.once('connect', () => {
          connecting.dispose();
        });
      else connecting.dispose();
    });
    request.once('response', (response) => {
      response.once('close', () => aborting?.dispose());
      resolve(toResponse(response));
    });
    request.once('error', (error: NodeJS.ErrnoException) => {
      connecting.dispose();
      aborting?.dispose();
      const isStale = request.reusedSocket && error.code === 'ECONNRESET';
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
  const hasBody = status !== 204 && status !== 304;
  const stream = hasBody ? (Readable.toWeb(response) as ReadableStream<Uint8Array>) : null;
  if (!hasBody) response.resume();
  return new Response(stream, { status, headers });
}

function bodyText(body: unknown): string | undefined {
  if (body === undefined || body === null) return undefined;
  if (typeof body === 'string') return body;
  throw new TypeError('Only text bodies are sent to model servers.');
}
