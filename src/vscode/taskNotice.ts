import type { Dialogs } from './dialogs';
import { helpFor, offer, sentence } from './failures';
import { formatElapsed } from './modelText';
import type { TaskResult } from './tasks';
import { shortText } from './shortText';

/** The last word on a task: a short answer, or what went wrong and one thing to do about it. */
export function announceEnd({ end, error }: TaskResult, dialogs: Dialogs): void {
  const help = helpFor(end.status === 'completed' ? null : end.code);
  const effort = `${end.rounds} ${end.rounds === 1 ? 'round' : 'rounds'}, ${formatElapsed(end.durationMs)}`;
  switch (end.status) {
    case 'completed':
      offer(
        dialogs,
        'info',
        `Task done (${effort}): ${shortText(end.text, 240) || 'the model gave no answer text.'}`,
        help,
      );
      break;
    case 'cancelled':
      offer(dialogs, 'info', `Task cancelled (${effort}).`, help);
      break;
    case 'limit':
      offer(dialogs, 'warning', reason({ end, error }), help);
      break;
    case 'failed':
      offer(dialogs, 'error', reason({ end, error }), help);
      break;
  }
}

function reason({ end, error }: TaskResult): string {
  return error ? sentence(error.message, error.hint) : `The task ended without an answer (${end.code ?? end.status}).`;
}
