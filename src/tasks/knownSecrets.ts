import { looksSecret, secretsOf } from '../mcp/environment';
import type { ServerSpec } from '../mcp/serverSpec';
import { createVariableContext, resolveServer } from '../mcp/variables';

/** The values that must not be written down: the model server's token and what the entries of MCP servers hold in secret. */
export function knownSecrets(
  token: string | undefined,
  specs: readonly ServerSpec[],
  workspaces: readonly string[],
): readonly string[] {
  const context = createVariableContext(workspaces);
  const ofServers = specs.flatMap((spec) => {
    try {
      return [...secretsOf(resolveServer(spec, context).transport.env), ...namedSecrets(spec, context.env)];
    } catch {
      // An entry that cannot be resolved is not started, and is told of there.
      return [];
    }
  });
  return [...new Set([...(token === undefined ? [] : [token]), ...ofServers])];
}

/** Values of variables such as `${env:API_KEY}`, wherever in the entry they are named. */
function namedSecrets(spec: ServerSpec, env: Readonly<Record<string, string | undefined>>): readonly string[] {
  const names = [...JSON.stringify(spec.transport).matchAll(/\$\{env:([^}]*)\}/g)].map(([, name = '']) => name);
  return names.filter(looksSecret).flatMap((name) => env[name] ?? []);
}
