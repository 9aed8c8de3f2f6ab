/**
 * One entry of a configuration file. The common form is that of Claude and Cursor; VS Code, Copilot, Windsurf, Gemini
 * and others have keys of their own, which are read where they mean the same and otherwise left alone: a file that works
 * elsewhere must not be an error here.
 */
import * as l10n from '@vscode/l10n';
import { findNodeAtLocation, getNodeValue, type Node } from 'jsonc-parser';
import * as z from 'zod/v4';
import type { ConfigReport, EntryNeeds } from './configReport';
import { checkVariables } from './configVariables';
import type { HttpSpec, ServerSpec, StdioSpec, TransportSpec } from './serverSpec';

const text = z.string({ error: l10n.t('must be a string') });
const flag = z.boolean({ error: l10n.t('must be true or false') });
const words = z.union([z.string(), z.number(), z.boolean()], { error: l10n.t('must be a string') });

const entrySchema = z.looseObject({
  type: text.nullish(),
  command: text.min(1, { error: l10n.t('must not be empty') }).nullish(),
  args: z
    .array(z.union([z.string(), z.number()], { error: l10n.t('must be a string') }), {
      error: l10n.t('must be an array of strings'),
    })
    .nullish(),
  env: z
    .record(
      z.string(),
      z.union([z.string(), z.number(), z.null()], { error: l10n.t('must be a string, a number or null') }),
      {
        error: l10n.t('must be an object'),
      },
    )
    .nullish(),
  cwd: text.nullish(),
  envFile: text.nullish(),
  url: text.nullish(),
  /** Windsurf's name of `url`. */
  serverUrl: text.nullish(),
  /** Gemini's: streamable HTTP, where its `url` is SSE. */
  httpUrl: text.nullish(),
  headers: z.record(z.string(), words, { error: l10n.t('must be an object') }).nullish(),
  disabled: flag.nullish(),
  enabled: flag.nullish(),
});

type Entry = z.infer<typeof entrySchema>;

const STDIO_TYPES = ['stdio', 'local'];
/** The way of each name. VS Code's and Claude's "http" is tried as streamable HTTP first, then as SSE. */
const HTTP_TYPES: Readonly<Record<string, HttpSpec['protocol']>> = {
  http: 'auto',
  remote: 'auto',
  sse: 'sse',
  'streamable-http': 'streamable',
  streamable_http: 'streamable',
  streamableHttp: 'streamable',
  streamablehttp: 'streamable',
};

/** Of other products, where they let tools run without a question: a file has no say in that here. */
const APPROVAL_KEYS = ['alwaysAllow', 'autoApprove', 'autoAllow', 'trust'];

/** Undefined where nothing could be started from it; the report says why. */
export function readEntry(name: string, property: Node, value: Node, needs: EntryNeeds): ServerSpec | undefined {
  const { report, folder } = needs;
  const parsed = entrySchema.safeParse(getNodeValue(value));
  if (!parsed.success) {
    reportIssues(name, value, parsed.error, report);
    return undefined;
  }
  const entry = parsed.data;
  const transport = readTransport(name, entry, value, property, report);
  if (!transport) return undefined;
  if (!checkVariables(name, value, needs)) return undefined;
  reportIgnored(name, entry, value, report);
  return {
    name,
    disabled: entry.disabled === true || entry.enabled === false,
    origin: report.originAt(property.offset),
    source: folder === report.source.folder ? report.source : { ...report.source, folder },
    inputs: needs.inputs,
    transport,
    ...readTimeouts(name, entry, value, report),
  };
}

function reportIssues(name: string, value: Node, error: z.ZodError, report: ConfigReport): void {
  for (const issue of error.issues) {
    const path = issue.path.filter((segment) => typeof segment !== 'symbol');
    const field = path.map((segment) => (typeof segment === 'number' ? `[${segment}]` : `.${segment}`)).join('');
    const what = path.length === 0 ? l10n.t('must be an object') : `${field.slice(1)} ${issue.message}`;
    report.say('error', findNodeAtLocation(value, path) ?? value, l10n.t('Server "{0}": {1}.', name, what), {
      server: name,
    });
  }
}

function readTransport(
  server: string,
  entry: Entry,
  value: Node,
  property: Node,
  report: ConfigReport,
): TransportSpec | undefined {
  const key = property.children?.[0] ?? property;
  const url = entry.httpUrl ?? entry.url ?? entry.serverUrl ?? undefined;
  const type = entry.type ?? (url !== undefined && !entry.command ? 'http' : 'stdio');
  if (STDIO_TYPES.includes(type)) {
    if (entry.command) return toStdio(entry.command, entry);
    report.say('error', key, l10n.t('Server "{0}" has no "command".', server), { server });
    return undefined;
  }
  const protocol = Object.hasOwn(HTTP_TYPES, type) ? HTTP_TYPES[type] : undefined;
  if (protocol) {
    const given = entry.httpUrl && protocol === 'auto' ? 'streamable' : protocol;
    if (url) return checkAddress(server, url, value, report) ? toHttp(url, given, entry) : undefined;
    report.say('error', key, l10n.t('Server "{0}" has no "url".', server), { server });
    return undefined;
  }
  const problem =
    type === 'ws'
      ? l10n.t('speaks over a WebSocket, which is not supported')
      : l10n.t('has the unknown type "{0}"', type);
  const code = entry.command || url ? ({ code: 'unknown-type' } as const) : {};
  report.say('error', key, l10n.t('Server "{0}" {1}.', server, problem), { server, ...code });
  return undefined;
}

function toStdio(command: string, { args, env, envFile, cwd }: Entry): StdioSpec {
  return {
    kind: 'stdio',
    command,
    args: (args ?? []).map(String),
    env: mapValues(env ?? {}, (value) => (value === null ? null : String(value))),
    ...(envFile ? { envFile } : {}),
    cwd: cwd ?? undefined,
  };
}

/** An address with a variable in its beginning is only known later. */
function checkAddress(server: string, url: string, value: Node, report: ConfigReport): boolean {
  if (/^https?:\/\/\S/i.test(url) ? URL.canParse(url.replace(/\$\{[^}]*\}/g, '0')) : url.startsWith('${')) return true;
  const place = ['httpUrl', 'url', 'serverUrl'].map((key) => findNodeAtLocation(value, [key])).find((node) => node);
  const isSocket = /^(unix|pipe|wss?):/i.test(url);
  const problem = isSocket ? l10n.t('Sockets and pipes are not supported') : l10n.t('"{0}" is not an address', url);
  report.say(
    'error',
    place ?? value,
    l10n.t('Server "{0}": {1}; it begins with http:// or https://.', server, problem),
    {
      server,
    },
  );
  return false;
}

function toHttp(url: string, protocol: HttpSpec['protocol'], entry: Entry): HttpSpec {
  const oauth = readClient(entry);
  return { kind: 'http', url, headers: mapValues(entry.headers ?? {}, String), protocol, ...(oauth ? { oauth } : {}) };
}

const clientSchema = z
  .looseObject({ clientId: z.string().min(1), clientSecret: z.string().min(1).optional().catch(undefined) })
  .transform(({ clientId, clientSecret }) => ({ clientId, clientSecret }));

/**
 * A client that was registered by hand: `oauth` of VS Code and Claude Code, `auth` of Cursor (cursor.com/docs/mcp),
 * `oauthClientId` of Copilot.
 */
function readClient(entry: Entry): HttpSpec['oauth'] {
  const { CLIENT_ID, CLIENT_SECRET } = z.looseObject({}).catch({}).parse(entry['auth']);
  const forms = [
    entry['oauth'],
    { clientId: CLIENT_ID, clientSecret: CLIENT_SECRET },
    { clientId: entry['oauthClientId'] },
  ];
  return forms.map((form) => clientSchema.safeParse(form).data).find((client) => client);
}

/** Less than a second is not meant: some products count seconds in a key of the same name. */
const LEAST_TIMEOUT_MS = 1000;
/** The longest that a timer can wait. */
const MOST_TIMEOUT_MS = 2 ** 31 - 1;

/** `timeout` is a call's limit in milliseconds for Claude Code, LM Studio, Copilot and Gemini; the others are ours. */
function readTimeouts(server: string, entry: Entry, value: Node, report: ConfigReport) {
  const read = (key: string): number | undefined => {
    const timeout = entry[key];
    if (timeout === undefined || timeout === null) return undefined;
    const isUsable = typeof timeout === 'number' && timeout >= LEAST_TIMEOUT_MS && timeout <= MOST_TIMEOUT_MS;
    if (isUsable) return timeout;
    const message = l10n.t(
      'Server "{0}": "{1}" has no effect, because it must be milliseconds, 1000 or more.',
      server,
      key,
    );
    report.say('info', findNodeAtLocation(value, [key]) ?? value, message, { server });
    return undefined;
  };
  const startTimeoutMs = read('startTimeoutMs');
  const callTimeoutMs = read('callTimeoutMs') ?? read('timeout');
  return {
    ...(startTimeoutMs === undefined ? {} : { startTimeoutMs }),
    ...(callTimeoutMs === undefined ? {} : { callTimeoutMs }),
  };
}

function reportIgnored(server: string, entry: Entry, value: Node, report: ConfigReport): void {
  const say = (key: string, severity: 'info' | 'warning', message: string): void =>
    report.say(
      severity,
      findNodeAtLocation(value, [key])?.parent ?? value,
      l10n.t('Server "{0}": {1}', server, message),
      {
        server,
      },
    );
  for (const key of APPROVAL_KEYS) {
    const claim = entry[key];
    const isEmpty = claim === undefined || claim === null || claim === false || (Array.isArray(claim) && !claim.length);
    if (!isEmpty)
      say(key, 'info', l10n.t('"{0}" has no effect: what may run without a question is not a file\'s to say.', key));
  }
  const { tools } = entry;
  if (Array.isArray(tools) && !tools.includes('*')) {
    say('tools', 'info', l10n.t('"tools" has no effect here: all tools of the server are offered.'));
  }
  for (const key of ['sandboxEnabled', 'sandbox']) {
    if (entry[key] !== true && !(key === 'sandbox' && entry[key])) continue;
    say(
      key,
      'warning',
      l10n.t('"{0}" has no effect: the server runs with your rights, not in VS Code\'s sandbox.', key),
    );
    return;
  }
}

function mapValues<A, B>(record: Readonly<Record<string, A>>, map: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
