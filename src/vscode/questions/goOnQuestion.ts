import type { RunControl } from '../../agent/types';
import type { Dialogs } from '../dialogs';
import type { QuestionDesk } from './questionDesk';
import { moreWords } from './questionWords';

export const GO_ON_BUTTONS = { stop: 'Stop', goOn: 'Go on' } as const;

/** Asks whether a task with this label that goes round in circles may go on. Closing the question means no. */
export function createGoOnQuestion(task: string, desk: QuestionDesk, dialogs: Dialogs): RunControl['mayGoOn'] {
  const message = `The task "${task}" goes round in circles. Let it go on?`;
  return (problem, signal) =>
    desk.put(
      {
        task,
        notice: message,
        unanswered: () => false,
        show: async (more, ending) => {
          const question = {
            message,
            detail: [problem, 'If you stop it, it answers with what it has.', ...moreWords(more)].join('\n\n'),
            buttons: [GO_ON_BUTTONS.stop, GO_ON_BUTTONS.goOn],
            closing: GO_ON_BUTTONS.stop,
          };
          return (await dialogs.ask(question, ending)) === GO_ON_BUTTONS.goOn;
        },
      },
      signal,
    );
}
