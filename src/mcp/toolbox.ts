import type { Tool, ToolSource } from '../agent/types';
import { abortReason } from '../base/abort';
import { type BridgeError, toBridgeError } from '../base/errors';
import { type ConnectionOptions, McpConnection } from './connection';
import { assignToolNames } from './naming';
import type { ServerSpec } from './serverSpec';
import { createVariableContext, resolveServer } from './variables';

/** The tools of the servers of one run, and the lives of these servers. */
export interface Toolbox extends ToolSource {
  /** Names of the servers that started, in the order they were asked for. */
  readonly servers: readonly string[];
  /** Ends all servers at once. Settles when nothing of them is left; never rejects. */
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
  options: ConnectionOptions,
  signal: AbortSignal,
): Promise<OpenedToolbox> {
  const context = createVariableContext(options.workspaces);
  const attempts = await Promise.allSettled(
    specs.map(async (spec) => {
      const connection = new McpConnection(resolveServer(spec, context), options);
      await connection.connect(signal);
      return connection;
    }),
  );
  const connections = attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? [attempt.value] : []));
  if (signal.aborted) {
    await closeAll(connections);
    throw abortReason(signal);
  }
  const failures = attempts.flatMap((attempt, index) => {
    const name = specs[index]?.name ?? '';
    return attempt.status === 'rejected' ? [{ name, error: toBridgeError(attempt.reason) }] : [];
  });
  return { toolbox: createToolbox(connections, specs.length > 1), failures };
}

/** Their tools under names of their own; with `isQualified` the server's name stands before each. */
export function createToolbox(connections: readonly McpConnection[], isQualified: boolean): Toolbox {
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
    return { definition, server, name: tool.name, readOnly: tool.readOnly };
  });
  return {
    tools,
    servers: connections.map((connection) => connection.server.name),
    async call(tool, args, signal) {
      const owner = owners.get(tool.definition.name);
      if (!owner) return { isError: true, code: 'tool-not-found', text: `There is no tool "${tool.definition.name}".` };
      return owner.callTool(tool.name, args, signal);
    },
    close: () => closeAll(connections),
  };
}

async function closeAll(connections: readonly McpConnection[]): Promise<void> {
  await Promise.all(connections.map((connection) => connection.close()));
}
