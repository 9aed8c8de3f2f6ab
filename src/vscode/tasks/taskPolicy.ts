/** What a task may do, as the person has settled it: what they forbade, allowed and trust, and what they are asked. */
import type { FoundServers } from '../../mcp/discovery';
import type { ServerSpec } from '../../mcp/serverSpec';
import type { ApprovalPolicy } from '../../policy/approvalPolicy';
import type { ApprovalRuleStore } from '../../policy/approvalRules';
import { type AskPerson, createAskingGate, deniedReason } from '../../policy/gates';
import type { OfferedTools, WithheldTool } from '../../tasks/reviewedTools';
import type { TaskEnvironment } from '../../tasks/taskEnvironment';
import { policyOfTask, readBlock, readDenial } from '../questions/approvalSettings';
import { definitionOf } from '../questions/launchConsent';
import type { ToolReview } from '../questions/toolReview';
import type { TrustStore } from '../questions/trustStore';

export interface PolicyNeeds {
  /** What need not be asked any more. */
  readonly approvals: ApprovalRuleStore;
  readonly trusted: TrustStore;
  readonly toolReview: ToolReview;
}

/** Of one task. */
export interface PolicyCase {
  readonly found: FoundServers;
  /** Absolute paths of the folders of the workspace. */
  readonly folders: readonly string[];
  readonly ask: AskPerson;
  /** What the task itself wants to be asked at least. */
  readonly approval?: ApprovalPolicy | undefined;
  /** Its number in this window. */
  readonly task: number;
}

export type TaskPolicy = Pick<TaskEnvironment, 'gate' | 'forbids' | 'trusts' | 'reviewTools'>;

export function createTaskPolicy(
  { approvals, trusted, toolReview }: PolicyNeeds,
  { found, folders, ask, approval, task }: PolicyCase,
): TaskPolicy {
  const definitions = new Map(found.servers.map((spec) => [spec.name, definitionOf(spec, folders)]));
  const definition = (spec: ServerSpec): string => definitionOf(spec, folders);
  const trusts = (server: string): boolean => trusted.has(definitions.get(server) ?? '');
  return {
    gate: createAskingGate({
      ask,
      store: approvals,
      trusted,
      readPolicy: () => policyOfTask(approval),
      deniedBy: readDenial,
      definitionOf: (server) => definitions.get(server),
    }),
    forbids: (name) => readBlock({ name }),
    trusts,
    reviewTools: async (offers, signal) => {
      const { allowed, denied } = withoutDenied(offers);
      return [...denied, ...(await toolReview.review(allowed, definition, signal, task))];
    },
  };
}

/** What the settings forbid is not reviewed: nobody needs to look at what is not used. */
function withoutDenied(offers: readonly OfferedTools[]) {
  const denied = offers.flatMap(({ spec, tools }) =>
    tools.flatMap(({ name }): readonly WithheldTool[] => {
      const entry = readDenial(spec.name, name);
      return entry === undefined ? [] : [{ server: spec.name, tool: name, reason: deniedReason(entry) }];
    }),
  );
  const isDenied = (server: string, name: string): boolean =>
    denied.some((one) => one.server === server && one.tool === name);
  const allowed = offers.map(({ spec, tools }) => ({
    spec,
    tools: tools.filter(({ name }) => !isDenied(spec.name, name)),
  }));
  return { allowed, denied };
}
