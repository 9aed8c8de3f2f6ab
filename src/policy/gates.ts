import type { ApprovalDecision, ApprovalGate, ApprovalRequest } from '../agent/types';

/** What a run may do without a person at hand. */
export type ApprovalMode = 'read-only' | 'all' | 'none';

export const APPROVAL_MODES: readonly ApprovalMode[] = ['read-only', 'all', 'none'];

/** Decides by rule alone, for runs that nobody watches. */
export function createUnattendedGate(mode: ApprovalMode): ApprovalGate {
  const decide = ({ tool }: ApprovalRequest): ApprovalDecision => {
    if (mode === 'all' || (mode === 'read-only' && tool.readOnly)) return { kind: 'allowed' };
    return {
      kind: 'denied',
      reason:
        mode === 'none'
          ? 'This run allows no tool at all (--approve none).'
          : 'This run only allows tools that their server marks as read-only (--approve read-only).',
    };
  };
  return { decide: (request) => Promise.resolve(decide(request)) };
}

/** A person's answer: for this call only, or for every further call of the same tool in the same task. */
export type ApprovalAnswer = 'once' | 'task' | 'deny';

/** Shows a request to a person. Rejects with the signal's reason when the signal fires while the person thinks. */
export type AskPerson = (request: ApprovalRequest, signal: AbortSignal) => Promise<ApprovalAnswer>;

/** Lets read-only tools run and asks a person before all others. Make one for each task: it remembers answers. */
export function createAskingGate(ask: AskPerson): ApprovalGate {
  const approvedForTask = new Set<string>();
  return {
    async decide(request, signal) {
      const { tool } = request;
      const key = JSON.stringify([tool.server, tool.name]);
      if (tool.readOnly) return { kind: 'allowed' };
      if (approvedForTask.has(key)) return { kind: 'allowed' };
      const answer = await ask(request, signal);
      if (answer === 'deny') return { kind: 'denied', reason: 'The person said no.' };
      if (answer === 'task') approvedForTask.add(key);
      return { kind: 'approved', reason: answer === 'task' ? 'Approved for this task.' : 'Approved once.' };
    },
  };
}
