import type { Tool, ToolSource } from '../agent/types';
import { abortReason } from '../base/abort';
import { type BridgeError, toBridgeError } from '../base/errors';
import type { McpConnection } from './connection';
import type { ConnectionLease, ConnectionSource } from './connections';
import { assignToolNames } from './naming';
import type { ServerSpec } from './serverSpec';

/** The tools of the servers of one run, as they were at its beginning, and its hold on these servers. */
export interface Toolbox extends ToolSource {
  /** Names of the servers that started, in the order they were asked for. */
  readonly servers: readonly string[];
  /** Values that were used to start them and must never be written down; passwords that the person was asked for too. */
  readonly secrets: readonly string[];
  /** Lets go of all servers at once. Settles when nothing is left of those that were started for this run alone; never rejects. */
  close(): Promise<void>;
}

export interface OpenedToolbox {
  readonly toolbox: Toolbox;
  /** Servers that could not be started (`mcp-start-failed`) or resolved (`mcp-config`); nothing of them is left. */
  readonly failures: readonly { readonly name: string; readonly error: BridgeError }[];
}

/**
 * Starts all servers at the same time and gathers their tools. A server that fails does not disturb the others: whether
 * that is the end of the run is for the caller to decide (and then to close the toolbox).
 *
 * @throws only the signal's reason; everything that was started has ended by then.
 */
export async function openToolbox(
  specs: readonly ServerSpec[],
  connections: ConnectionSource,
  signal: AbortSignal,
): Promise<OpenedToolbox> {
  const attempts = await Promise.allSettled(specs.map((spec) => connections.lease(spec, signal)));
  const leases = attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? [attempt.value] : []));
  if (signal.aborted) {
    await releaseAll(leases);
    throw abortReason(signal);
  }
  const failures = attempts.flatMap((attempt, index) => {
    const name = specs[index]?.name ?? '';
    return attempt.status === 'rejected' ? [{ name, error: toBridgeError(attempt.reason) }] : [];
  });
  return { toolbox: createToolbox(leases, specs.length > 1), failures };
}

/** Their tools under names of their own; with `isQualified` the server's name stands before each. */
export function createToolbox(leases: readonly ConnectionLease[], isQualified: boolean): Toolbox {
  const connections = leases.map(({ connection }) => connection);
  const offers = connections.flatMap((connection) => connection.tools.map((tool) => ({ connection, tool })));
  const names = assignToolNames(
    offers.map(({ connection, tool }) => ({ server: connection.server.name, tool: tool.name })),
    isQualified,
  );
  const owners = new Map<string, McpConnection>();
  const tools = offers.map(({ connection, tool }, index): Tool => {
    const name = names[index] ?? '';
    const server = connection.server.name;
    owners.set(name, connection);
    const description = isQualified ? `[${server}] ${tool.description}` : tool.description;
    const definition = { name, description: description.trim(), inputSchema: tool.inputSchema };
    const { readOnly, destructive, openWorld } = tool;
    return { definition, server, name: tool.name, readOnly, destructive, openWorld };
  });
  return {
    tools,
    servers: connections.map((connection) => connection.server.name),
    secrets: [...new Set(connections.flatMap((connection) => connection.server.secrets))],
    async call(tool, args, signal) {
      const owner = owners.get(tool.definition.name);
      if (!owner) return { isError: true, code: 'tool-not-found', text: `There is no tool "${tool.definition.name}".` };
      return owner.callTool(tool.name, args, signal);
    },
    close: () => releaseAll(leases),
  };
}

async function releaseAll(leases: readonly ConnectionLease[]): Promise<void> {
  await Promise.all(leases.map((lease) => lease.release()));
}
