/** A server that a person describes, as an entry of a configuration file. Pure. */
import * as l10n from '@vscode/l10n';
import type { JsonObject } from '../base/json';
import { redact } from '../base/redact';
import { looksSecret } from './environment';
import { toSnakeCase } from './naming';

/** What a person told of a server. Secrets may still stand in it. */
export type ServerDraft =
  | {
      readonly kind: 'stdio';
      readonly command: string;
      readonly args: readonly string[];
      /** null: it is to be asked for. */
      readonly env: Readonly<Record<string, string | null>>;
    }
  | {
      readonly kind: 'http';
      readonly url: string;
      readonly protocol: 'http' | 'sse';
      /** It wants a token of the person with every request. */
      readonly wantsToken: boolean;
    };

/** A value that the file does not hold: whoever starts the server is asked for it. */
export interface NewInput {
  readonly id: string;
  readonly type: 'promptString';
  readonly description: string;
  readonly password: boolean;
}

export interface NewEntry {
  readonly name: string;
  readonly entry: JsonObject;
  readonly inputs: readonly NewInput[];
}

const SECRET_OPTION = /^--?(?:[\w-]*-)?(?:api-?key|access-?key|token|secret|password|passwd|credentials?)$/i;
const SECRET_PARAMETER = /^(?:api_?key|access_?key|key|token|access_token|auth|secret|password)$/i;

/** The entry, in which every secret is an input, and the inputs. */
export function toEntry(draft: ServerDraft, name: string): NewEntry {
  const inputs = new Inputs(name);
  const entry = draft.kind === 'stdio' ? stdioEntry(draft, inputs) : httpEntry(draft, inputs);
  return { name, entry, inputs: inputs.all };
}

class Inputs {
  readonly all: NewInput[] = [];

  constructor(private readonly server: string) {}

  /** What stands in the entry instead of the value. */
  add(what: string, password: boolean): string {
    const stem = [toSnakeCase(this.server), toSnakeCase(what)].filter((part) => part !== '').join('_') || 'value';
    const isTaken = (id: string): boolean => this.all.some((input) => input.id === id);
    let id = stem;
    for (let count = 2; isTaken(id); count++) id = `${stem}_${count}`;
    const description = `${what} of the MCP server "${this.server}"`;
    this.all.push({ id, type: 'promptString', description, password });
    return `\${input:${id}}`;
  }
}

function stdioEntry({ command, args, env }: ServerDraft & { kind: 'stdio' }, inputs: Inputs): JsonObject {
  const safeArgs = safeArguments(args, inputs);
  const values = Object.entries(env).map(([key, value]) => [key, safeVariable(key, value, inputs)] as const);
  return {
    type: 'stdio',
    command,
    ...(args.length > 0 ? { args: safeArgs } : {}),
    ...(values.length > 0 ? { env: Object.fromEntries(values) } : {}),
  };
}

function safeVariable(name: string, value: string | null, inputs: Inputs): string {
  if (value === null) return inputs.add(name, looksSecret(name));
  return isReference(value) || !(looksSecret(name) || holdsSecret(value)) ? value : inputs.add(name, true);
}

function safeArguments(args: readonly string[], inputs: Inputs): string[] {
  return args.map((arg, index) => {
    const [option = '', ...rest] = arg.split('=');
    const value = rest.join('=');
    if (rest.length > 0 && SECRET_OPTION.test(option) && value !== '' && !isReference(value)) {
      return `${option}=${inputs.add(option.replace(/^-+/, ''), true)}`;
    }
    const before = args[index - 1] ?? '';
    const isValue = SECRET_OPTION.test(before) && !arg.startsWith('-') && !isReference(arg);
    if (isValue) return inputs.add(before.replace(/^-+/, ''), true);
    return holdsSecret(arg) ? inputs.add(`Argument ${index + 1}`, true) : arg;
  });
}

function httpEntry({ url, protocol, wantsToken }: ServerDraft & { kind: 'http' }, inputs: Inputs): JsonObject {
  return {
    type: protocol,
    url: safeUrl(url, inputs),
    ...(wantsToken ? { headers: { Authorization: `Bearer ${inputs.add('Token', true)}` } } : {}),
  };
}

/** Only what stands behind the question mark can hold a secret: names and passwords in the address are refused. */
function safeUrl(url: string, inputs: Inputs): string {
  const [address = '', query] = url.split(/\?(.*)/s);
  if (query === undefined) return url;
  const parts = query.split('&').map((part) => {
    const [name = '', ...rest] = part.split('=');
    const value = rest.join('=');
    const isSecret = value !== '' && !isReference(value) && (SECRET_PARAMETER.test(name) || holdsSecret(value));
    return isSecret ? `${name}=${inputs.add(name, true)}` : part;
  });
  return `${address}?${parts.join('&')}`;
}

function isReference(value: string): boolean {
  return /\$\{(?:input|env):[^}]+\}/.test(value);
}

function holdsSecret(value: string): boolean {
  return !isReference(value) && redact(value) !== value;
}

/** The name that people would give it: `@modelcontextprotocol/server-filesystem` is `filesystem`. */
export function suggestName(text: string): string {
  const last = text.split(/[\\/]/).at(-1) ?? '';
  const bare = last.replace(/(?<=.)@.*$/, '').replace(/\[.*$|[=<>~!].*$/, '');
  const stem = bare.replace(/\.(?:exe|cmd|bat|m?js|cjs|ts|py|sh)$/i, '');
  const short = stem.replace(/^(?:mcp-server-|server-|mcp-)|(?:-mcp-server|-server|-mcp)$/gi, '');
  const name = (short || stem).replace(/[^\w.-]+/g, '-').replace(/^[-.]+|[-.]+$/g, '');
  return name.slice(0, 64);
}

/** `https://mcp.example.com/x` is `example`. */
export function suggestNameOfUrl(url: string): string {
  const host = URL.canParse(url) ? new URL(url).hostname : '';
  if (/^[\d.]+$|^\[/.test(host) || host === 'localhost') return 'local-server';
  const parts = host.split('.').filter((part) => !['www', 'mcp', 'api'].includes(part));
  return suggestName(parts.length > 1 ? parts.slice(0, -1).join('-') : (parts[0] ?? host)) || 'server';
}

/** The name that a list of packages knows, of a text such as `@scope/name@1.2 --option`. */
export function namedOf(argv: readonly string[]): string {
  const [command = '', ...args] = argv;
  const isRunner = /^(?:npx|uvx|bunx|pnpx|node|deno|python3?|uv|npm|pnpm|yarn|docker|podman)(?:\.\w+)?$/.test(
    command.split(/[\\/]/).at(-1) ?? '',
  );
  const words = new Set(['run', 'exec', 'dlx', 'tool', 'x']);
  const package_ = isRunner ? args.find((arg) => !arg.startsWith('-') && !words.has(arg)) : undefined;
  return suggestName(package_ ?? command);
}

const NPM_PACKAGE = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*(?:@[\w.^~<>=*+-]+)?$/i;
const PYPI_PACKAGE = /^[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?(?:\[[\w,.-]+\])?(?:(?:==|>=|<=|~=|!=|<|>|@)[\w.*+!-]+)?$/i;

/** What is wrong with the name of a package; undefined: nothing that can be seen without asking a registry. */
export function packageProblem(name: string, registry: 'npm' | 'pypi'): string | undefined {
  if (registry === 'npm' && (!NPM_PACKAGE.test(name) || name.startsWith('-'))) {
    return l10n.t('This is no name of an npm package. For example: @modelcontextprotocol/server-filesystem');
  }
  if (registry === 'pypi' && !PYPI_PACKAGE.test(name)) {
    return l10n.t('This is no name of a Python package. For example: mcp-server-git');
  }
  return undefined;
}

/** What is wrong with the address of a server; undefined: nothing. */
export function urlProblem(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol)) {
    return l10n.t('Write an address that begins with https:// or http://, such as https://example.com/mcp');
  }
  if (url.username !== '' || url.password !== '') return l10n.t('Leave the name and the password out of the address.');
  return undefined;
}

/** What is wrong with a name; undefined: nothing. `taken`: the names of the servers that there are. */
export function nameProblem(name: string, taken: readonly string[]): string | undefined {
  if (name.trim() === '') return l10n.t('Give the server a name.');
  if (!/^[\w][\w .-]*$/.test(name) || name !== name.trim()) {
    return l10n.t('Use letters, digits, dots, blanks, dashes and underscores, and begin with a letter or a digit.');
  }
  if (name.length > 64) return l10n.t('At most 64 characters.');
  return taken.includes(name) ? l10n.t('There is a server "{0}" already.', name) : undefined;
}
