import * as l10n from '@vscode/l10n';
import type { RunControl } from '../../agent/types';
import type { Dialogs } from '../dialogs';
import type { AskingTask } from './approvals';
import type { QuestionDesk } from './questionDesk';
import { moreWords } from './questionWords';

export const GO_ON_BUTTONS = { stop: l10n.t('Stop'), goOn: l10n.t('Go on') } as const;

/** Asks whether a task that goes round in circles may go on. Closing the question means no. */
export function createGoOnQuestion(
  { id, label }: AskingTask,
  desk: QuestionDesk,
  dialogs: Dialogs,
): RunControl['mayGoOn'] {
  const message = l10n.t('The task "{0}" goes round in circles. Let it go on?', label);
  return (problem, signal) =>
    desk.put(
      {
        tasks: () => [id],
        notice: message,
        unanswered: () => false,
        show: async (more, ending) => {
          const question = {
            message,
            detail: [problem, l10n.t('If you stop it, it answers with what it has.'), ...moreWords(more)].join('\n\n'),
            buttons: [GO_ON_BUTTONS.stop, GO_ON_BUTTONS.goOn],
            closing: GO_ON_BUTTONS.stop,
          };
          return (await dialogs.ask(question, ending)) === GO_ON_BUTTONS.goOn;
        },
      },
      signal,
    );
}
