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
    title: 'Set API Token',
    prompt: `API token for ${origin}, kept in the secret storage and sent to this server only.${
      isOpen ? ' Careful: the connection is not encrypted, and others in the network can read the token.' : ''
    }`,
    placeholder: 'sk-lm-…',
    isSecret: true,
    validate: problemOf,
  });
  if (token === undefined || problemOf(token) !== undefined) return;
  await tokens.set(root, token.trim());
  const { health } = await connection.reconnect();
  if (health.kind === 'offline') throw health.error;
  offer(dialogs, 'info', `The API token for ${origin} is stored, and the server accepts it.`);
}

export async function removeToken(connection: ServerConnection, tokens: TokenStore, dialogs: Dialogs): Promise<void> {
  const root = await rootOf(connection);
  const { origin } = new URL(root);
  if ((await tokens.get(root)) === undefined) {
    throw new ConfigurationError('usage', `There is no API token for ${origin}.`);
  }
  await tokens.remove(root);
  await connection.reconnect();
  offer(dialogs, 'info', `The API token for ${origin} was removed.`);
}

async function rootOf(connection: ServerConnection): Promise<string> {
  const { root } = (await connection.get()).catalog.snapshot;
  if (root === '') throw new BridgeError('internal', 'The address of the server is not known.');
  return root;
}

/** A token goes into one HTTP header. */
function problemOf(text: string): string | undefined {
  if (text.trim() === '') return 'Paste the token.';
  return /^[\x21-\x7e]+$/.test(text.trim())
    ? undefined
    : 'A token has no spaces and only plain letters, digits and signs.';
}
