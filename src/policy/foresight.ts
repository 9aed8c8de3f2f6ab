/** What will become of a call, as far as that can be said before it is made. The gate decides by the same rule. Pure. */
import type { ApprovalPolicy } from './approvalPolicy';
import { type ApprovalRule, isCovered, type ToolIdentity } from './approvalRules';

/** `refused`: the person's settings forbid it. A call that `runs` is asked all the same where it may give private data away. */
export type Foresight = 'runs' | 'asks' | 'refused';

/** What holds at the moment. */
export interface Standing {
  readonly policy: ApprovalPolicy;
  readonly rules: readonly ApprovalRule[];
}

/** `identity.readOnly` is that of a trusted server only. */
export function runsUnasked(identity: ToolIdentity, { policy, rules }: Standing): boolean {
  if (policy === 'ask-always') return false;
  if (policy === 'allow-reads-of-trusted' && identity.readOnly) return true;
  return isCovered(identity, rules);
}

/** `deniedBy`: the entry of the settings that forbids the tool. */
export function foresee(identity: ToolIdentity, standing: Standing, deniedBy: string | undefined): Foresight {
  if (deniedBy !== undefined) return 'refused';
  return runsUnasked(identity, standing) ? 'runs' : 'asks';
}
