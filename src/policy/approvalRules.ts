/** What need not be asked, because the person said so before. Pure; nothing that a model says counts here. */

/** What a call uses. `definition`: fingerprint of how its server is started; null where no file defines the server. */
export interface ToolIdentity {
  readonly server: string;
  readonly definition: string | null;
  readonly tool: string;
  /** Its server's claim. */
  readonly readOnly: boolean;
}

/** `read-only`: every tool that this server marks as read-only. A server that is started in another way is another one. */
export type ApprovalRule =
  | { readonly kind: 'tool'; readonly server: string; readonly definition: string | null; readonly tool: string }
  | { readonly kind: 'read-only'; readonly server: string; readonly definition: string | null };

/** Where the rules of a workspace are kept: never in a place that a repository can write. */
export interface ApprovalRuleStore {
  readonly rules: readonly ApprovalRule[];
  add(rule: ApprovalRule): Promise<void>;
}

export function ruleFor(kind: ApprovalRule['kind'], { server, definition, tool }: ToolIdentity): ApprovalRule {
  return kind === 'tool' ? { kind, server, definition, tool } : { kind, server, definition };
}

export function isCovered(identity: ToolIdentity, rules: readonly ApprovalRule[]): boolean {
  const { server, definition, tool, readOnly } = identity;
  return rules.some(
    (rule) =>
      rule.server === server &&
      rule.definition === definition &&
      (rule.kind === 'read-only' ? readOnly : rule.tool === tool),
  );
}

/** With the new rule, which takes the place of those for the same tool or tools of an earlier definition of the server. */
export function withRule(rules: readonly ApprovalRule[], rule: ApprovalRule): readonly ApprovalRule[] {
  return [...rules.filter((known) => !isForSame(known, rule)), rule];
}

function isForSame(one: ApprovalRule, other: ApprovalRule): boolean {
  if (one.server !== other.server) return false;
  return one.kind === 'tool' ? other.kind === 'tool' && one.tool === other.tool : other.kind === 'read-only';
}
