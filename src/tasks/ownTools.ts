/** The tools that a run gives to the model by itself, beside those of its MCP servers. */
import type { Tool, ToolDefinition, ToolOutcome, ToolSource } from '../agent/types';
import type { JsonObject } from '../base/json';

/** What stands for a server in events, approvals and journals. */
export const OWN_SERVER = 'lmstudio-bridge';

/** Changes nothing outside the run, so nobody is asked before it is called. */
export interface OwnTool {
  readonly definition: ToolDefinition;
  /** As in `ToolSource`. */
  run(args: JsonObject, signal: AbortSignal): Promise<ToolOutcome>;
}

/** `source` with these tools after its own. */
export function withOwnTools(source: ToolSource, own: readonly OwnTool[]): ToolSource {
  const tools = own.map(({ definition }): Tool => ({
    ...{ definition, server: OWN_SERVER },
    name: definition.name,
    readOnly: true,
  }));
  return {
    tools: [...source.tools, ...tools],
    offered: source.offered && [...source.offered, ...tools],
    call(tool, args, signal) {
      const mine = own[tools.indexOf(tool)];
      return mine ? mine.run(args, signal) : source.call(tool, args, signal);
    },
  };
}

/** The wanted name, or one that no tool of `source` has. */
export function ownToolName(source: ToolSource, wanted: string): string {
  const taken = new Set(source.tools.map(({ definition }) => definition.name));
  return taken.has(wanted) ? `bridge_${wanted}` : wanted;
}
