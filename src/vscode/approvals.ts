import type { ApprovalRequest } from '../agent/types';
import { throwIfAborted } from '../base/abort';
import type { ApprovalAnswer, AskPerson } from '../policy/gates';
import type { Dialogs } from './dialogs';
import { visibleText } from '../base/visibleText';

/** Beyond this a dialog cannot be read any more, and the whole text opens as a document instead. */
const MAX_ARGUMENT_CHARS = 3000;
const MAX_DESCRIPTION_CHARS = 300;

export const APPROVAL_BUTTONS = {
  once: 'Allow once',
  task: 'Allow for this task',
  all: 'Show all',
  deny: 'Deny',
} as const;

export interface ApprovalNeeds {
  readonly dialogs: Dialogs;
  /** Shows a text that is too long for a dialog. */
  readonly showDocument: (name: string, text: string) => Promise<void>;
}

/** Asks before a tool call, with everything in view that the decision is about. Closing the question means no. */
export function createApprovalQuestion(task: string, { dialogs, showDocument }: ApprovalNeeds): AskPerson {
  return async (request, signal) => {
    const { tool } = request;
    const args = visibleText(JSON.stringify(request.arguments, null, 2));
    const isCut = args.length > MAX_ARGUMENT_CHARS;
    const { once, task: forTask, all, deny } = APPROVAL_BUTTONS;
    const question = {
      message: `Allow the tool "${visibleText(tool.name)}" of MCP server "${visibleText(tool.server)}"?`,
      detail: describe(request, isCut ? cut(args) : args, task),
      buttons: isCut ? [all, once, forTask, deny] : [once, forTask, deny],
      closing: deny,
    };
    const answer = await dialogs.ask(question, signal);
    if (answer !== all) return toAnswer(answer);
    await showDocument(`${tool.name} arguments.json`, args);
    throwIfAborted(signal);
    return askBesideDocument(request, dialogs, signal);
  };
}

/** Not modal, because a modal dialog would cover the document and keep the person from scrolling it. */
async function askBesideDocument(
  { tool }: ApprovalRequest,
  dialogs: Dialogs,
  signal: AbortSignal,
): Promise<ApprovalAnswer> {
  const choices = [APPROVAL_BUTTONS.once, APPROVAL_BUTTONS.task, APPROVAL_BUTTONS.deny].map((label) => ({ label }));
  const options = {
    title: `Allow the tool "${visibleText(tool.name)}" of MCP server "${visibleText(tool.server)}"?`,
    placeholder: 'The arguments stand in the editor. Closing this means no.',
  };
  const chosen = await dialogs.pickOne(choices, options, signal);
  return toAnswer(chosen?.label);
}

function toAnswer(label: string | undefined): ApprovalAnswer {
  if (label === APPROVAL_BUTTONS.once) return 'once';
  return label === APPROVAL_BUTTONS.task ? 'task' : 'deny';
}

function describe({ tool }: ApprovalRequest, args: string, task: string): string {
  const description = visibleText(tool.definition.description).slice(0, MAX_DESCRIPTION_CHARS);
  return [
    'Its server does not mark it as read-only: it may change something.',
    ...(description ? [`What its server says of it: ${description}`] : []),
    `Task: ${task}`,
    `Arguments:\n${args}`,
  ].join('\n\n');
}

function cut(args: string): string {
  return `${args.slice(0, MAX_ARGUMENT_CHARS)}…\n(${args.length - MAX_ARGUMENT_CHARS} more characters)`;
}
