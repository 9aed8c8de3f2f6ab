/** What must not stand in a report that a person hands on. */
import * as l10n from '@vscode/l10n';
import { redact } from '../base/redact';
import { looksSecret } from '../mcp/environment';
import type { ServerSpec, TransportSpec } from '../mcp/serverSpec';

/** Shorter values stand by chance in other texts, and hiding them would make those unreadable. */
const MIN_LENGTH = 6;
/** A flag whose name says that its value is a credential: `--api-key=…`, or `--token` and the next argument. */
const FLAG = /^--?([\w-]+)(?:=(.*))?$/s;
/** What stands in an address before the `@`, and the values of its query. */
const USER_INFO = /(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@"'`]+@/gi;
const QUERY_VALUE = /([?&][\w.~%-]+=)[^&\s"'`#)]+/g;

/** The text without these values, and without what looks like a credential. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  const known = redact(
    text,
    secrets.filter(({ length }) => length >= MIN_LENGTH),
  );
  return known.replace(USER_INFO, '$1[redacted]@').replace(QUERY_VALUE, '$1[redacted]');
}

/** Values that the entries of MCP servers name and that could be credentials: rather one too many. */
export function secretsOfServers(servers: readonly Pick<ServerSpec, 'transport'>[]): readonly string[] {
  return [...new Set(servers.flatMap(({ transport }) => valuesOf(transport)))];
}

function valuesOf(transport: TransportSpec): readonly string[] {
  if (transport.kind === 'stdio') {
    const { env, args } = transport;
    return [
      ...Object.values(env)
        .filter((value) => value !== null)
        .filter(isWorthHiding),
      ...secretArguments(args),
    ];
  }
  const { headers, oauth, url } = transport;
  // `Bearer abc`: an answer can repeat the second word alone.
  const words = Object.values(headers).flatMap((value) => [value, ...value.split(' ').slice(1)]);
  return [...words, ...addressSecrets(url), ...(oauth?.clientSecret ? [oauth.clientSecret] : [])].filter(isWorthHiding);
}

function addressSecrets(url: string): readonly string[] {
  if (!URL.canParse(url)) return [];
  const { username, password, pathname, searchParams } = new URL(url);
  return [username, password, ...searchParams.values(), ...pathname.split('/').filter(looksRandom)];
}

function secretArguments(args: readonly string[]): readonly string[] {
  return args.flatMap((argument, index) => {
    const [, name = '', value] = FLAG.exec(argument) ?? [];
    if (name !== '' && looksSecret(name)) return [value ?? args[index + 1] ?? ''];
    return looksRandom(argument) ? [argument] : [];
  });
}

/** Long, of letters and several digits mixed, and no path, package or version. */
function looksRandom(text: string): boolean {
  return /^[\w+=-]{20,}$/.test(text) && /(\d.*){3}/.test(text) && /[a-z]/i.test(text);
}

/** A switch, a number or a plain word of a few letters is no credential. `${…}` is a name, not a value. */
function isWorthHiding(value: string): boolean {
  return value.length >= MIN_LENGTH && !/^(true|false|production|development|\d+|\$\{[^}]*\})$/i.test(value);
}

/** How a server is reached, without anything that a person has written into its entry as a value. */
export function transportWords(transport: TransportSpec): string {
  if (transport.kind === 'stdio') {
    const { command, args, env } = transport;
    const names = Object.keys(env);
    const variables = names.length === 0 ? [] : [l10n.t('sets {0}', names.join(', '))];
    const count = args.length === 1 ? l10n.t('1 argument') : l10n.t('{0} arguments', args.length);
    return [command, count, ...variables].join(', ');
  }
  const { url, headers } = transport;
  const names = Object.keys(headers);
  return [addressWords(url), ...(names.length === 0 ? [] : [l10n.t('headers {0}', names.join(', '))])].join(', ');
}

/** The origin: user, path and query of an address can be secrets. */
function addressWords(url: string): string {
  if (!URL.canParse(url)) return l10n.t('an address with variables');
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname === '/' ? '' : '/…'}`;
}
