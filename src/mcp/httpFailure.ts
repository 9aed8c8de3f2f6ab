/** What can go wrong on the way to a server at an address, as one sentence and what to do about it. */
import { BridgeError, type ErrorCode, errorMessage, isBridgeError, systemErrorCode } from '../base/errors';
import { visibleText } from '../base/visibleText';

/** Who is spoken to: `MCP server "x" (file:4)`. `clean` takes secrets out of a text of the server. */
export interface Peer {
  readonly named: string;
  readonly url: URL;
  readonly clean: (text: string) => string;
}

const MAX_QUOTE = 200;

/** A fault of the network, or whatever a request threw. */
export function requestFailure(peer: Peer, error: unknown): BridgeError {
  if (
    error instanceof BridgeError &&
    !isBridgeError(error, 'server-unreachable') &&
    !isBridgeError(error, 'wrong-server')
  ) {
    return error;
  }
  const { named, url } = peer;
  const code = systemErrorCode(error) ?? (error instanceof BridgeError ? error.code : '');
  const fail = (what: string, hint: string): BridgeError =>
    new BridgeError('mcp-start-failed', `${named} ${what}`, { hint, cause: error });
  const checkUrl = 'Correct "url" in the entry, or check the network.';
  if (code === 'ECONNREFUSED') {
    return fail(
      `cannot be reached: nothing listens at ${url.host}.`,
      'Start the server, or correct "url" in the entry.',
    );
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return fail(`cannot be reached: there is no host "${url.hostname}" here.`, checkUrl);
  }
  if (isTlsFault(code)) return tlsFailure(peer, code, error);
  if (code === 'wrong-server' || code.startsWith('HPE_')) {
    return fail(`cannot be spoken to: what answers at ${url.host} does not speak HTTP.`, checkUrl);
  }
  if (['ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'server-unreachable'].includes(code)) {
    return fail(`cannot be reached: ${url.host} does not answer.`, checkUrl);
  }
  if (code === 'ECONNRESET' || code === 'EPIPE') {
    return fail(`broke off the connection to ${url.host}.`, 'See what the server itself says about it.');
  }
  return fail(`could not be asked: ${quote(peer, errorMessage(error))}`, checkUrl);
}

/** Whether nobody is there any more, as opposed to one request that failed. */
export function isGone(error: unknown): boolean {
  return ['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ENETUNREACH'].includes(systemErrorCode(error) ?? '');
}

function isTlsFault(code: string): boolean {
  return /^(CERT_|ERR_TLS_|ERR_SSL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH)|^EPROTO$/.test(code);
}

function tlsFailure({ named, url }: Peer, code: string, cause: unknown): BridgeError {
  const isNoTls = code === 'EPROTO' || code.startsWith('ERR_SSL_');
  return isNoTls
    ? new BridgeError('mcp-start-failed', `${named} cannot be reached: ${url.host} does not speak TLS (${code}).`, {
        hint: 'If the server speaks plain http, write "http://" in "url" of the entry.',
        cause,
      })
    : new BridgeError(
        'mcp-start-failed',
        `${named} cannot be reached: the certificate of ${url.host} is not trusted (${code}).`,
        {
          hint: 'Have the certificate put right, or make its authority known to Node by NODE_EXTRA_CA_CERTS.',
          cause,
        },
      );
}

export interface Refusal {
  readonly status: number;
  /** The beginning of the body. */
  readonly text: string;
  readonly location?: string | undefined;
  readonly isPage?: boolean | undefined;
}

/** An answer that is no MCP: a status of failure, a redirect to elsewhere, a web page. */
export function statusFailure(peer: Peer, refusal: Refusal): BridgeError {
  const { status, text, location } = refusal;
  const isPage = refusal.isPage ?? /^\s*<(!doctype html|html)\b/i.test(text);
  const { named, url } = peer;
  // What the server sent stays out of the cause too: it may repeat what it was sent.
  const fail = (what: string, hint: string, code: ErrorCode = 'mcp-start-failed'): BridgeError =>
    new BridgeError(code, `${named} ${what}`, { hint });
  if (location !== undefined) {
    return fail(
      `sends requests on to ${targetOf(location, url)}, and they are not sent to another place.`,
      'If you trust that address, write it into "url" of the entry.',
    );
  }
  if (isPage) {
    return fail(
      `answers with a web page${status < 400 ? '' : ` (HTTP ${status})`}, not with MCP.`,
      'Correct "url": the address of MCP often ends in /mcp. A network that wants you to log in answers so too.',
    );
  }
  if (status === 401) return fail('wants a token (HTTP 401).', 'Put it into "headers" of the entry.', 'auth-required');
  if (status === 403) {
    return fail(
      `does not let you in (HTTP 403)${quoted(peer, text)}.`,
      'Check that the token of the entry, or your account, may use it.',
      'auth-required',
    );
  }
  if (status === 404) return fail(`has nothing at ${url.pathname} (HTTP 404).`, 'Correct "url" in the entry.');
  if (status === 405) return fail(`takes no messages at ${url.pathname} (HTTP 405).`, 'Correct "url" in the entry.');
  if (status === 429) return fail('has had too many requests (HTTP 429).', 'Wait a while, then try again.');
  return fail(`answers with HTTP ${status}${quoted(peer, text)}.`, 'See what the server itself says about it.');
}

/** An answer that is not what was agreed on. */
export function unreadable(peer: Peer, text: string): BridgeError {
  return new BridgeError(
    'mcp-start-failed',
    `${peer.named} answers with something that is not MCP: ${quote(peer, text)}`,
    {
      hint: 'Correct "url": the address of MCP often ends in /mcp.',
    },
  );
}

function targetOf(location: string, from: URL): string {
  return URL.canParse(location, from.href) ? new URL(location, from).origin : 'an address that is none';
}

function quote(peer: Peer, text: string): string {
  return peer.clean(visibleText(text)).replace(/\s+/g, ' ').trim().slice(0, MAX_QUOTE);
}

function quoted(peer: Peer, text: string): string {
  const words = quote(peer, text);
  return words === '' ? '' : `: ${words}`;
}
