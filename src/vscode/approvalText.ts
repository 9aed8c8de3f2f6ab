/** The question before a tool call in words. What models and servers write is shown as plain text. Pure. */
import type { ApprovalRequest } from '../agent/types';
import { visibleText } from '../base/visibleText';
import type { ApprovalAnswer } from '../policy/gates';
import type { Choice } from './dialogs';
import { withoutIcons } from './markup';
import { moreWords } from './questionWords';
import { shortText } from './shortText';

const MAX_DESCRIPTION_CHARS = 300;
const MAX_REASON_CHARS = 500;

export const APPROVAL_BUTTONS = {
  once: 'Allow once',
  task: 'Allow for this task',
  always: 'Always allow',
  readsTask: 'Allow reads for this task',
  readsAlways: 'Always allow reads',
  more: 'More…',
  all: 'Show all…',
  deny: 'Deny',
  why: 'Deny and say why…',
} as const;

export interface ApprovalChoice extends Choice {
  readonly answer: ApprovalAnswer | 'ask-why';
}

export function approvalTitle({ tool }: ApprovalRequest): string {
  const server = shortText(tool.server, 100);
  return `Allow the tool "${shortText(tool.name, 100)}" of ${tool.ofHost ? server : `MCP server "${server}"`}?`;
}

/** The common answers. Long arguments are to be seen first. */
export function buttonsFor({ tool }: ApprovalRequest, isCut: boolean): readonly string[] {
  const { once, task, always, readsTask, readsAlways, more, all, deny } = APPROVAL_BUTTONS;
  const yes = tool.readOnly ? [once, readsTask, readsAlways] : [once, task, always];
  return isCut ? [all, ...yes, deny] : [...yes, more, deny];
}

/** Every answer there is; the labels of the buttons among them. */
export function approvalChoices({ tool }: ApprovalRequest): readonly ApprovalChoice[] {
  const { once, task, always, readsTask, readsAlways, deny, why } = APPROVAL_BUTTONS;
  const server = withoutIcons(shortText(tool.server, 100));
  const onlyTool = `Only ${withoutIcons(shortText(tool.name, 100))} of ${server}`;
  const reads = `All tools that ${server} marks as read-only`;
  const rule = (covers: 'tool' | 'read-only', scope: 'task' | 'workspace') =>
    ({ kind: 'rule', covers, scope }) as const;
  const choices: readonly (ApprovalChoice | undefined)[] = [
    { label: once, answer: { kind: 'once' } },
    { label: task, description: onlyTool, answer: rule('tool', 'task') },
    { label: always, description: `${onlyTool}, in this workspace`, answer: rule('tool', 'workspace') },
    tool.readOnly ? { label: readsTask, description: reads, answer: rule('read-only', 'task') } : undefined,
    tool.readOnly
      ? { label: readsAlways, description: `${reads}, in this workspace`, answer: rule('read-only', 'workspace') }
      : undefined,
    { label: deny, answer: { kind: 'deny', reason: 'The person said no.' } },
    { label: why, description: 'The model is told what you write', answer: 'ask-why' },
  ];
  return choices.filter((choice) => choice !== undefined);
}

/** All that the decision is about; `more` other questions wait. */
export function describeRequest({ tool, reason }: ApprovalRequest, args: string, task: string, more: number): string {
  const description = shortText(tool.definition.description, MAX_DESCRIPTION_CHARS);
  const said = visibleText(reason).trim();
  return [
    tool.readOnly
      ? 'Its server marks it as read-only. If you trust this server, allow its reads: all tools that it marks so.'
      : tool.ofHost
        ? 'It may change something: VS Code does not say which of its tools only read.'
        : 'It may change something: its server does not mark it as read-only.',
    `Task: ${task}`,
    ...(said ? [`The model says: ${said.length > MAX_REASON_CHARS ? `…${said.slice(-MAX_REASON_CHARS)}` : said}`] : []),
    ...(description ? [`${tool.ofHost ? tool.server : 'The server'} says of the tool: ${description}`] : []),
    `Arguments:\n${args}`,
    ...moreWords(more),
  ].join('\n\n');
}
