import * as l10n from '@vscode/l10n';
import { BridgeError, ConfigurationError } from '../base/errors';
import type { ServerConnection } from './connection';
import type { Dialogs } from './dialogs';
import { offer } from './failures';
import type { TokenStore } from './tokens';

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

export async function setToken(connection: ServerConnection, tokens: TokenStore, dialogs: Dialogs): Promise<void> {
  const root = await rootOf(connection);
  const { protocol, hostname, origin } = new URL(root);
  const isOpen = protocol === 'http:' && !LOOPBACK.test(hostname);
  const token = await dialogs.input({
    title: l10n.t('Set API Token'),
    prompt: isOpen
      ? l10n.t(
          'API token for {0}, kept in the secret storage and sent to this server only. Careful: the connection is not encrypted, and others in the network can read the token.',
          origin,
        )
      : l10n.t('API token for {0}, kept in the secret storage and sent to this server only.', origin),
    placeholder: 'sk-lm-…',
    isSecret: true,
    validate: problemOf,
  });
  if (token === undefined || problemOf(token) !== undefined) return;
  await tokens.set(root, token.trim());
  const { health } = await connection.reconnect();
  if (health.kind === 'offline') throw health.error;
  offer(dialogs, 'info', l10n.t('The API token for {0} is stored, and the server accepts it.', origin));
}

export async function removeToken(connection: ServerConnection, tokens: TokenStore, dialogs: Dialogs): Promise<void> {
  const root = await rootOf(connection);
  const { origin } = new URL(root);
  if ((await tokens.get(root)) === undefined) {
    throw new ConfigurationError('usage', l10n.t('There is no API token for {0}.', origin));
  }
  await tokens.remove(root);
  await connection.reconnect();
  offer(dialogs, 'info', l10n.t('The API token for {0} was removed.', origin));
}

async function rootOf(connection: ServerConnection): Promise<string> {
  const { root } = (await connection.get()).catalog.snapshot;
  if (root === '') throw new BridgeError('internal', l10n.t('The address of the server is not known.'));
  return root;
}

/** A token goes into one HTTP header. */
function problemOf(text: string): string | undefined {
  if (text.trim() === '') return l10n.t('Paste the token.');
  return /^[\x21-\x7e]+$/.test(text.trim())
    ? undefined
    : l10n.t('A token has no spaces and only plain letters, digits and signs.');
}
