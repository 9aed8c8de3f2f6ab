/**
 * One way to a model server for every kind of request: JSON goes out, and what comes back is checked for being what was
 * asked for. A status alone says nothing: LM Studio answers 200 to unknown routes and to failures (reference 1.2, 3.3).
 *
 * Everything here throws a `BridgeError` with a code, or the signal's reason.
 */
import type { Clock } from '../../base/clock';
import type { BridgeError } from '../../base/errors';
import { isJsonObject, type JsonObject, parseJson } from '../../base/json';
import { classifyAnswer, classifyFailure, errorText, serverError } from '../errors';
import type { Fetch } from '../http';
import type { ServerAddress } from '../lmstudio/server';

/** What is needed to talk to the models of one server. */
export interface Wire {
  readonly address: ServerAddress;
  readonly fetch: Fetch;
  readonly clock: Clock;
}

/** What a request may ask for besides its body. */
export interface Sending {
  readonly onConnected?: (() => void) | undefined;
}

/** An answer that is one JSON object and no error. Takes as long as it takes. */
export async function askJson(wire: Wire, path: string, body: JsonObject, signal: AbortSignal): Promise<JsonObject> {
  const { root } = wire.address;
  try {
    const response = await post(wire, path, body, 'application/json', signal, {});
    const text = await response.text();
    const answer = parseJson(text);
    if (response.ok && answer.ok && isJsonObject(answer.value) && errorText(answer.value) === undefined)
      return answer.value;
    throw refusal(response.status, text, root);
  } catch (error) {
    throw classifyFailure(error, root, signal);
  }
}

/** The body of an answer that is a stream of server-sent events. */
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
    if (response.ok && response.body && /text\/event-stream/i.test(type)) return response.body;
    throw refusal(response.status, await response.text(), root);
  } catch (error) {
    throw classifyFailure(error, root, signal);
  }
}

function post(wire: Wire, path: string, body: JsonObject, accept: string, signal: AbortSignal, sending: Sending) {
  const { root, token } = wire.address;
  return wire.fetch(root + path, {
    method: 'POST',
    signal,
    body: JSON.stringify(body),
    headers: {
      accept,
      'content-type': 'application/json',
      // Without a token no Authorization header leaves (reference 1.7).
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    onConnected: sending.onConnected,
  });
}

/** How servers other than LM Studio say that they have no such route or method. */
const NO_ROUTE: ReadonlySet<number> = new Set([404, 405, 501]);

function refusal(status: number, body: string, root: string): BridgeError {
  if (status >= 300 && status < 400) {
    return serverError(
      'wrong-server',
      `${root} redirects elsewhere (HTTP ${String(status)}); give the address it redirects to.`,
    );
  }
  const error = classifyAnswer(status, body, root);
  return NO_ROUTE.has(status) && error.code === 'bad-response'
    ? serverError('wrong-server', `${root} has no such endpoint (HTTP ${String(status)}).`, error)
    : error;
}
