import type { Tool, ToolOutcome, ToolSource } from '../agent/types';
import { abortReason, throwIfAborted } from '../base/abort';
import { type BridgeError, errorMessage, toBridgeError } from '../base/errors';
import { canonicalJson, type JsonObject } from '../base/json';
import type { McpConnection } from './connection';
import type { ConnectionLease, ConnectionSource } from './connections';
import { assignToolNames } from './naming';
import type { ServerSpec } from './serverSpec';
import type { ServerTool } from './toolList';

/** The tools of the servers of one run, as they were at its beginning, and its hold on these servers. */
export interface Toolbox extends ToolSource {
  /** Names of the servers that started, in the order they were asked for. */
  readonly servers: readonly string[];
  /** How its server defines a tool of this box now, which can be otherwise than at the beginning; undefined: it has it no more. */
  current(tool: Tool): ServerTool | undefined;
  /** Values that were used to start them and must never be written down; passwords that the person was asked for too. */
  readonly secrets: readonly string[];
  /** The holds on them, in the same order. */
  readonly leases: readonly ConnectionLease[];
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

interface Owner {
  readonly lease: ConnectionLease;
  /** As it was at the beginning of the run, which is what the model and the person know of it. */
  readonly tool: ServerTool;
}

/** Their tools under names of their own; with `isQualified` the server's name stands before each. */
export function createToolbox(leases: readonly ConnectionLease[], isQualified: boolean): Toolbox {
  const offers = leases.flatMap((lease) => lease.connection.tools.map((tool) => ({ lease, tool })));
  const names = assignToolNames(
    offers.map(({ lease, tool }) => ({ server: lease.connection.server.name, tool: tool.name })),
    isQualified,
  );
  const owners = new Map<string, Owner>();
  const tools = offers.map(({ lease, tool }, index): Tool => {
    const name = names[index] ?? '';
    const server = lease.connection.server.name;
    owners.set(name, { lease, tool });
    const description = isQualified ? `[${server}] ${tool.description}` : tool.description;
    const definition = { name, description: description.trim(), inputSchema: tool.inputSchema };
    const { readOnly, destructive, openWorld } = tool;
    return { definition, server, name: tool.name, readOnly, destructive, openWorld };
  });
  return {
    tools,
    servers: leases.map(({ connection }) => connection.server.name),
    current: ({ definition, name }) =>
      owners.get(definition.name)?.lease.connection.tools.find((tool) => tool.name === name),
    leases,
    secrets: [...new Set(leases.flatMap(({ connection }) => connection.server.secrets))],
    async call(tool, args, signal) {
      const owner = owners.get(tool.definition.name);
      if (!owner) return { isError: true, code: 'tool-not-found', text: `There is no tool "${tool.definition.name}".` };
      return callOwner(owner, args, signal);
    },
    close: () => releaseAll(leases),
  };
}

/** The connection to use next. @throws as `ConnectionLease.usable` */
export async function usableConnection(
  lease: Pick<ConnectionLease, 'connection' | 'usable'>,
  signal: AbortSignal,
): Promise<McpConnection> {
  return (await lease.usable?.(signal)) ?? lease.connection;
}

/** A server that was started again, or that changed its tools, is used only as far as it still offers the same. */
async function callOwner({ lease, tool }: Owner, args: JsonObject, signal: AbortSignal): Promise<ToolOutcome> {
  let connection: McpConnection;
  try {
    connection = await usableConnection(lease, signal);
  } catch (error) {
    throwIfAborted(signal);
    return { isError: true, code: 'mcp-connection-lost', text: errorMessage(error) };
  }
  const now = connection.tools.find(({ name }) => name === tool.name);
  const server = connection.server.name;
  if (!now && connection.state === 'ready') {
    const text = `MCP server "${server}" does not offer the tool "${tool.name}" any more. The call was not made.`;
    return { isError: true, code: 'tool-not-found', text };
  }
  if (now && now !== tool && canonicalJson(now) !== canonicalJson(tool)) {
    const text = `MCP server "${server}" has changed its tool "${tool.name}" since this task began, so the call was not made. A new task can use the tool as it is now.`;
    return { isError: true, code: 'tool-failed', text };
  }
  return connection.callTool(tool.name, args, signal);
}

async function releaseAll(leases: readonly ConnectionLease[]): Promise<void> {
  await Promise.all(leases.map((lease) => lease.release()));
}
