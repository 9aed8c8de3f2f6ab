/** What can go wrong on the way to a server at an address, as one sentence and what to do about it. */
import * as l10n from '@vscode/l10n';
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
  const checkUrl = l10n.t('Correct "url" in the entry, or check the network.');
  if (code === 'ECONNREFUSED') {
    return fail(
      l10n.t('cannot be reached: nothing listens at {0}.', url.host),
      l10n.t('Start the server, or correct "url" in the entry.'),
    );
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return fail(l10n.t('cannot be reached: there is no host "{0}" here.', url.hostname), checkUrl);
  }
  if (isTlsFault(code)) return tlsFailure(peer, code, error);
  if (code === 'wrong-server' || code.startsWith('HPE_')) {
    return fail(l10n.t('cannot be spoken to: what answers at {0} does not speak HTTP.', url.host), checkUrl);
  }
  if (['ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'server-unreachable'].includes(code)) {
    return fail(l10n.t('cannot be reached: {0} does not answer.', url.host), checkUrl);
  }
  if (code === 'ECONNRESET' || code === 'EPIPE') {
    return fail(
      l10n.t('broke off the connection to {0}.', url.host),
      l10n.t('See what the server itself says about it.'),
    );
  }
  return fail(l10n.t('could not be asked: {0}', quote(peer, errorMessage(error))), checkUrl);
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
    ? new BridgeError(
        'mcp-start-failed',
        l10n.t('{0} cannot be reached: {1} does not speak TLS ({2}).', named, url.host, code),
        {
          hint: l10n.t('If the server speaks plain http, write "http://" in "url" of the entry.'),
          cause,
        },
      )
    : new BridgeError(
        'mcp-start-failed',
        l10n.t('{0} cannot be reached: the certificate of {1} is not trusted ({2}).', named, url.host, code),
        {
          hint: l10n.t('Have the certificate put right, or make its authority known to Node by NODE_EXTRA_CA_CERTS.'),
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
      l10n.t('sends requests on to {0}, and they are not sent to another place.', targetOf(location, url)),
      l10n.t('If you trust that address, write it into "url" of the entry.'),
    );
  }
  if (isPage) {
    return fail(
      l10n.t('answers with a web page{0}, not with MCP.', status < 400 ? '' : ` (HTTP ${status})`),
      l10n.t(
        'Correct "url": the address of MCP often ends in /mcp. A network that wants you to log in answers so too.',
      ),
    );
  }
  if (status === 401)
    return fail(l10n.t('wants a token (HTTP 401).'), l10n.t('Put it into "headers" of the entry.'), 'auth-required');
  if (status === 403) {
    return fail(
      l10n.t('does not let you in (HTTP 403){0}.', quoted(peer, text)),
      l10n.t('Check that the token of the entry, or your account, may use it.'),
      'auth-required',
    );
  }
  if (status === 404)
    return fail(l10n.t('has nothing at {0} (HTTP 404).', url.pathname), l10n.t('Correct "url" in the entry.'));
  if (status === 405)
    return fail(l10n.t('takes no messages at {0} (HTTP 405).', url.pathname), l10n.t('Correct "url" in the entry.'));
  if (status === 429)
    return fail(l10n.t('has had too many requests (HTTP 429).'), l10n.t('Wait a while, then try again.'));
  return fail(
    l10n.t('answers with HTTP {0}{1}.', status, quoted(peer, text)),
    l10n.t('See what the server itself says about it.'),
  );
}

/** An answer that is not what was agreed on. */
export function unreadable(peer: Peer, text: string): BridgeError {
  return new BridgeError(
    'mcp-start-failed',
    l10n.t('{0} answers with something that is not MCP: {1}', peer.named, quote(peer, text)),
    {
      hint: l10n.t('Correct "url": the address of MCP often ends in /mcp.'),
    },
  );
}

function targetOf(location: string, from: URL): string {
  return URL.canParse(location, from.href) ? new URL(location, from).origin : l10n.t('an address that is none');
}

function quote(peer: Peer, text: string): string {
  return peer.clean(visibleText(text)).replace(/\s+/g, ' ').trim().slice(0, MAX_QUOTE);
}

function quoted(peer: Peer, text: string): string {
  const words = quote(peer, text);
  return words === '' ? '' : `: ${words}`;
}
