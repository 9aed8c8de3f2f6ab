import * as l10n from '@vscode/l10n';
import type { ApprovalDecision, ApprovalGate, ApprovalRequest } from '../agent/types';
import type { ApprovalPolicy } from './approvalPolicy';
import { type ApprovalRule, type ApprovalRuleStore, ruleFor, type RuleScope, type ToolIdentity } from './approvalRules';
import { runsUnasked } from './foresight';

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
 * What came of a question. `rule`: a yes to this call and to all that the rule covers, for as long as its scope says.
 * `trust`: a yes, and from now on its server's marks count. `covered`: a rule that came while the question waited
 * answers it. `deny`: `reason` is for the model.
 */
export type ApprovalAnswer =
  | { readonly kind: 'once' }
  | { readonly kind: 'rule'; readonly covers: ApprovalRule['kind']; readonly scope: RuleScope }
  | { readonly kind: 'trust' }
  | { readonly kind: 'covered' }
  | { readonly kind: 'deny'; readonly reason: string };

/** A request and the rules about it, for whoever asks. */
export interface ApprovalCase {
  readonly request: ApprovalRequest;
  /** The person trusts its server, so that what it says of its tools counts. */
  readonly isTrusted: boolean;
  /** An answer can hold for more than this call. */
  readonly mayRemember: boolean;
  /** Trusting the server would answer this question and all like it. */
  readonly mayTrust: boolean;
  /** A rule has come meanwhile that makes the question needless. */
  readonly isCovered: () => boolean;
  /** To be awaited before the next question is shown, which the rule may cover. */
  readonly remember: (answer: ApprovalAnswer) => Promise<void>;
}

/** Puts a request to a person. Rejects with the signal's reason when the signal fires while the person thinks. */
export type AskPerson = (approval: ApprovalCase, signal: AbortSignal) => Promise<ApprovalAnswer>;

/** Which servers the person believes in what they say of their tools: by definition, kept where no repository can write. */
export interface TrustedServers {
  has(definition: string): boolean;
  add(server: string, definition: string): Promise<void>;
}

export interface AskingGateOptions {
  readonly ask: AskPerson;
  readonly store: ApprovalRuleStore;
  /** Absent: no server is. */
  readonly trusted?: TrustedServers;
  /** Asked before every call: settings change while tasks run. Absent: `ask`. */
  readonly readPolicy?: () => ApprovalPolicy;
  /** The entry of the settings that forbids a tool; undefined: none. Absent: nothing is forbidden. */
  readonly deniedBy?: (server: string, tool: string) => string | undefined;
  /** The fingerprint of a server's definition; undefined where no file defines a server of this name. */
  readonly definitionOf: (server: string) => string | undefined;
}

/**
 * Asks a person before every call that no rule of theirs covers. Make one for each task: it remembers what was allowed
 * for the task, and nothing of that outlives the gate. Only the read-only tools of the product itself, which belong to
 * no server of a file, are never asked for. A request with a `caution` is always asked, whatever was allowed.
 */
export function createAskingGate(options: AskingGateOptions): ApprovalGate {
  const { ask, store, trusted, definitionOf, readPolicy = () => 'ask' } = options;
  const ofTask: ApprovalRule[] = [];
  return {
    async decide(request, signal) {
      const { server, name, readOnly } = request.tool;
      const entry = options.deniedBy?.(server, name);
      if (entry !== undefined) return { kind: 'denied', reason: deniedReason(entry) };
      const definition = definitionOf(server) ?? null;
      if (definition === null && readOnly) return { kind: 'allowed' };
      const isTrusted = (): boolean => definition !== null && trusted?.has(definition) === true;
      const identity = (): ToolIdentity => ({ server, definition, tool: name, readOnly: readOnly && isTrusted() });
      const isFree = (): boolean => {
        if (request.caution !== undefined) return false;
        return runsUnasked(identity(), { policy: readPolicy(), rules: [...ofTask, ...store.rules] });
      };
      if (isFree()) return { kind: 'allowed' };
      const remember = async (answer: ApprovalAnswer): Promise<void> => {
        if (answer.kind === 'trust' && definition !== null) await trusted?.add(server, definition);
        if (answer.kind !== 'rule') return;
        const rule = ruleFor(answer.covers, identity());
        if (answer.scope === 'task') ofTask.push(rule);
        else await store.add(rule, answer.scope);
      };
      const policy = readPolicy();
      const mayRemember = request.caution === undefined && policy !== 'ask-always';
      const mayTrust = mayRemember && policy === 'allow-reads-of-trusted' && readOnly && !isTrusted();
      const about = { isTrusted: isTrusted(), mayRemember, mayTrust: mayTrust && definition !== null };
      return toDecision(await ask({ request, ...about, isCovered: isFree, remember }, signal));
    },
  };
}

/** For the model and for the person. */
export function deniedReason(entry: string): string {
  return `The person's settings forbid it (lmstudioBridge.approvals.deny: "${entry}").`;
}

function toDecision(answer: ApprovalAnswer): ApprovalDecision {
  switch (answer.kind) {
    case 'once':
      return { kind: 'approved', reason: l10n.t('Approved once.') };
    case 'rule':
      return { kind: 'approved', reason: ruleText(answer) };
    case 'trust':
      return { kind: 'approved', reason: l10n.t('Approved, and its server is trusted from now on.') };
    case 'covered':
      return { kind: 'allowed' };
    case 'deny':
      return { kind: 'denied', reason: answer.reason };
  }
}

/** For people: the model is told only what was refused. */
function ruleText({ covers, scope }: Extract<ApprovalAnswer, { kind: 'rule' }>): string {
  const texts = {
    tool: {
      task: l10n.t('Approved for this task.'),
      workspace: l10n.t('Approved always in this workspace.'),
      always: l10n.t('Approved always in every workspace.'),
    },
    server: {
      task: l10n.t('Approved with all tools of its server, for this task.'),
      workspace: l10n.t('Approved with all tools of its server, always in this workspace.'),
      always: l10n.t('Approved with all tools of its server, always in every workspace.'),
    },
    'read-only': {
      task: l10n.t('Approved with all read-only tools of its server, for this task.'),
      workspace: l10n.t('Approved with all read-only tools of its server, always in this workspace.'),
      always: l10n.t('Approved with all read-only tools of its server, always in every workspace.'),
    },
  };
  return texts[covers][scope];
}
