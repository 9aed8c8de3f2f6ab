/** Which of the MCP servers' tools go with every request of a task: all where they fit, else those that suit the task. */
import * as l10n from '@vscode/l10n';
import { namedTools } from '../agent/namedTools';
import { chooseTools, type ServerTools, sumTokens, toolsByServer, toolTokens } from '../agent/toolFit';
import { fuseScores, ToolIndex } from '../agent/toolIndex';
import type { Tool, ToolSource } from '../agent/types';
import { nearestNames } from '../base/nearestNames';
import { countText } from '../base/numberText';
import { type OwnTool, withOwnTools } from './ownTools';
import { createToolFinder } from './toolFinder';

/** All tools together may take this share of the context: the rest is for the task, the results and the answer. */
const TOOL_SHARE = 1 / 3;
/** What LM Studio loads with where nothing else is set, in its newest versions (reference 2.3). */
const ASSUMED_CONTEXT = 8_192;

export interface ToolChoiceRequest {
  readonly task: string;
  /** `tool` or `server/tool`, by the person. */
  readonly names: readonly string[];
  /** Tokens; null where nothing is known. */
  readonly contextLength: number | null;
  /** That is what the model is loaded with, and not only what it could be loaded with. */
  readonly isLoaded: boolean;
  readonly charsPerToken: number;
  /** Longest answer of our own tools, in characters. */
  readonly maxChars: number;
  /** How near tools are to the task in meaning, where that can be known; asked only where not all fit. */
  readonly nearness: (tools: readonly Tool[]) => Promise<readonly number[] | undefined>;
}

/** What the tools cost and how many of them are offered; the fields of the event `tools` (docs/cli.md). */
export interface ToolCosts {
  /** Tokens of all tools of the servers. */
  readonly tokens: number;
  /** Tokens of what every request carries, our own tools included. */
  readonly offeredTokens: number;
  readonly offered: number;
  /** Tokens that the tools may take. */
  readonly budget: number;
  readonly servers: readonly ServerTools[];
}

export interface ToolChoice {
  readonly source: ToolSource;
  readonly costs: ToolCosts;
  readonly warnings: readonly { readonly code: string; readonly message: string }[];
}

/** Throws only what `nearness` throws. */
export async function chooseForTask(source: ToolSource, request: ToolChoiceRequest): Promise<ToolChoice> {
  const { charsPerToken } = request;
  const { tools } = source;
  const budget = Math.floor(contextOf(request) * TOOL_SHARE);
  const tokens = sumTokens(tools, charsPerToken);
  const { named, unknown } = namedTools(tools, request.names, request.task);
  const warnings = unknown.map((name) => unknownTool(name, tools));
  const costsOf = (offered: readonly Tool[], own: readonly OwnTool[]): ToolCosts => ({
    tokens,
    offeredTokens: sumTokens([...offered, ...own], charsPerToken),
    offered: offered.length,
    budget,
    servers: toolsByServer(tools, offered, charsPerToken),
  });
  if (tokens <= budget) return { source, costs: costsOf(tools, []), warnings };

  const own = createToolFinder(tools, request.maxChars);
  const ownTokens = sumTokens(own, charsPerToken);
  const words = new ToolIndex(tools).scores(request.task);
  const nearness = await request.nearness(tools);
  const offered = chooseTools({
    tools,
    named,
    scores: nearness ? fuseScores(words, nearness) : words,
    budget: budget - ownTokens,
    charsPerToken,
  });
  const costs = costsOf(offered, own);
  return {
    source: withOwnTools(
      { tools, offered, whyWithheld: source.whyWithheld, call: (...call) => source.call(...call) },
      own,
    ),
    costs,
    warnings: [...warnings, ...notOffered(tools, named, offered, costs, request)],
  };
}

function contextOf({ contextLength, isLoaded }: ToolChoiceRequest): number {
  return isLoaded && contextLength !== null ? contextLength : Math.min(contextLength ?? Infinity, ASSUMED_CONTEXT);
}

function notOffered(
  tools: readonly Tool[],
  named: readonly Tool[],
  offered: readonly Tool[],
  { budget, offeredTokens, tokens }: ToolCosts,
  request: ToolChoiceRequest,
) {
  const length = countText(contextOf(request));
  const context = request.isLoaded
    ? l10n.t('the context of {0}', length)
    : l10n.t('a context of {0}, which is assumed because the model is not loaded', length);
  const sentences = [
    l10n.t(
      '{0} of {1} tools are offered, for {2} tokens in every request; all of them would take {3}, more than a third of {4}. The model can find and use the others.',
      offered.length,
      tools.length,
      countText(offeredTokens),
      countText(tokens),
      context,
    ),
    ...(offeredTokens > budget ? [l10n.t('Even what finds them takes more than that third.')] : []),
    ...named
      .filter((tool) => !offered.includes(tool))
      .map(({ definition }) => {
        const cost = countText(toolTokens(definition, request.charsPerToken));
        return l10n.t('{0} was asked for by name, but there was no room for its {1} tokens.', definition.name, cost);
      }),
    l10n.t('A larger context or fewer servers make room.'),
  ];
  return [{ code: 'tools-not-offered', message: sentences.join(' ') }];
}

function unknownTool(name: string, tools: readonly Tool[]) {
  const near = nearestNames(name, [...new Set(tools.flatMap((tool) => [tool.name, `${tool.server}/${tool.name}`]))]);
  const hint = near.length === 0 ? '' : l10n.t(' Did you mean {0}?', near.join(', '));
  return { code: 'tool-unknown', message: l10n.t('No server has a tool "{0}".{1}', name, hint) };
}
