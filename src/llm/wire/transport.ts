/**
 * One way to a model server for every kind of request: JSON goes out, and what comes back is checked for being what was
 * asked for. A status alone says nothing: LM Studio answers 200 to unknown routes and to failures (reference 1.2, 3.3).
 *
 * Everything here throws a `BridgeError` with a code, or the signal's reason.
 */
import * as l10n from '@vscode/l10n';
import type OpenAI from 'openai';
import { abortReason, onAbort } from '../../base/abort';
import type { Clock } from '../../base/clock';
import type { BridgeError } from '../../base/errors';
import { isJsonObject, type JsonObject, parseJson } from '../../base/json';
import { classifyAnswer, classifyFailure, errorText, serverError } from '../errors';
import type { Fetch } from '../../base/http';
import type { ServerAddress } from '../lmstudio/server';
import { readRetryAfter } from '../retryAfter';

/** What is needed to talk to the models of one server. */
export interface Wire {
  readonly address: ServerAddress;
  readonly fetch: Fetch;
  readonly clock: Clock;
}

/** What a request may ask for besides its body. */
export interface Sending {
  readonly onConnected?: (() => void) | undefined;
  /** See `FetchInit`. */
  readonly isRound?: boolean | undefined;
}

/** An answer that is one JSON object and no error. Takes as long as it takes. */
export async function askJson(wire: Wire, path: string, body: JsonObject, signal: AbortSignal): Promise<JsonObject> {
  const { root } = wire.address;
  // A signal of its own: the client never takes its listener off, and the caller's may live for many requests. Not
  // `AbortSignal.any`, of which Node 20 keeps two kilobytes each time.
  const own = new AbortController();
  const listening = onAbort(signal, () => {
    own.abort(abortReason(signal));
  });
  try {
    const response = await post(wire, path, body, 'application/json', own.signal, {});
    const text = await response.text();
    const answer = parseJson(text);
    if (answer.ok && isJsonObject(answer.value) && errorText(answer.value) === undefined) return answer.value;
    // LM Studio answers 200 to unknown routes too, so a success that is none is an error in disguise (reference 1.2).
    throw classifyAnswer(response.status, text, root);
  } catch (error) {
    throw classifyFailure(error, root, signal);
  } finally {
    listening.dispose();
  }
}

/** The body of an answer that is a stream of server-sent events. `signal` is for this request alone. */
export async function askStream(
  wire: Wire,
  path: string,
  body: JsonObject,
  signal: AbortSignal,
  sending: Sending = {},
): Promise<ReadableStream<Uint8Array>> {
  const { root } = wire.address;
  try {
    const response = await post(wire, path, body, 'text/event-stream', signal, sending);
    const type = response.headers.get('content-type') ?? '';
    if (response.body && /text\/event-stream/i.test(type)) return response.body;
    throw classifyAnswer(response.status, await response.text(), root);
  } catch (error) {
    throw classifyFailure(error, root, signal);
  }
}

/** The longest that Node's timers take (24 days): the client insists on a time-out, and one policy decides elsewhere. */
const NO_TIMEOUT_MS = 2 ** 31 - 1;

/** What one request says to the fetch below, through the client, which hands on whatever it does not know. */
interface RequestHooks {
  readonly onConnected: (() => void) | undefined;
  readonly isRound: boolean | undefined;
  /** What really happened: the client wraps errors, and loses those whose text reminds it of a time-out. */
  readonly onFailure: (failure: unknown) => void;
}

/** Making one costs as much as a round of a small model's tool call. */
const clients = new WeakMap<Wire, OpenAI>();

/** Evaluates the client's library, which takes longer than to start a small process: for a moment of waiting. */
export async function loadClient(): Promise<void> {
  await import('openai');
}

async function clientOf(wire: Wire): Promise<OpenAI> {
  const known = clients.get(wire);
  if (known) return known;
  const { default: OpenAI } = await import('openai');
  const { root, token } = wire.address;
  const client = new OpenAI({
    baseURL: root,
    // The client demands a key; without a token no Authorization header leaves (reference 1.7).
    apiKey: token ?? 'none',
    defaultHeaders: { Authorization: token === undefined ? null : `Bearer ${token}` },
    organization: null,
    project: null,
    maxRetries: 0,
    timeout: NO_TIMEOUT_MS,
    logLevel: 'off',
    fetch: async (url, init) => {
      const { onFailure, ...rest } = init as RequestInit & RequestHooks;
      try {
        const response = await wire.fetch(url, { ...rest, headers: ownHeaders(rest.headers) });
        if (response.ok) return response;
        throw await refusal(response, root);
      } catch (error) {
        onFailure(error);
        throw error;
      }
    },
  });
  clients.set(wire, client);
  return client;
}

/** An answer with a good status, whatever stands in it; everything else is thrown. */
async function post(
  wire: Wire,
  path: string,
  body: JsonObject,
  accept: string,
  signal: AbortSignal,
  { onConnected, isRound }: Sending,
): Promise<Response> {
  let failure: unknown;
  const hooks: RequestHooks = {
    onConnected,
    isRound,
    onFailure: (error) => {
      failure = error;
    },
  };
  try {
    const client = await clientOf(wire);
    return await client.post(path, { body, signal, headers: { accept }, fetchOptions: hooks as object }).asResponse();
  } catch (error) {
    throw failure ?? error;
  }
}

/** Without what the client adds by itself: its telemetry, and headers from the environment meant for another service. */
function ownHeaders(all: RequestInit['headers']): Headers {
  const given = all instanceof Headers ? all : new Headers(all);
  return new Headers(
    ['accept', 'content-type', 'authorization'].flatMap((name): [string, string][] => {
      const value = given.get(name);
      return value === null ? [] : [[name, value]];
    }),
  );
}

/** How servers other than LM Studio say that they have no such route or method. */
const NO_ROUTE: ReadonlySet<number> = new Set([404, 405, 501]);

async function refusal(response: Response, root: string): Promise<BridgeError> {
  const { status, headers } = response;
  if (status >= 300 && status < 400) {
    return serverError(
      'wrong-server',
      l10n.t('{0} redirects elsewhere (HTTP {1}); give the address it redirects to.', root, status),
    );
  }
  const error = classifyAnswer(status, await response.text(), root, readRetryAfter(headers));
  return NO_ROUTE.has(status) && error.code === 'bad-response'
    ? serverError('wrong-server', l10n.t('{0} has no such endpoint (HTTP {1}).', root, status), error)
    : error;
}
