/** API tokens of 0.4 (§1.7). */
import type { IncomingHttpHeaders } from 'node:http';
import { forbidden, invalidToken, malformedToken, tokenRequired } from './failures';

// §1.7: clientIdentifier:passkey
const TOKEN_FORM = /^sk-lm-[A-Za-z0-9]{8}:[A-Za-z0-9]{20}$/;

/**
 * Lets a request with the right token pass. Without a token set on the server, any header is accepted.
 * @throws HttpFailure 401 with the recorded bodies
 */
export function checkToken(headers: IncomingHttpHeaders, token: string | undefined, path: string): void {
  if (token === undefined) return;
  const bearer = /^Bearer\s+(.+)$/i.exec(headers.authorization ?? '')?.[1];
  // §1.7 DOC: /v1/messages takes Anthropic's header too.
  const given = bearer ?? (path === '/v1/messages' ? headers['x-api-key']?.toString() : undefined);
  if (given === undefined) throw tokenRequired();
  if (given === token) return;
  throw TOKEN_FORM.test(given) ? invalidToken(given) : malformedToken(given);
}

/** @throws HttpFailure 403 where the token does not carry the permission for this path (§1.7) */
export function checkPermission(path: string, forbiddenPaths: readonly string[]): void {
  if (forbiddenPaths.includes(path)) throw forbidden(path);
}
