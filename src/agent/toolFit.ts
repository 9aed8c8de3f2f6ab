/** Which tools go with every request: what each costs in tokens, and a choice among them where not all fit. */
import type { Tool, ToolDefinition } from './types';

/** Tokens of a tool as it goes over the wire (reference 3.2): name, description and schema, with what stands around them. */
export function toolTokens({ name, description, inputSchema }: ToolDefinition, charsPerToken: number): number {
  const onTheWire = JSON.stringify({ type: 'function', function: { name, description, parameters: inputSchema } });
  // One more for the comma between two tools.
  return Math.ceil((onTheWire.length + 1) / charsPerToken);
}

/** What the tools of one server come to. */
export interface ServerTools {
  readonly server: string;
  readonly tools: number;
  /** Of all its tools. */
  readonly tokens: number;
  /** How many of its tools go with every request. */
  readonly offered: number;
}

/** Sums for each server, in the order in which the servers come. */
export function toolsByServer(
  tools: readonly Tool[],
  offered: readonly Tool[],
  charsPerToken: number,
): readonly ServerTools[] {
  return [...new Set(tools.map(({ server }) => server))].map((server) => {
    const own = tools.filter((tool) => tool.server === server);
    const tokens = sumTokens(own, charsPerToken);
    return { server, tools: own.length, tokens, offered: offered.filter((tool) => tool.server === server).length };
  });
}

export function sumTokens(tools: readonly Pick<Tool, 'definition'>[], charsPerToken: number): number {
  return tools.reduce((sum, { definition }) => sum + toolTokens(definition, charsPerToken), 0);
}

export interface ToolWish {
  readonly tools: readonly Tool[];
  /** Those that the person named, the most wanted first: they come before all others. */
  readonly named: readonly Tool[];
  /** How well each of `tools` fits the task; more is better. */
  readonly scores: readonly number[];
  /** Tokens that the chosen may cost together. */
  readonly budget: number;
  readonly charsPerToken: number;
}

/**
 * The tools that fit the budget: the named ones, then the best ones; where tools fit the task equally well, one of each
 * server in turn. One that does not fit gives its place to the next. They keep the order of `tools`.
 */
export function chooseTools({ tools, named, scores, budget, charsPerToken }: ToolWish): readonly Tool[] {
  const chosen = new Set<Tool>();
  let left = budget;
  for (const tool of [...named, ...bestFirst(tools, scores)]) {
    const tokens = toolTokens(tool.definition, charsPerToken);
    if (chosen.has(tool) || tokens > left) continue;
    chosen.add(tool);
    left -= tokens;
  }
  return tools.filter((tool) => chosen.has(tool));
}

function bestFirst(tools: readonly Tool[], scores: readonly number[]): readonly Tool[] {
  const counts = new Map<string, number>();
  return tools
    .map((tool, index) => {
      const place = counts.get(tool.server) ?? 0;
      counts.set(tool.server, place + 1);
      return { tool, index, place, score: scores[index] ?? 0 };
    })
    .sort((a, b) => b.score - a.score || a.place - b.place || a.index - b.index)
    .map(({ tool }) => tool);
}
