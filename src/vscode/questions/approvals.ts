import { basename } from 'node:path';
import * as l10n from '@vscode/l10n';
import { throwIfAborted } from '../../base/abort';
import { visibleText } from '../../base/visibleText';
import type { ApprovalAnswer, AskPerson } from '../../policy/gates';
import {
  APPROVAL_BUTTONS,
  approvalChoices,
  type ApprovalMatter,
  approvalTitle,
  buttonsFor,
  describeRequest,
} from './approvalText';
import { argumentText } from './argumentText';
import type { Dialogs } from '../dialogs';
import { shortText } from '../shortText';
import { type FileProposal, readProposal } from './fileProposal';
import { LATER, type QuestionDesk } from './questionDesk';
import { aside, beside } from './questionWords';

/** Beyond this a dialog cannot be read any more, and the whole text opens as a document instead. */
const MAX_ARGUMENT_CHARS = 3000;
/** What a person writes to the model with a no. */
const MAX_WORDS = 1000;

export interface ApprovalNeeds {
  readonly dialogs: Dialogs;
  readonly desk: QuestionDesk;
  /** Shows a text that is too long for a dialog. */
  readonly showDocument: (name: string, text: string) => Promise<void>;
  readonly showDifference: (title: string, before: string, after: string, name: string) => Promise<void>;
  /** Absolute paths: what a call would make of a file is shown only for files in them. */
  readonly folders: () => readonly string[];
}

const NO: ApprovalAnswer = { kind: 'deny', reason: 'The person said no.' };

/** A task of this window that asks. */
export interface AskingTask {
  readonly id: number;
  readonly label: string;
}

/**
 * Asks before a tool call, with everything in view that the decision is about. Closing the dialog means no; closing the list
 * beside it decides nothing, because any other list takes its place.
 */
export function createApprovalQuestion({ id, label: task }: AskingTask, needs: ApprovalNeeds): AskPerson {
  return ({ isCovered, remember, ...matter }, signal) =>
    needs.desk.put<ApprovalAnswer>(
      {
        tasks: () => [id],
        notice: l10n.t('The task "{0}" waits for you. {1}', task, approvalTitle(matter.request)),
        settled: () => (isCovered() ? { kind: 'covered' } : undefined),
        unanswered: (why) => ({ kind: 'deny', reason: why }),
        show: async (more, ending) => {
          const answer = await askInDialog(matter, task, more, needs, ending);
          if (answer !== LATER) await remember(answer);
          return answer;
        },
      },
      signal,
    );
}

async function askInDialog(
  matter: ApprovalMatter,
  task: string,
  more: number,
  needs: ApprovalNeeds,
  signal: AbortSignal,
): Promise<ApprovalAnswer | typeof LATER> {
  const { request } = matter;
  const args = argumentText(request.arguments);
  const proposal = await readProposal(request, needs.folders());
  throwIfAborted(signal);
  const isCut = args.length > MAX_ARGUMENT_CHARS;
  const question = {
    message: approvalTitle(request),
    detail: describeRequest(matter, isCut ? cut(args) : args, task, more),
    buttons: buttonsFor(matter, { hasDifference: proposal !== undefined, isCut }),
    closing: APPROVAL_BUTTONS.deny,
  };
  const button = await needs.dialogs.ask(question, signal);
  const chosen = approvalChoices(matter).find(({ label }) => label === button)?.answer;
  if (chosen && chosen !== 'ask-why') return chosen;
  const isDifference = button === APPROVAL_BUTTONS.difference && proposal !== undefined;
  const isAll = button === APPROVAL_BUTTONS.all;
  if (isDifference) await showProposal(proposal, needs);
  else if (isAll) await needs.showDocument(l10n.t('{0} arguments.txt', shortText(request.tool.name, 60)), args);
  throwIfAborted(signal);
  return askForMore(matter, isDifference || isAll, needs.dialogs, signal);
}

async function showProposal({ path, before, after }: FileProposal, needs: ApprovalNeeds): Promise<void> {
  const name = basename(path);
  await needs.showDifference(l10n.t('{0}: now ↔ proposed', path), visibleText(before), visibleText(after), name);
}

/** Not modal, because a modal dialog would cover the document and keep the person from scrolling it. */
async function askForMore(
  matter: ApprovalMatter,
  isReading: boolean,
  dialogs: Dialogs,
  signal: AbortSignal,
): Promise<ApprovalAnswer | typeof LATER> {
  const options = { title: approvalTitle(matter.request), placeholder: isReading ? beside() : aside() };
  const chosen = await dialogs.pickOne(approvalChoices(matter), options, signal);
  if (!chosen) return LATER;
  if (chosen.answer !== 'ask-why') return chosen.answer;
  const question = {
    title: APPROVAL_BUTTONS.why,
    prompt: l10n.t('What should the model know, or do instead?'),
    placeholder: l10n.t('For example: do not touch the notes, write into drafts/'),
  };
  const said = (await dialogs.input(question, signal))?.trim().slice(0, MAX_WORDS);
  return said ? { kind: 'deny', reason: `The person said no, and why: ${said}` } : NO;
}

function cut(args: string): string {
  const left = args.length - MAX_ARGUMENT_CHARS;
  return l10n.t('{0}…\n({1} more characters)', args.slice(0, MAX_ARGUMENT_CHARS), left);
}
