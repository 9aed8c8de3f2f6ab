import type { ApprovalRequest } from '../agent/types';
import { raceAbort, throwIfAborted } from '../base/abort';
import { visibleText } from '../base/visibleText';
import type { ApprovalAnswer, AskPerson } from '../policy/gates';
import { APPROVAL_BUTTONS, approvalChoices, approvalTitle, buttonsFor, describeRequest } from './approvalText';
import type { Dialogs } from './dialogs';
import type { QuestionDesk } from './questionDesk';

/** Beyond this a dialog cannot be read any more, and the whole text opens as a document instead. */
const MAX_ARGUMENT_CHARS = 3000;
/** What a person writes to the model with a no. */
const MAX_WORDS = 1000;

export interface ApprovalNeeds {
  readonly dialogs: Dialogs;
  readonly desk: QuestionDesk;
  /** Shows a text that is too long for a dialog. */
  readonly showDocument: (name: string, text: string) => Promise<void>;
}

const NO: ApprovalAnswer = { kind: 'deny', reason: 'The person said no.' };

/** Asks before a tool call, with everything in view that the decision is about. Closing the question means no. */
export function createApprovalQuestion(task: string, needs: ApprovalNeeds): AskPerson {
  return ({ request, isCovered, remember }, signal) =>
    needs.desk.put<ApprovalAnswer>(
      {
        notice: `The task "${task}" waits for you. ${approvalTitle(request)}`,
        settled: () => (isCovered() ? { kind: 'covered' } : undefined),
        unanswered: (why) => ({ kind: 'deny', reason: why }),
        show: async (more, ending) => {
          const answer = await askInDialog(request, task, more, needs, ending);
          await remember(answer);
          return answer;
        },
      },
      signal,
    );
}

async function askInDialog(
  request: ApprovalRequest,
  task: string,
  more: number,
  needs: ApprovalNeeds,
  signal: AbortSignal,
): Promise<ApprovalAnswer> {
  const args = visibleText(JSON.stringify(request.arguments, null, 2));
  const isCut = args.length > MAX_ARGUMENT_CHARS;
  const question = {
    message: approvalTitle(request),
    detail: describeRequest(request, isCut ? cut(args) : args, task, more),
    buttons: buttonsFor(request, isCut),
    closing: APPROVAL_BUTTONS.deny,
  };
  const button = await needs.dialogs.ask(question, signal);
  const chosen = approvalChoices(request).find(({ label }) => label === button)?.answer;
  if (chosen && chosen !== 'ask-why') return chosen;
  if (button === APPROVAL_BUTTONS.all) await needs.showDocument(`${request.tool.name} arguments.json`, args);
  throwIfAborted(signal);
  return askForMore(request, needs.dialogs, signal);
}

/** Not modal, because a modal dialog would cover the document and keep the person from scrolling it. */
async function askForMore(request: ApprovalRequest, dialogs: Dialogs, signal: AbortSignal): Promise<ApprovalAnswer> {
  const options = { title: approvalTitle(request), placeholder: 'Closing this means no' };
  const chosen = await dialogs.pickOne(approvalChoices(request), options, signal);
  if (chosen?.answer !== 'ask-why') return chosen?.answer ?? NO;
  const asking = dialogs.input({
    title: APPROVAL_BUTTONS.why,
    prompt: 'What should the model know, or do instead?',
    placeholder: 'For example: do not touch the notes, write into drafts/',
  });
  const said = (await raceAbort(asking, signal))?.trim().slice(0, MAX_WORDS);
  return said ? { kind: 'deny', reason: `The person said no, and why: ${said}` } : NO;
}

function cut(args: string): string {
  return `${args.slice(0, MAX_ARGUMENT_CHARS)}…\n(${args.length - MAX_ARGUMENT_CHARS} more characters)`;
}
