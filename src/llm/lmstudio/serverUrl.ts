import * as l10n from '@vscode/l10n';
import { ConfigurationError } from '../../base/errors';

/** 127.0.0.1, not localhost: Node may try ::1 first, where LM Studio does not listen (reference 1.3). */
export const DEFAULT_SERVER_URL = 'http://127.0.0.1:1234';
const DEFAULT_PORT = '1234';
/** This machine, or what a server on it is told to listen on, which no client can connect to everywhere. */
const THIS_MACHINE = /^(localhost|0\.0\.0\.0|\[::\])$/;

/**
 * The root of a model server from whatever people paste: a host, a host with port, a URL with or without `/v1`,
 * `/api/v1`, `/api/v0` or a whole endpoint below them. The result has no trailing slash, and names this machine by number
 * where no certificate is asked for the name.
 *
 * @throws ConfigurationError `usage` where it is no http(s) address.
 */
export function normalizeServerUrl(input: string): string {
  const text = input.trim();
  const hasScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text);
  let url: URL;
  try {
    url = new URL(hasScheme ? text : `http://${text}`);
  } catch (cause) {
    throw invalid(input, cause);
  }
  if ((url.protocol !== 'http:' && url.protocol !== 'https:') || url.hostname === '') throw invalid(input);
  if (url.username !== '' || url.password !== '') {
    throw new ConfigurationError('usage', l10n.t('The server address must not contain a user name or password.'), {
      hint: l10n.t('Store the API token with the command "Set API Token", or in an environment variable.'),
    });
  }
  // A bare host means LM Studio's port there; a URL means what it says.
  if (!hasScheme && url.port === '' && !/:\d+(\/|$)/.test(text)) url.port = DEFAULT_PORT;
  if (url.protocol === 'http:' && THIS_MACHINE.test(url.hostname)) url.hostname = '127.0.0.1';
  const path = url.pathname.replace(/\/(api\/v[01]|v1)(\/.*)?$/, '').replace(/\/+$/, '');
  return `${url.protocol}//${url.host}${path}`;
}

function invalid(input: string, cause?: unknown): ConfigurationError {
  // What stands before the last @ may be a password, which can have every sign.
  const shown = input.replace(/^(\s*[a-z][a-z0-9+.-]*:\/\/)?.*@/is, '$1…@');
  return new ConfigurationError('usage', l10n.t('"{0}" is not the address of a server.', shown), {
    hint: l10n.t('Use something like {0}.', DEFAULT_SERVER_URL),
    cause,
  });
}
