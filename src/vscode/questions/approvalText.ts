/** The question before a tool call in words. What models and servers write is shown as plain text. Pure. */
import * as l10n from '@vscode/l10n';
import type { ApprovalRequest } from '../../agent/types';
import { visibleText } from '../../base/visibleText';
import type { ApprovalRule, RuleScope } from '../../policy/approvalRules';
import type { ApprovalAnswer, ApprovalCase } from '../../policy/gates';
import type { Choice } from '../dialogs';
import { withoutIcons } from '../markup';
import { moreWords } from './questionWords';
import { shortText } from '../shortText';

const MAX_DESCRIPTION_CHARS = 300;
const MAX_REASON_CHARS = 500;

export const APPROVAL_BUTTONS = {
  once: l10n.t('Allow once'),
  task: l10n.t('Allow for this task'),
  workspace: l10n.t('Allow in this workspace'),
  always: l10n.t('Always allow'),
  readsTask: l10n.t('Allow reads for this task'),
  readsWorkspace: l10n.t('Allow reads in this workspace'),
  serverTask: l10n.t('Allow the whole server for this task'),
  serverWorkspace: l10n.t('Allow the whole server in this workspace'),
  trust: l10n.t('Trust the server and allow its reads'),
  more: l10n.t('More…'),
  all: l10n.t('Show all…'),
  difference: l10n.t('Show difference…'),
  deny: l10n.t('Deny'),
  why: l10n.t('Deny and say why…'),
} as const;

export interface ApprovalChoice extends Choice {
  readonly answer: ApprovalAnswer | 'ask-why';
}

/** What the question is about, without how it is answered. */
export type ApprovalMatter = Pick<ApprovalCase, 'request' | 'isTrusted' | 'mayRemember' | 'mayTrust'>;

export function approvalTitle({ tool }: ApprovalRequest): string {
  const server = shortText(tool.server, 100);
  const name = shortText(tool.name, 100);
  return tool.ofHost
    ? l10n.t('Allow the tool "{0}" of {1}?', name, server)
    : l10n.t('Allow the tool "{0}" of MCP server "{1}"?', name, server);
}

/** What is to be seen before an answer. */
export interface Looks {
  /** A file is as it would be. */
  readonly hasDifference: boolean;
  /** The arguments are longer than the dialog. */
  readonly isCut: boolean;
}

/**
 * The common answers. The first button is what Enter chooses, so it only looks: a question that comes up while somebody
 * types allows nothing. Each look leads to all answers.
 */
export function buttonsFor({ request, isTrusted, mayRemember }: ApprovalMatter, looks: Looks): readonly string[] {
  const { difference, all, more, once, task, workspace, readsTask, readsWorkspace, deny } = APPROVAL_BUTTONS;
  const isRead = request.tool.readOnly && isTrusted;
  const rules = isRead ? [readsTask, readsWorkspace] : [task, workspace];
  const look = [...(looks.hasDifference ? [difference] : []), looks.isCut ? all : more];
  return [...look, once, ...(mayRemember ? rules : []), deny];
}

/** Every answer there is, a no first; the labels of the buttons among them. */
export function approvalChoices({
  request,
  isTrusted,
  mayRemember,
  mayTrust,
}: ApprovalMatter): readonly ApprovalChoice[] {
  const { tool } = request;
  const buttons = APPROVAL_BUTTONS;
  const server = withoutIcons(shortText(tool.server, 100));
  const onlyTool = l10n.t('Only {0} of {1}', withoutIcons(shortText(tool.name, 100)), server);
  const whole = l10n.t('Every tool of {0}, whatever it does', server);
  const reads = l10n.t('All tools that {0} marks as read-only', server);
  const choice = (label: string, description: string, covers: ApprovalRule['kind'], scope: RuleScope) => ({
    ...{ label, description: `${description}${WHERE[scope]}` },
    answer: { kind: 'rule', covers, scope } as const,
  });
  const rules: readonly ApprovalChoice[] = [
    choice(buttons.task, onlyTool, 'tool', 'task'),
    choice(buttons.workspace, onlyTool, 'tool', 'workspace'),
    choice(buttons.always, onlyTool, 'tool', 'always'),
    ...(tool.readOnly && isTrusted
      ? [
          choice(buttons.readsTask, reads, 'read-only', 'task'),
          choice(buttons.readsWorkspace, reads, 'read-only', 'workspace'),
        ]
      : []),
    choice(buttons.serverTask, whole, 'server', 'task'),
    choice(buttons.serverWorkspace, whole, 'server', 'workspace'),
  ];
  const trust = { label: buttons.trust, description: l10n.t('{0}; what it says of its tools counts then', reads) };
  return [
    { label: buttons.deny, answer: { kind: 'deny', reason: 'The person said no.' } },
    { label: buttons.why, description: l10n.t('The model is told what you write'), answer: 'ask-why' },
    { label: buttons.once, answer: { kind: 'once' } },
    ...(mayRemember ? rules : []),
    ...(mayTrust ? [{ ...trust, answer: { kind: 'trust' } as const }] : []),
  ];
}

const WHERE = { task: '', workspace: l10n.t(', in this workspace'), always: l10n.t(', in every workspace') } as const;

/** All that the decision is about; `more` other questions wait. */
export function describeRequest(matter: ApprovalMatter, args: string, task: string, more: number): string {
  const { tool, reason, caution } = matter.request;
  const description = shortText(tool.definition.description, MAX_DESCRIPTION_CHARS);
  const said = visibleText(reason).trim();
  return [
    ...(caution === undefined
      ? []
      : [`⚠ ${visibleText(caution)}`, l10n.t('What you allowed before does not cover this.')]),
    claimsOf(matter),
    l10n.t('Task: {0}', task),
    ...(said
      ? [l10n.t('The model says: {0}', said.length > MAX_REASON_CHARS ? `…${said.slice(-MAX_REASON_CHARS)}` : said)]
      : []),
    ...(description
      ? [l10n.t('{0} says of the tool: {1}', tool.ofHost ? tool.server : l10n.t('The server'), description)]
      : []),
    l10n.t('Arguments:\n{0}', args),
    ...moreWords(more),
  ].join('\n\n');
}

/** What its server says of the tool, and what that is worth. A claim that warns counts from anybody. */
function claimsOf({ request, isTrusted }: ApprovalMatter): string {
  const { readOnly, destructive, ofHost } = request.tool;
  if (ofHost) return l10n.t('It may change something: VS Code does not say which of its tools only read.');
  if (readOnly && isTrusted) return l10n.t('Its server, which you trust, marks it as read-only.');
  if (readOnly) {
    return l10n.t('Its server marks it as read-only. That is only its word: it counts when you trust the server.');
  }
  if (destructive === true) return l10n.t('⚠ It can delete or overwrite: its server marks it as destructive.');
  if (destructive === false && isTrusted) {
    return l10n.t('It changes something, but deletes and overwrites nothing, says its server, which you trust.');
  }
  return l10n.t('It may change something, delete or overwrite: its server does not mark it as read-only.');
}
