/**
 * Ways in which a request that generates nothing (a list, a load, an unload, embeddings) is answered wrongly, by name:
 * by LM Studio, by what stands before it, or by something else on its port. `faults.ts` has those of generations.
 */
import type { ServerResponse } from 'node:http';
import { type HttpFailure, nativeFailure, stringFailure, tokenRequired, unexpectedEndpoint } from './failures';
import { resetConnection, sendJson } from './httpReply';
import type { JsonValue } from './json';
import { loopTurns } from './loopTurns';
import type { LoggedRequest } from './requestLog';
import type { Answer } from './routes';

/** Plays the fault with the answer that would have come. */
type Play = (response: ServerResponse, answer: Answer, request: LoggedRequest) => Promise<void> | void;

const JSON_TYPE = { 'Content-Type': 'application/json; charset=utf-8' };
const HTML = '<!doctype html><html><body><h1>It works!</h1></body></html>';

const FAULTS = {
  // §1.6: string errors and object errors.
  'error-text': failing(() => stringFailure(500, 'Internal error.')),
  'error-object': failing(() => nativeFailure(500, 'internal_error', 'Something went wrong.')),
  // §1.7 REC
  unauthorised: failing(() => tokenRequired()),
  // §1.2 BT#618: 200, and no such route.
  'unexpected-endpoint': failing(({ method, path }) => unexpectedEndpoint(method, path)),
  'too-many': (response) => refuse(response, 429, { 'Retry-After': '0' }),
  // A gateway whose LM Studio is away (INF).
  'bad-gateway': (response) => refuse(response, 502, { 'Content-Type': 'text/html' }, HTML),
  'service-unavailable': (response) => refuse(response, 503, { 'Retry-After': '0' }),
  'html-page': (response) => refuse(response, 200, { 'Content-Type': 'text/html' }, HTML),
  'empty-body': (response) => refuse(response, 200, { 'Content-Type': 'application/json' }),
  'cut-json': (response, answer) => refuse(response, 200, JSON_TYPE, half(answer)),
  'wrong-shape': (response) => refuse(response, 200, JSON_TYPE, '{"models":7,"data":{"a":[]},"instance_id":null}'),
  'bare-null': (response) => refuse(response, 200, JSON_TYPE, 'null'),
  reset: (response) => resetConnection(response),
  'reset-midway': async (response, answer) => {
    promise(response, answer);
    await new Promise((resolve) => response.write(half(answer), resolve));
    resetConnection(response);
  },
  // Fewer bytes than promised, and a socket that is closed in good order.
  'cut-short': (response, answer) => {
    promise(response, answer);
    response.write(half(answer), () => response.socket?.end());
  },
  slow: async (response, { status, body, pretty }) => {
    await loopTurns(200);
    sendJson(response, status, body, pretty);
  },
  drip: async (response, answer) => {
    promise(response, answer);
    const bytes = Buffer.from(textOf(answer.body));
    for (let at = 0; at < bytes.length && !response.destroyed; at += 97) {
      response.write(bytes.subarray(at, at + 97));
      await loopTurns(1);
    }
    response.end();
  },
} satisfies Record<string, Play>;

export type AnswerFault = keyof typeof FAULTS;
export const ANSWER_FAULTS = Object.keys(FAULTS) as readonly AnswerFault[];

/** Answers with the fault. @throws HttpFailure where the fault is a refusal in LM Studio's own words */
export async function playAnswerFault(
  name: AnswerFault,
  response: ServerResponse,
  answer: Answer,
  request: LoggedRequest,
): Promise<void> {
  if (response.destroyed) return;
  const play: Play = FAULTS[name];
  await play(response, answer, request);
}

function failing(failure: (request: LoggedRequest) => HttpFailure): Play {
  return (_response, _answer, request) => {
    throw failure(request);
  };
}

function refuse(response: ServerResponse, status: number, headers: Record<string, string>, body = ''): void {
  response.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}

/** The headers of the whole answer. */
function promise(response: ServerResponse, { status, body }: Answer): void {
  response.writeHead(status, { ...JSON_TYPE, 'Content-Length': Buffer.byteLength(textOf(body)) });
}

function half({ body }: Answer): string {
  const text = textOf(body);
  return text.slice(0, Math.ceil(text.length / 2));
}

function textOf(body: JsonValue): string {
  return JSON.stringify(body);
}
