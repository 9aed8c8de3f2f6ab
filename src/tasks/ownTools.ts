/** Tools of our own beside those of the MCP servers: they change nothing, and they are no part of any tool count. */
import type { PassedOnCall, Tool, ToolDefinition, ToolOutcome, ToolSource } from '../agent/types';
import type { JsonObject } from '../base/json';

/** The server that events name for our own tools. */
export const OWN_SERVER = 'lmstudio-bridge';

export interface OwnTool {
  readonly definition: ToolDefinition;
  /** The server that it asks, and what for: approvals count as for a read-only tool of that server. Absent: it asks nobody. */
  readonly server?: { readonly name: string; readonly tool: string };
  /** As `ToolSource.call`: a failure is an outcome; throws only the signal's reason. */
  run(args: JsonObject, signal: AbortSignal): Promise<ToolOutcome>;
  /** As `ToolSource.meant`, for a tool that only passes calls on. */
  readonly meant?: (args: JsonObject) => PassedOnCall | undefined;
}

/** The same tools with ours behind them. All of ours are offered. */
export function withOwnTools(source: ToolSource, ownTools: readonly OwnTool[]): ToolSource {
  if (ownTools.length === 0) return source;
  const own = new Map(ownTools.map((tool) => [toTool(tool), tool]));
  return {
    tools: [...source.tools, ...own.keys()],
    offered: source.offered && [...source.offered, ...own.keys()],
    meant: (tool, args) => {
      const ours = own.get(tool);
      return ours ? ours.meant?.(args) : source.meant?.(tool, args);
    },
    call: (tool, args, signal) => own.get(tool)?.run(args, signal) ?? source.call(tool, args, signal),
  };
}

/** A name for a tool of ours that no tool of a server has. */
export function ownToolName(name: string, tools: readonly Tool[]): string {
  const isTaken = tools.some(({ definition }) => definition.name === name);
  return isTaken ? ownToolName(`bridge_${name}`, tools) : name;
}

function toTool({ definition, server }: OwnTool): Tool {
  const { name, tool } = server ?? { name: OWN_SERVER, tool: definition.name };
  return { definition, server: name, name: tool, readOnly: true };
}
