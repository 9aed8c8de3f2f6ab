/** Bodies in and out, in the form that LM Studio's Express gives them. */
import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { JsonValue } from './json';

export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

/**
 * Sends JSON with the headers of §1.6. `pretty`: lists and object-style errors are indented by two spaces, string
 * errors and small answers are compact; neither ends with a newline.
 */
// §1.6 REC
export function sendJson(response: ServerResponse, status: number, body: JsonValue, pretty: boolean): void {
  if (response.headersSent || response.destroyed) return;
  const text = JSON.stringify(body, null, pretty ? 2 : 0);
  const bytes = Buffer.from(text, 'utf8');
  response.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': bytes.length,
    ETag: weakEtag(bytes),
  });
  response.end(bytes);
}

/** As Express makes it: length in hex and 27 characters of the hash. */
function weakEtag(bytes: Buffer): string {
  const hash = createHash('sha1').update(bytes).digest('base64').slice(0, 27);
  return `W/"${bytes.length.toString(16)}-${hash}"`;
}

const resets = new WeakSet<ServerResponse>();

/** Breaks the connection as a dying server does (TCP RST). */
export function resetConnection(response: ServerResponse): void {
  resets.add(response);
  response.socket?.resetAndDestroy();
}

/** True for a response that `resetConnection` ended: then it was not the client that went away. */
export function wasReset(response: ServerResponse): boolean {
  return resets.has(response);
}
