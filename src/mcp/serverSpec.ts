/**
 * What a configuration file says about an MCP server: data only. Nothing here loads the MCP SDK, so that a door can list
 * servers without paying for it.
 */
import * as l10n from '@vscode/l10n';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';

/** Where an entry stands. `line` and `column` count from 1; columns are UTF-16 units, as editors count. */
export interface Origin {
  /** Absolute path. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Whose file it is. `setting`: our own setting; `given`: named by hand for this run. */
export type SourceKind =
  'mcp-json' | 'vscode' | 'cursor' | 'lm-studio' | 'copilot' | 'claude-desktop' | 'claude-code' | 'setting' | 'given';

/** A place where servers are defined. */
export interface ConfigSource {
  readonly kind: SourceKind;
  /** Absolute path of the file; for a setting, that of its settings file. */
  readonly file: string;
  /** `workspace`: a repository can write it, so whatever it says is a proposal. `user`: only the person can. */
  readonly scope: 'workspace' | 'user';
  /** The workspace folder that it is in, absolute; undefined for a user's file. Relative paths of its entries stand against it. */
  readonly folder: string | undefined;
}

/** What people call the product whose file it is. */
export const PRODUCTS: Readonly<Record<SourceKind, string>> = {
  'mcp-json': l10n.t('Workspace'),
  vscode: 'VS Code',
  cursor: 'Cursor',
  'lm-studio': 'LM Studio',
  copilot: 'GitHub Copilot',
  'claude-desktop': 'Claude Desktop',
  'claude-code': 'Claude Code',
  setting: l10n.t('Setting'),
  given: l10n.t('Named by you'),
};

/** A file that was named by hand. */
export function givenSource(file: string): ConfigSource {
  return { kind: 'given', file, scope: 'user', folder: undefined };
}

/** A value that the person is asked for (`inputs` of VS Code's mcp.json). */
export interface InputSpec {
  readonly id: string;
  readonly kind: 'promptString' | 'pickString';
  readonly description: string | undefined;
  readonly default: string | undefined;
  /** Shown as dots, and kept as a secret. */
  readonly isPassword: boolean;
  /** Of a `pickString`. */
  readonly options: readonly string[];
}

/** A process that speaks MCP on its standard streams. Values are as written: variables are not resolved yet. */
export interface StdioSpec {
  readonly kind: 'stdio';
  readonly command: string;
  readonly args: readonly string[];
  /** Added to a minimal environment; null removes a variable from it. */
  readonly env: Readonly<Record<string, string | null>>;
  /** A file of NAME=value lines; `env` wins over it. */
  readonly envFile?: string | undefined;
  readonly cwd: string | undefined;
}

/** A server at an address. Values are as written. */
export interface HttpSpec {
  readonly kind: 'http';
  readonly url: string;
  /** Sent with every request to the origin of `url`, and nowhere else. */
  readonly headers: Readonly<Record<string, string>>;
  /** `auto`: streamable HTTP, and SSE where the server does not know that. `sse`: only the old way. */
  readonly protocol: 'auto' | 'streamable' | 'sse';
  /** A client that was registered with the authorisation server beforehand. Absent: registered when it is needed. */
  readonly oauth?: { readonly clientId: string; readonly clientSecret?: string | undefined } | undefined;
}

/** How a server is reached. */
export type TransportSpec = StdioSpec | HttpSpec;

export interface ServerSpec {
  readonly name: string;
  readonly transport: TransportSpec;
  readonly disabled: boolean;
  /** It is disabled because the person switched it off in the editor, whatever its file says. */
  readonly isSwitchedOff?: true | undefined;
  readonly origin: Origin;
  readonly source: ConfigSource;
  /** Those of its file; its values may name them as `${input:id}`. */
  readonly inputs: readonly InputSpec[];
  /** What the entry says about its time-outs, in milliseconds. */
  readonly startTimeoutMs?: number | undefined;
  readonly callTimeoutMs?: number | undefined;
}

/** A stdio server ready to be started: every variable resolved, `cwd` absolute, the variables of `envFile` in `env`. */
export interface ResolvedStdio extends Omit<StdioSpec, 'envFile'> {
  readonly cwd: string;
}

/** A server at an address, every variable resolved. */
export type ResolvedHttp = HttpSpec;

/** A server of our own in this process. No configuration file can name one. */
export interface Embedded {
  readonly kind: 'embedded';
  /** Serves one client over this transport until it closes; resolves when it listens. */
  readonly serve: (transport: Transport) => Promise<void>;
}

export type ResolvedTransport = ResolvedStdio | ResolvedHttp | Embedded;

export interface ResolvedServer<T extends ResolvedTransport = ResolvedTransport> {
  readonly name: string;
  readonly transport: T;
  readonly origin: Origin;
  /** Values in it that must never be shown or written down: of secret inputs, and those that are secret by their names. */
  readonly secrets: readonly string[];
  readonly startTimeoutMs?: number | undefined;
  readonly callTimeoutMs?: number | undefined;
}

/**
 * Something to tell the person about a configuration file.
 * - `error`: it is wrong, and what it concerns was not read.
 * - `warning`: it is understood but cannot be used, or not as written.
 * - `info`: it is fine but has no effect (for example an entry that an earlier file defines too).
 */
export interface ConfigDiagnostic extends Origin {
  readonly severity: 'error' | 'warning' | 'info';
  readonly message: string;
  /** The entry it is about; undefined where it is about the file. */
  readonly server: string | undefined;
  /** Where what it is about ends; absent: nothing longer than its line is known. */
  readonly end?: { readonly line: number; readonly column: number } | undefined;
  /** What kind of problem it is, where there is a remedy for this kind (configFixes.ts). */
  readonly code?: DiagnosticCode | undefined;
  /** Absent: of no file that was looked for. */
  readonly source?: ConfigSource | undefined;
}

export type DiagnosticCode = 'no-servers' | 'unknown-type' | 'duplicate-name' | 'undeclared-input' | 'unknown-variable';

/** `file:line`, the way terminals and editors make it a link. */
export function formatOrigin(origin: Origin): string {
  return `${origin.file}:${origin.line}`;
}
