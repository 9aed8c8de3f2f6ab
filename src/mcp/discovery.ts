import * as l10n from '@vscode/l10n';
import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ConfigurationError, errorMessage, systemErrorCode } from '../base/errors';
import { type ConfigFileContent, parseConfigFile } from './configFile';
import { mergeServers } from './mergeServers';
import { isOwnBridge } from './ownBridge';
import { type ConfigDiagnostic, formatOrigin, givenSource, type ServerSpec } from './serverSpec';
import { filesToLookFor, type SourceFile, type SourceRequest } from './sources';

export interface DiscoveryRequest extends SourceRequest {
  /** Read these instead of all others; relative ones stand against the current directory. */
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

/** Claude Code keeps much else in its file; beyond this a file is a mistake, and reading it would hold up everything. */
const MAX_FILE_BYTES = 32 * 1024 * 1024;

/**
 * Reads the configuration files. The first definition of a name wins; later ones are noted as `info`, and so is what
 * would start ourselves. A file that does not exist is fine, and one that cannot be read is a diagnostic.
 *
 * @throws ConfigurationError `usage` where a file of `files` cannot be read.
 */
export async function discoverServers(request: DiscoveryRequest): Promise<FoundServers> {
  const contents = request.files
    ? await Promise.all(unique(request.files.map((file) => resolve(file))).map(readGivenFile))
    : await Promise.all(filesToLookFor(request).map(readDiscoveredFile));
  const specs = contents.flatMap(({ servers }) => servers);
  const areOwn = await Promise.all(specs.map((spec) => isOwnBridge(spec)));
  const own = new Set(specs.filter((_spec, index) => areOwn[index]));
  return mergeServers(contents, (spec) => own.has(spec));
}

function unique<T>(items: readonly T[]): T[] {
  return [...new Set(items)];
}

async function readGivenFile(file: string): Promise<ConfigFileContent> {
  try {
    return parseConfigFile(await readFile(file, 'utf8'), givenSource(file));
  } catch (error) {
    const reason = systemErrorCode(error) === 'ENOENT' ? l10n.t('it does not exist') : errorMessage(error);
    throw new ConfigurationError('usage', l10n.t('The MCP configuration file {0} cannot be read: {1}.', file, reason), {
      hint: l10n.t('Check the path.'),
      cause: error,
    });
  }
}

async function readDiscoveredFile({ source, layout, text }: SourceFile): Promise<ConfigFileContent> {
  const { file } = source;
  try {
    if (text !== undefined) return parseConfigFile(text, source, layout);
    const { size } = await stat(file);
    if (size > MAX_FILE_BYTES) throw new Error(l10n.t('it has {0} bytes, more than a configuration can have', size));
    return parseConfigFile(await readFile(file, 'utf8'), source, layout);
  } catch (error) {
    const isAbsent = ['ENOENT', 'ENOTDIR'].includes(systemErrorCode(error) ?? '');
    if (isAbsent) {
      if (source.kind !== 'given') return { servers: [], diagnostics: [] };
      return unreadable(source, l10n.t('it does not exist'));
    }
    return unreadable(source, errorMessage(error));
  }
}

function unreadable(source: SourceFile['source'], reason: string): ConfigFileContent {
  const message = l10n.t('The file cannot be read: {0}.', reason);
  const at = { file: source.file, line: 1, column: 1 };
  return { servers: [], diagnostics: [{ severity: 'error', message, server: undefined, ...at, source }] };
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
    throw new ConfigurationError('usage', l10n.t('MCP server "{0}" is switched off in the view "MCP Servers".', name), {
      hint: l10n.t('Tick its box there.'),
    });
  }
  if (server.disabled) {
    throw new ConfigurationError(
      'usage',
      l10n.t('MCP server "{0}" is disabled in {1}.', name, formatOrigin(server.origin)),
      {
        hint: l10n.t('Enable it there ("disabled": false), or leave it out.'),
      },
    );
  }
  return server;
}

function missingServer(found: FoundServers, name: string): ConfigurationError {
  const names = found.servers.filter((server) => !server.disabled).map((server) => server.name);
  const available =
    names.length > 0 ? l10n.t('Available: {0}.', names.join(', ')) : l10n.t('No other one is configured either.');
  // What is said about this very entry explains more than an error elsewhere in the file. A broken file of another
  // product is no reason: most likely the name was never there.
  const reason =
    found.diagnostics.find((diagnostic) => diagnostic.server === name) ??
    found.diagnostics.find(({ severity, source }) => severity === 'error' && !isOfProduct(source));
  if (reason) {
    const where = `${formatOrigin(reason)}:${reason.column}`;
    const message = l10n.t('MCP server "{0}" cannot be used. {1}: {2} {3}', name, where, reason.message, available);
    return new ConfigurationError('mcp-config', message, { hint: l10n.t('Correct the configuration file.') });
  }
  return new ConfigurationError('usage', l10n.t('There is no MCP server "{0}". {1}', name, available), {
    hint: l10n.t(
      'Servers are defined in .mcp.json, .vscode/mcp.json or .cursor/mcp.json of a workspace folder, or in your own files.',
    ),
  });
}

function isOfProduct(source: ConfigDiagnostic['source']): boolean {
  return source?.scope === 'user' && source.kind !== 'given';
}
