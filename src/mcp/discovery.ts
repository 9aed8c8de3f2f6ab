import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ConfigurationError, errorMessage, systemErrorCode } from '../base/errors';
import { parseConfigFile, type ConfigFileContent } from './configFile';
import {
  type ConfigDiagnostic,
  type ConfigSource,
  formatOrigin,
  givenSource,
  type ServerSpec,
  type SourceKind,
} from './serverSpec';

/** Looked for in every workspace folder, in this order. */
const WORKSPACE_FILES: readonly (readonly [SourceKind, string])[] = [
  ['mcp-json', '.mcp.json'],
  ['vscode', join('.vscode', 'mcp.json')],
];

export interface DiscoveryRequest {
  /** Absolute paths of the workspace folders, in order. */
  readonly workspaces: readonly string[];
  /** Read these instead of discovering; relative ones stand against the current directory. */
  readonly files?: readonly string[] | undefined;
}

export interface FoundServers {
  /** Disabled ones too. Names are unique. */
  readonly servers: readonly ServerSpec[];
  readonly diagnostics: readonly ConfigDiagnostic[];
}

/** Which servers are wanted: none, the named ones, or every enabled one. */
export type Selection =
  { readonly kind: 'none' } | { readonly kind: 'named'; readonly names: readonly string[] } | { readonly kind: 'all' };

/**
 * Reads the configuration files. The first definition of a name wins; later ones are noted as `info`. A discovered file
 * that does not exist is fine, and one that cannot be read is a diagnostic.
 *
 * @throws ConfigurationError `usage` where a file of `files` cannot be read.
 */
export async function discoverServers({ workspaces, files }: DiscoveryRequest): Promise<FoundServers> {
  const contents = files
    ? await Promise.all(unique(files.map((file) => resolve(file))).map(readGivenFile))
    : await Promise.all(unique(workspaces).flatMap(sourcesOf).map(readDiscoveredFile));
  return merge(contents);
}

function unique<T>(items: readonly T[]): T[] {
  return [...new Set(items)];
}

function sourcesOf(folder: string): readonly ConfigSource[] {
  return WORKSPACE_FILES.map(([kind, name]) => ({ kind, file: resolve(folder, name), scope: 'workspace', folder }));
}

async function readGivenFile(file: string): Promise<ConfigFileContent> {
  try {
    return parseConfigFile(await readFile(file, 'utf8'), givenSource(file));
  } catch (error) {
    const reason = systemErrorCode(error) === 'ENOENT' ? 'it does not exist' : errorMessage(error);
    throw new ConfigurationError('usage', `The MCP configuration file ${file} cannot be read: ${reason}.`, {
      hint: 'Check the path.',
      cause: error,
    });
  }
}

async function readDiscoveredFile(source: ConfigSource): Promise<ConfigFileContent> {
  const { file } = source;
  try {
    return parseConfigFile(await readFile(file, 'utf8'), source);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemErrorCode(error) ?? '')) return { servers: [], diagnostics: [] };
    const message = `The file cannot be read: ${errorMessage(error)}.`;
    const diagnostic: ConfigDiagnostic = { severity: 'error', message, server: undefined, file, line: 1, column: 1 };
    return { servers: [], diagnostics: [diagnostic] };
  }
}

function merge(contents: readonly ConfigFileContent[]): FoundServers {
  const servers = new Map<string, ServerSpec>();
  const diagnostics: ConfigDiagnostic[] = [];
  for (const content of contents) {
    diagnostics.push(...content.diagnostics);
    for (const server of content.servers) {
      const winner = servers.get(server.name);
      if (!winner) {
        servers.set(server.name, server);
        continue;
      }
      const message = `Server "${server.name}" is not used: ${formatOrigin(winner.origin)} defines it first.`;
      diagnostics.push({ severity: 'info', message, server: server.name, ...server.origin });
    }
  }
  return { servers: [...servers.values()], diagnostics };
}

/**
 * The servers that a selection means: named ones in the order they were named, all of them in the order of the files.
 *
 * @throws ConfigurationError `usage` where a named server does not exist or is disabled; `mcp-config` where it may be
 * missing because a file, or its own entry, cannot be used. The message then carries file:line:column.
 */
export function selectServers(found: FoundServers, selection: Selection): readonly ServerSpec[] {
  switch (selection.kind) {
    case 'none':
      return [];
    case 'all':
      return found.servers.filter((server) => !server.disabled);
    case 'named':
      return unique(selection.names).map((name) => findNamed(found, name));
  }
}

function findNamed(found: FoundServers, name: string): ServerSpec {
  const server = found.servers.find((candidate) => candidate.name === name);
  if (!server) throw missingServer(found, name);
  if (server.isSwitchedOff) {
    throw new ConfigurationError('usage', `MCP server "${name}" is switched off in the view "MCP Servers".`, {
      hint: 'Tick its box there.',
    });
  }
  if (server.disabled) {
    throw new ConfigurationError('usage', `MCP server "${name}" is disabled in ${formatOrigin(server.origin)}.`, {
      hint: 'Enable it there ("disabled": false), or leave it out.',
    });
  }
  return server;
}

function missingServer(found: FoundServers, name: string): ConfigurationError {
  const names = found.servers.filter((server) => !server.disabled).map((server) => server.name);
  const available = names.length > 0 ? `Available: ${names.join(', ')}.` : 'No other one is configured either.';
  // What is said about this very entry explains more than an error elsewhere in the file.
  const reason =
    found.diagnostics.find((diagnostic) => diagnostic.server === name) ??
    found.diagnostics.find((diagnostic) => diagnostic.severity === 'error');
  if (reason) {
    const where = `${formatOrigin(reason)}:${reason.column}`;
    const message = `MCP server "${name}" cannot be used. ${where}: ${reason.message} ${available}`;
    return new ConfigurationError('mcp-config', message, { hint: 'Correct the configuration file.' });
  }
  return new ConfigurationError('usage', `There is no MCP server "${name}". ${available}`, {
    hint: 'Servers are defined in .mcp.json or .vscode/mcp.json of a workspace folder.',
  });
}
