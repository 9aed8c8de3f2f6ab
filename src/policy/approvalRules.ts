/** What need not be asked, because the person said so before. Pure; nothing that a model says counts here. */

/** What a call uses. `definition`: fingerprint of how its server is started; null where no file defines the server. */
export interface ToolIdentity {
  readonly server: string;
  readonly definition: string | null;
  readonly tool: string;
  /** Its server, which the person trusts, says that it changes nothing. What other servers say does not count. */
  readonly readOnly: boolean;
}

interface RuleServer {
  readonly server: string;
  readonly definition: string | null;
}

/**
 * `server`: every tool of it. `read-only`: every tool that this server marks as read-only, as long as the person trusts
 * it. A server that is started in another way is another one.
 */
export type ApprovalRule =
  | ({ readonly kind: 'tool'; readonly tool: string } & RuleServer)
  | ({ readonly kind: 'server' | 'read-only' } & RuleServer);

/** How long a rule lasts: for a task, or until it is revoked in this workspace or in all of them. */
export type RuleScope = 'task' | 'workspace' | 'always';

/** Where rules that outlive a task are kept: never in a place that a repository can write. */
export interface ApprovalRuleStore {
  /** Of this workspace and of all workspaces. */
  readonly rules: readonly ApprovalRule[];
  add(rule: ApprovalRule, scope: Exclude<RuleScope, 'task'>): Promise<void>;
}

export function ruleFor(kind: ApprovalRule['kind'], { server, definition, tool }: ToolIdentity): ApprovalRule {
  return kind === 'tool' ? { kind, server, definition, tool } : { kind, server, definition };
}

export function isCovered(identity: ToolIdentity, rules: readonly ApprovalRule[]): boolean {
  const { server, definition, tool, readOnly } = identity;
  return rules.some((rule) => {
    if (rule.server !== server || rule.definition !== definition) return false;
    if (rule.kind === 'server') return true;
    return rule.kind === 'tool' ? rule.tool === tool : readOnly;
  });
}

/** With the new rule, which takes the place of those for the same tool or tools of an earlier definition of the server. */
export function withRule(rules: readonly ApprovalRule[], rule: ApprovalRule): readonly ApprovalRule[] {
  return [...rules.filter((known) => !isForSame(known, rule)), rule];
}

function isForSame(one: ApprovalRule, other: ApprovalRule): boolean {
  if (one.server !== other.server || one.kind !== other.kind) return false;
  return one.kind !== 'tool' || (other.kind === 'tool' && one.tool === other.tool);
}
