import type { ServerSpec } from '../mcp/serverSpec';
import { createVariableContext, secretsBefore } from '../mcp/variables';

/** The values that must not be written down: the model server's token and what the entries of MCP servers hold in secret. */
export function knownSecrets(
  token: string | undefined,
  specs: readonly ServerSpec[],
  workspaces: readonly string[],
): readonly string[] {
  const context = createVariableContext(workspaces);
  const ofServers = specs.flatMap((spec) => secretsBefore(spec, context));
  return [...new Set([...(token === undefined ? [] : [token]), ...ofServers])];
}
