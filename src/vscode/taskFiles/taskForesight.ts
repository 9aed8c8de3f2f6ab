/** What a task may do without asking, as things are now. Starts nothing and asks nobody. */
import type { ApprovalPolicy } from '../../policy/approvalPolicy';
import type { ApprovalRuleStore } from '../../policy/approvalRules';
import { foresee, type Foresight } from '../../policy/foresight';
import { flagsOf } from '../../policy/toolFlags';
import { wasReadOnly } from '../../policy/toolReview';
import { formatOrigin, type ServerSpec } from '../../mcp/serverSpec';
import type { ServerState } from '../../mcp/serverState';
import type { TaskRequest } from '../../tasks/types';
import { lmToolsForTask } from '../chat/lmTools';
import type { ServerConnections } from '../serverConnections';
import type { ModelActions } from '../models/modelActions';
import { describeModel, findTaskModel, type TaskModel } from '../models/modelText';
import { policyOfTask, readBlock, readDenial } from '../questions/approvalSettings';
import { definitionOf, type LaunchConsent } from '../questions/launchConsent';
import type { ToolReview } from '../questions/toolReview';
import type { TrustStore } from '../questions/trustStore';
import type { McpServers } from '../servers/mcpServers';
import type { ServerChoices } from '../servers/serverChoices';
import type { WorkspaceServers } from '../servers/workspaceServers';
import { readPatience } from '../settings/settings';

export interface ForesightNeeds {
  readonly connections: ServerConnections;
  readonly models: ModelActions;
  readonly servers: WorkspaceServers;
  readonly mcp: McpServers;
  readonly consent: LaunchConsent;
  readonly trusted: TrustStore;
  readonly approvals: ApprovalRuleStore;
  readonly toolReview: ToolReview;
  readonly choices: ServerChoices;
}

export interface ForeseenTool {
  readonly name: string;
  /** `off`: the person has switched it off. */
  readonly fate: Foresight | 'off';
  /** What a person should know of it. */
  readonly flags: readonly string[];
}

export interface ForeseenServer {
  readonly name: string;
  /** Where it is defined; undefined: nowhere, or by VS Code itself. */
  readonly origin: string | undefined;
  /** What becomes of its start. `running`: it needs none. */
  readonly start: 'running' | 'agreed' | 'asks' | 'disabled' | 'missing' | { readonly refused: string };
  readonly isTrusted: boolean;
  /** Undefined: nobody knows before its first start. */
  readonly tools: readonly ForeseenTool[] | undefined;
}

export interface TaskForesight {
  readonly model: TaskModel | undefined;
  /** What is known of it. */
  readonly modelWords: string | undefined;
  readonly servers: readonly ForeseenServer[];
  readonly policy: ApprovalPolicy;
  /** Minutes after which a question counts as answered with no; 0: at once; undefined: it waits. */
  readonly patience: number | undefined;
}

/** @throws ConfigurationError in an untrusted folder */
export async function foreseeTask(request: TaskRequest, needs: ForesightNeeds): Promise<TaskForesight> {
  const { server, key: wantedModel } = needs.connections.find(request.model);
  const [found, { models }] = await Promise.all([needs.servers.find(), server.connection.refresh()]);
  const model = findTaskModel(models, wantedModel);
  const known = models.find(({ key }) => key === model?.key);
  const policy = policyOfTask(request.approval);
  const { servers } = request;
  const wanted =
    servers.kind === 'named' ? servers.names : found.servers.filter((spec) => !spec.disabled).map((s) => s.name);
  const names = servers.kind === 'none' ? [] : wanted;
  const ofFiles = names.map((name) => {
    const spec = found.servers.find((candidate) => candidate.name === name);
    return spec ? foreseeServer(spec, policy, needs) : missing(name);
  });
  return {
    model,
    modelWords: known && describeModel(known, model, needs.models.contextOf(server).fitnessOf(known)),
    servers: [...ofFiles, ...toolsOfVscode(policy, needs)],
    policy,
    patience: readPatience(),
  };
}

function foreseeServer(spec: ServerSpec, policy: ApprovalPolicy, needs: ForesightNeeds): ForeseenServer {
  const { name } = spec;
  const definition = definitionOf(spec, needs.servers.folders);
  const isTrusted = needs.trusted.has(definition);
  const state = needs.mcp.entries.find((entry) => entry.spec.name === name)?.state ?? { kind: 'stopped' as const };
  const standing = { policy, rules: needs.approvals.rules };
  const fateOf = (tool: string, readOnly: boolean): ForeseenTool['fate'] => {
    if (!needs.choices.isToolOn(name, tool)) return 'off';
    return foresee(
      { server: name, definition, tool, readOnly: readOnly && isTrusted },
      standing,
      readDenial(name, tool),
    );
  };
  const tools = toolsOf(name, state) ?? knownTools(definition, needs);
  return {
    name,
    origin: formatOrigin(spec.origin),
    start: startOf(spec, state, needs),
    isTrusted,
    tools: tools?.map((tool) => ({ name: tool.name, fate: fateOf(tool.name, tool.readOnly), flags: tool.flags })),
  };
}

function startOf(spec: ServerSpec, state: ServerState, { consent }: ForesightNeeds): ForeseenServer['start'] {
  if (spec.disabled) return 'disabled';
  const refused = readBlock(spec);
  if (refused !== undefined) return { refused };
  if (state.kind === 'ready') return 'running';
  return consent.knows(spec) ? 'agreed' : 'asks';
}

interface KnownTool {
  readonly name: string;
  readonly readOnly: boolean;
  readonly flags: readonly string[];
}

function toolsOf(server: string, state: ServerState): readonly KnownTool[] | undefined {
  if (state.kind !== 'ready') return undefined;
  const { tools } = state.offer;
  const flags = flagsOf(tools.map((tool) => ({ ...tool, server })));
  return tools.map(({ name, readOnly }, index) => {
    return { name, readOnly, flags: (flags[index] ?? []).map(({ message }) => message) };
  });
}

/** As they were when the person saw them: those that have changed since are not used before they have seen the change. */
function knownTools(definition: string, { toolReview }: ForesightNeeds): readonly KnownTool[] | undefined {
  return toolReview.known(definition)?.map((seen) => ({ name: seen.name, readOnly: wasReadOnly(seen), flags: [] }));
}

function toolsOfVscode(policy: ApprovalPolicy, { approvals }: ForesightNeeds): readonly ForeseenServer[] {
  const host = lmToolsForTask();
  if (!host) return [];
  const standing = { policy, rules: approvals.rules };
  const tools = host.tools.map(({ name }): ForeseenTool => {
    const identity = { server: host.name, definition: null, tool: name, readOnly: false };
    return { name, fate: foresee(identity, standing, readDenial(host.name, name)), flags: [] };
  });
  return [{ name: host.name, origin: undefined, start: 'running', isTrusted: false, tools }];
}

function missing(name: string): ForeseenServer {
  return { name, origin: undefined, start: 'missing', isTrusted: false, tools: undefined };
}
