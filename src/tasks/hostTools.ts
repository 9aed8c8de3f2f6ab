/** Tools of the program that a task runs in, such as an editor, beside those of the MCP servers. */
import type { Tool, ToolOutcome, ToolSource } from '../agent/types';
import type { JsonObject } from '../base/json';
import { assignToolNames } from '../mcp/naming';

export interface HostTool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: JsonObject;
}

/** What a door lends to one task; stays as it is while the task runs. */
export interface HostTools {
  /** Of the program; stands where the name of an MCP server stands. */
  readonly name: string;
  readonly tools: readonly HostTool[];
  /** As `ToolSource.call`. */
  call(name: string, args: JsonObject, signal: AbortSignal): Promise<ToolOutcome>;
}

/**
 * The same tools with the host's behind them. Nobody says what these change, so none counts as read-only.
 * @param servers the names of all MCP servers, none of which may be taken for the host
 */
export function withHostTools(source: ToolSource, host: HostTools | undefined, servers: readonly string[]): ToolSource {
  if (!host || host.tools.length === 0) return source;
  const server = ownName(host.name, servers);
  const taken = source.tools.map(({ definition }) => definition.name);
  const names = assignToolNames(
    host.tools.map(({ name }) => ({ server, tool: name })),
    true,
    taken,
  );
  const tools = host.tools.map(({ name, description, inputSchema }, index): Tool => {
    const definition = { name: names[index] ?? '', description: `[${server}] ${description}`.trim(), inputSchema };
    return { definition, server, name, readOnly: false, ofHost: true };
  });
  return {
    ...source,
    tools: [...source.tools, ...tools],
    offered: source.offered && [...source.offered, ...tools],
    call: (tool, args, signal) =>
      tool.ofHost === true ? host.call(tool.name, args, signal) : source.call(tool, args, signal),
  };
}

/** Approvals are kept by the server's name: a server of a file must not get those of the host, nor the other way round. */
function ownName(name: string, servers: readonly string[]): string {
  const isTaken = servers.some((server) => server.toLowerCase() === name.toLowerCase());
  return isTaken ? ownName(`${name} itself`, servers) : name;
}
