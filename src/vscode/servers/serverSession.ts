/** A person's use of one MCP server outside of a task: chosen, agreed to, started, and let go of afterwards. */
import * as l10n from '@vscode/l10n';
import { ConfigurationError } from '../../base/errors';
import type { McpConnection } from '../../mcp/connection';
import { formatOrigin } from '../../mcp/serverSpec';
import { cancelledByPerson } from '../abort';
import type { LaunchConsent } from '../questions/launchConsent';
import type { McpServers } from './mcpServers';
import { openOrigin } from '../openDocument';
import { withProgress } from '../progress';
import type { RunNeeds } from '../tasks/runTask';
import { pickOneServer } from './serverPicks';

export interface SessionNeeds extends RunNeeds {
  readonly mcp: McpServers;
  readonly consent: LaunchConsent;
}

/**
 * Undefined where the person closed the choice.
 * @param name of the server; undefined: the person chooses
 * @throws ConfigurationError where there is no such server, or what keeps it from starting
 */
export async function withServer<T>(
  title: string,
  name: string | undefined,
  needs: SessionNeeds,
  use: (connection: McpConnection, signal: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  const { mcp, servers, consent, dialogs, sizes } = needs;
  const found = await servers.find();
  const picked =
    name === undefined ? await pickOneServer(found, dialogs, title, (server) => sizes.wordsFor(server)) : undefined;
  if (picked?.kind === 'look') await openOrigin(picked.origin);
  const chosen = picked?.kind === 'servers' ? picked.names[0] : name;
  if (chosen === undefined) return undefined;
  const spec = found.servers.find((server) => server.name === chosen);
  if (!spec) throw new ConfigurationError('usage', l10n.t('There is no MCP server "{0}".', chosen));
  const { signal } = new AbortController();
  const { agreed } = await consent.decide([spec], servers.folders, signal);
  if (agreed.length === 0)
    throw cancelledByPerson(
      l10n.t('MCP server "{0}" ({1}) was not started: you did not allow it.', chosen, formatOrigin(spec.origin)),
    );
  const connections = await mcp.connectionsFor('person');
  const shown = l10n.t('MCP server "{0}"', chosen);
  const lease = await withProgress(shown, (_report, cancelling) => connections.lease(spec, cancelling));
  try {
    return await use(lease.connection, signal);
  } finally {
    await lease.release();
  }
}
