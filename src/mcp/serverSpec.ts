/**
 * What a configuration file says about an MCP server: data only. Nothing here loads the MCP SDK, so that a door can list
 * servers without paying for it.
 */
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';

/** Where an entry stands. `line` and `column` count from 1; columns are UTF-16 units, as editors count. */
export interface Origin {
  /** Absolute path. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** A process that speaks MCP on its standard streams. Values are as written: variables are not resolved yet. */
export interface StdioSpec {
  readonly kind: 'stdio';
  readonly command: string;
  readonly args: readonly string[];
  /** Added to a minimal environment; null removes a variable from it. */
  readonly env: Readonly<Record<string, string | null>>;
  readonly cwd: string | undefined;
}

/** How a server is reached. HTTP joins here. */
export type TransportSpec = StdioSpec;

export interface ServerSpec {
  readonly name: string;
  readonly transport: TransportSpec;
  readonly disabled: boolean;
  readonly origin: Origin;
}

/** A stdio server ready to be started: every variable resolved, `cwd` absolute. */
export interface ResolvedStdio extends StdioSpec {
  readonly cwd: string;
}

/** A server of our own in this process. No configuration file can name one. */
export interface Embedded {
  readonly kind: 'embedded';
  /** Serves one client over this transport until it closes; resolves when it listens. */
  readonly serve: (transport: Transport) => Promise<void>;
}

export type ResolvedTransport = ResolvedStdio | Embedded;

export interface ResolvedServer<T extends ResolvedTransport = ResolvedTransport> {
  readonly name: string;
  readonly transport: T;
  readonly origin: Origin;
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
}

/** `file:line`, the way terminals and editors make it a link. */
export function formatOrigin(origin: Origin): string {
  return `${origin.file}:${origin.line}`;
}
