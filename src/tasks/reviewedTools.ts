/** The tools of a task as far as the person has let them pass: the others are withheld, and so is what changes meanwhile. */
import * as l10n from '@vscode/l10n';
import type { Tool } from '../agent/types';
import { findByToolName } from '../base/toolNames';
import { visibleText, withoutHidden } from '../base/visibleText';
import type { ServerSpec } from '../mcp/serverSpec';
import type { Toolbox } from '../mcp/toolbox';
import type { ServerTool } from '../mcp/toolList';
import { flagsOf } from '../policy/toolFlags';
import { plainSchema, toolFingerprint } from '../policy/toolReview';
import type { RunReport } from './runReport';

/** What a server that was started for a task offers. */
export interface OfferedTools {
  readonly spec: ServerSpec;
  readonly tools: readonly ServerTool[];
}

/** `reason`: one sentence, for the person and for a model that calls the tool all the same. */
export interface WithheldTool {
  readonly server: string;
  readonly tool: string;
  readonly reason: string;
}

/** Decides which tools must not be offered. Rejects only with the signal's reason. */
export type ReviewTools = (offers: readonly OfferedTools[], signal: AbortSignal) => Promise<readonly WithheldTool[]>;

export interface ReviewedToolbox extends Toolbox {
  /** Why a call of the tool is refused now: its server has changed it since the task began. */
  refusal(tool: Tool): string | undefined;
}

/**
 * The same box with the withheld tools taken out, with nothing hidden in what models read of the others, and with a
 * guard against definitions that change while the task runs. Tells what is withheld as warnings `tool-blocked`.
 */
export async function reviewToolbox(
  toolbox: Toolbox,
  specs: readonly ServerSpec[],
  review: ReviewTools | undefined,
  run: Pick<RunReport, 'warn'>,
  signal: AbortSignal,
): Promise<ReviewedToolbox> {
  const offers = specs
    .filter(({ name }) => toolbox.servers.includes(name))
    .map((spec) => ({ spec, tools: definitionsOf(spec.name, toolbox) }));
  const withheld = (await review?.(offers, signal)) ?? [];
  for (const { server, tool, reason } of withheld) {
    run.warn(
      'tool-blocked',
      visibleText(l10n.t('The tool "{0}" of MCP server "{1}" is not used. {2}', tool, server, reason)),
    );
  }
  tellHidden(offers, run);
  return guarded(toolbox, withheld, run);
}

function definitionsOf(server: string, toolbox: Toolbox): readonly ServerTool[] {
  return toolbox.tools.filter((tool) => tool.server === server).flatMap((tool) => toolbox.current(tool) ?? []);
}

/** Of all flags only this one is told in every task: nobody hides text without a reason. The views tell all of them. */
function tellHidden(offers: readonly OfferedTools[], run: Pick<RunReport, 'warn'>): void {
  const tools = offers.flatMap((offer) => offer.tools.map((tool) => ({ ...tool, server: offer.spec.name })));
  const flags = flagsOf(tools);
  for (const [index, { server, name }] of tools.entries()) {
    const flag = flags[index]?.find(({ kind }) => kind === 'hidden-characters');
    if (flag)
      run.warn(
        'tool-flagged',
        visibleText(l10n.t('The tool "{0}" of MCP server "{1}": {2}', name, server, flag.message)),
      );
  }
}

interface Passed {
  readonly original: Tool;
  /** At the beginning of the task. */
  readonly fingerprint: string | undefined;
}

function guarded(toolbox: Toolbox, withheld: readonly WithheldTool[], run: Pick<RunReport, 'warn'>): ReviewedToolbox {
  const isWithheld = ({ server, name }: Tool): boolean =>
    withheld.some((one) => one.server === server && one.tool === name);
  const passed = new Map<string, Passed>();
  const tools = toolbox.tools
    .filter((tool) => !isWithheld(tool))
    .map((original): Tool => {
      const tool = { ...original, definition: plainDefinition(original) };
      const current = toolbox.current(original);
      passed.set(tool.definition.name, { original, fingerprint: current && toolFingerprint(current) });
      return tool;
    });
  const out = toolbox.tools.filter(isWithheld);
  const told = new Set<string>();
  const refusal = (tool: Tool): string | undefined => {
    const known = passed.get(tool.definition.name);
    const current = known && toolbox.current(known.original);
    if (!current || toolFingerprint(current) === known.fingerprint) return undefined;
    const why = `MCP server "${tool.server}" has changed the tool "${tool.name}" since the task began, so it is not used until a person has seen the change, which the next task asks for.`;
    if (!told.has(tool.definition.name)) run.warn('tool-blocked', visibleText(why));
    told.add(tool.definition.name);
    return why;
  };
  return {
    tools,
    servers: toolbox.servers,
    leases: toolbox.leases,
    secrets: toolbox.secrets,
    refusal,
    whyWithheld: (name) => reasonFor(name, out, withheld),
    current: (tool) => toolbox.current(passed.get(tool.definition.name)?.original ?? tool),
    async call(tool, args, signal) {
      const why = refusal(tool);
      if (why !== undefined) return { isError: true, code: 'approval-denied', text: `This call did not run. ${why}` };
      return toolbox.call(passed.get(tool.definition.name)?.original ?? tool, args, signal);
    },
    close: () => toolbox.close(),
  };
}

function reasonFor(name: string, out: readonly Tool[], withheld: readonly WithheldTool[]): string | undefined {
  const tool = findByToolName(name, out, ({ definition, name: own }) => [definition.name, own]);
  const found = tool && withheld.find((one) => one.server === tool.server && one.tool === tool.name);
  return found && `${found.reason} Go on without it.`;
}

function plainDefinition({ definition }: Tool): Tool['definition'] {
  const { name, description, inputSchema } = definition;
  return { name, description: withoutHidden(description), inputSchema: plainSchema(inputSchema) };
}
