import * as l10n from '@vscode/l10n';
import { stat } from 'node:fs/promises';
import { BridgeError, errorMessage, systemErrorCode, ToolExecutionError } from '../base/errors';
import { lastOutputText } from './lastOutput';
import { formatOrigin, type ResolvedServer, type ResolvedStdio } from './serverSpec';
import { hintFromOutput, installHint, thisMachine } from './startHints';
import type { ServerTransport } from './transport';

const DOWNLOADERS = ['npx', 'uvx', 'bunx', 'pnpx', 'docker', 'podman', 'uv'];

function commandName({ transport }: ResolvedServer): string {
  const file = (transport.kind === 'stdio' ? transport.command : '').split(/[\\/]/).at(-1) ?? '';
  return file.toLowerCase().replace(/\.(exe|cmd|bat)$/, '');
}

/** The server and the place of its entry, as the beginning of a sentence. */
export function named(server: ResolvedServer): string {
  return l10n.t('MCP server "{0}" ({1})', server.name, formatOrigin(server.origin));
}

/** The SDK puts "MCP error -32602: " before what a server said; that is of no use to people or models. */
export function serverMessage(error: unknown): string {
  return errorMessage(error).replace(/^MCP error -?\d+: /, '');
}

/** What the server said last on stderr, as a paragraph to append; empty where it said nothing. */
export function lastWordsOf(transport: ServerTransport): string {
  return lastOutputText(transport.lastWords);
}

export function startTimeoutError(server: ResolvedServer, ms: number, transport: ServerTransport): ToolExecutionError {
  return new ToolExecutionError(
    'mcp-start-failed',
    l10n.t('{0} was not ready after {1} seconds.{2}', named(server), ms / 1000, lastWordsOf(transport)),
    {
      hint: hintFromOutput(transport.lastWords) ?? timeoutHint(server),
    },
  );
}

function timeoutHint(server: ResolvedServer): string {
  if (server.transport.kind === 'http')
    return l10n.t('See whether the server at its "url" is busy, or give it more time to start.');
  return DOWNLOADERS.includes(commandName(server))
    ? l10n.t('The first start may have to download the server: run the command once in a terminal, then try again.')
    : l10n.t('Run the command in a terminal to see what it waits for.');
}

/** One clear error for whatever kept a server from starting. Call it after the transport ended, for its last words. */
export async function startError(
  server: ResolvedServer,
  transport: ServerTransport,
  cause: unknown,
): Promise<BridgeError> {
  // A transport that knows itself what is wrong.
  if (cause instanceof BridgeError) return cause;
  const stdio = server.transport.kind === 'stdio' ? server.transport : undefined;
  const code = systemErrorCode(cause);
  if (stdio && (code === 'ENOENT' || code === 'ENOTDIR')) return notFoundError(server, stdio, cause);
  const known = hintFromOutput(transport.lastWords);
  const fail = (what: string, hint: string): ToolExecutionError =>
    new ToolExecutionError('mcp-start-failed', `${named(server)} ${what}`, { hint, cause });
  if (stdio && code === 'EACCES') {
    return fail(
      l10n.t('cannot be started: "{0}" must not be executed.', stdio.command),
      l10n.t('Make the file executable, or name another.'),
    );
  }
  if (transport.ending !== undefined) {
    return fail(
      l10n.t('could not be started: it {0}.{1}', transport.ending, lastWordsOf(transport)),
      known ?? l10n.t('Run the command in a terminal to see why it ends.'),
    );
  }
  return fail(
    l10n.t('could not be started: {0}{1}', serverMessage(cause), lastWordsOf(transport)),
    known ?? l10n.t('Check that the command starts an MCP server.'),
  );
}

async function notFoundError(
  server: ResolvedServer,
  { command, cwd }: ResolvedStdio,
  cause: unknown,
): Promise<ToolExecutionError> {
  // Node reports a missing working directory as if the command were missing.
  const hasCwd = await stat(cwd).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!hasCwd) {
    return new ToolExecutionError(
      'mcp-start-failed',
      l10n.t('{0} cannot be started: its working directory {1} does not exist.', named(server), cwd),
      { hint: l10n.t('Correct "cwd" in the entry, or create the directory.'), cause },
    );
  }
  const isPath = /[\\/]/.test(command);
  return new ToolExecutionError(
    'mcp-start-failed',
    isPath
      ? l10n.t('{0} cannot be started: the command "{1}" does not exist.', named(server), command)
      : l10n.t('{0} cannot be started: the command "{1}" was not found on the PATH.', named(server), command),
    { hint: await installHint(commandName(server), thisMachine()), cause },
  );
}
