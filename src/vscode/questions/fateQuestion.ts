import * as l10n from '@vscode/l10n';
import { throwIfAborted } from '../../base/abort';
import { visibleText } from '../../base/visibleText';
import type { AskFate, CallFate } from '../../tasks/openCalls';
import type { UnknownCall } from '../../tasks/resume';
import type { Dialogs } from '../dialogs';
import { LATER, type QuestionDesk } from './questionDesk';
import { beside, moreWords } from './questionWords';

/** Beyond this a dialog cannot be read any more, and the whole text opens as a document instead. */
const MAX_ARGUMENT_CHARS = 3000;

export const FATE_BUTTONS = {
  unknown: l10n.t("I don't know"),
  done: l10n.t('It was done'),
  'not-done': l10n.t('It was not done'),
  again: l10n.t('Run it again'),
} as const satisfies Record<CallFate, string>;

const SHOW_ALL = l10n.t('Show all');

export interface FateNeeds {
  readonly dialogs: Dialogs;
  readonly desk: QuestionDesk;
  /** Shows a text that is too long for a dialog. */
  readonly showDocument: (name: string, text: string) => Promise<void>;
}

/** As `AskFate`, for the task of this number. */
export type AskFateFor = (...asked: [...Parameters<AskFate>, task: number]) => ReturnType<AskFate>;

/** Asks what became of a call that was cut off. Closing the dialog means that nobody knows, so the model has to find out. */
export function createFateQuestion(needs: FateNeeds): AskFateFor {
  return (call, signal, task) =>
    needs.desk.put<CallFate>(
      {
        notice: l10n.t('A task waits for you. {0}', titleOf(call)),
        tasks: () => [task],
        unanswered: () => 'unknown',
        show: (more, ending) => askInDialog(call, more, needs, ending),
      },
      signal,
    );
}

async function askInDialog(
  call: UnknownCall,
  more: number,
  { dialogs, showDocument }: FateNeeds,
  signal: AbortSignal,
): Promise<CallFate | typeof LATER> {
  const args = visibleText(JSON.stringify(call.arguments, null, 2));
  const isCut = args.length > MAX_ARGUMENT_CHARS;
  const buttons = choicesFor(call);
  const answer = await dialogs.ask(
    {
      message: titleOf(call),
      detail: [
        l10n.t(
          'It was running when the task was interrupted. It may have changed something, so it is not repeated by itself.',
        ),
        l10n.t('If you do not know, the model is told to find out first.'),
        l10n.t('Arguments:\n{0}', isCut ? `${args.slice(0, MAX_ARGUMENT_CHARS)}…` : args),
        ...moreWords(more),
      ].join('\n\n'),
      buttons: isCut ? [SHOW_ALL, ...buttons] : buttons,
      closing: FATE_BUTTONS.unknown,
    },
    signal,
  );
  if (answer !== SHOW_ALL) return toFate(answer);
  await showDocument(l10n.t('{0} arguments.json', call.tool), args);
  throwIfAborted(signal);
  // Not modal, so that the document can be read meanwhile.
  const options = { title: titleOf(call), placeholder: beside() };
  const choices = buttons.map((label) => ({ label }));
  const chosen = await dialogs.pickOne(choices, options, signal);
  return chosen ? toFate(chosen.label) : LATER;
}

function titleOf({ tool, server }: UnknownCall): string {
  return l10n.t('Was the call of "{0}" of MCP server "{1}" done?', visibleText(tool), visibleText(server));
}

function choicesFor({ isRedacted }: UnknownCall): readonly string[] {
  const { unknown, done, 'not-done': notDone, again } = FATE_BUTTONS;
  return isRedacted ? [unknown, done, notDone] : [unknown, done, notDone, again];
}

function toFate(label: string): CallFate {
  const { done, 'not-done': notDone, again } = FATE_BUTTONS;
  return label === done ? 'done' : label === notDone ? 'not-done' : label === again ? 'again' : 'unknown';
}
