import type { ApprovalDecision, ApprovalGate, ApprovalRequest } from '../agent/types';
import { type ApprovalRule, type ApprovalRuleStore, isCovered, ruleFor, type ToolIdentity } from './approvalRules';

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

/**
 * What came of a question. `rule`: a yes to this call and to all that the rule covers, in this task or in every task of
 * this workspace. `covered`: a rule that came while the question waited answers it. `deny`: `reason` is for the model.
 */
export type ApprovalAnswer =
  | { readonly kind: 'once' }
  | { readonly kind: 'rule'; readonly covers: ApprovalRule['kind']; readonly scope: 'task' | 'workspace' }
  | { readonly kind: 'covered' }
  | { readonly kind: 'deny'; readonly reason: string };

/** A request and the rules about it, for whoever asks. */
export interface ApprovalCase {
  readonly request: ApprovalRequest;
  /** A rule has come meanwhile that makes the question needless. */
  readonly isCovered: () => boolean;
  /** To be awaited before the next question is shown, which the rule may cover. */
  readonly remember: (answer: ApprovalAnswer) => Promise<void>;
}

/** Puts a request to a person. Rejects with the signal's reason when the signal fires while the person thinks. */
export type AskPerson = (approval: ApprovalCase, signal: AbortSignal) => Promise<ApprovalAnswer>;

export interface AskingGateOptions {
  readonly ask: AskPerson;
  /** Of this workspace. */
  readonly store: ApprovalRuleStore;
  /** The fingerprint of a server's definition; undefined where no file defines a server of this name. */
  readonly definitionOf: (server: string) => string | undefined;
}

/**
 * Asks a person before every call that no rule of theirs covers. Make one for each task: it remembers what was allowed
 * for the task, and nothing of that outlives the gate. Only the read-only tools of the product itself, which belong to
 * no server of a file, are never asked for.
 */
export function createAskingGate({ ask, store, definitionOf }: AskingGateOptions): ApprovalGate {
  const ofTask: ApprovalRule[] = [];
  return {
    async decide(request, signal) {
      const { server, name, readOnly } = request.tool;
      const definition = definitionOf(server) ?? null;
      if (definition === null && readOnly) return { kind: 'allowed' };
      const identity: ToolIdentity = { server, definition, tool: name, readOnly };
      const isCoveredNow = (): boolean => isCovered(identity, [...ofTask, ...store.rules]);
      if (isCoveredNow()) return { kind: 'allowed' };
      const remember = async (answer: ApprovalAnswer): Promise<void> => {
        if (answer.kind !== 'rule') return;
        const rule = ruleFor(answer.covers, identity);
        if (answer.scope === 'task') ofTask.push(rule);
        else await store.add(rule);
      };
      return toDecision(await ask({ request, isCovered: isCoveredNow, remember }, signal));
    },
  };
}

function toDecision(answer: ApprovalAnswer): ApprovalDecision {
  switch (answer.kind) {
    case 'once':
      return { kind: 'approved', reason: 'Approved once.' };
    case 'rule':
      return { kind: 'approved', reason: `${WHAT[answer.covers]} ${WHERE[answer.scope]}.` };
    case 'covered':
      return { kind: 'allowed' };
    case 'deny':
      return { kind: 'denied', reason: answer.reason };
  }
}

const WHAT = { tool: 'Approved', 'read-only': 'Approved with all read-only tools of its server,' } as const;
const WHERE = { task: 'for this task', workspace: 'always in this workspace' } as const;
