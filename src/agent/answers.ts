/** What becomes of an answer without calls: it stands, or the model is asked once more because it said nothing. */
import * as l10n from '@vscode/l10n';
import type { Turn } from './turn';
import type { AgentEvent } from './types';

/** What is wrong with an answer; undefined: nothing. */
export type AnswerFlaw = 'empty-answer' | 'reasoning-only-answer' | 'answer-truncated';

/** For people. */
function messageOf(flaw: AnswerFlaw): string {
  switch (flaw) {
    case 'empty-answer':
      return l10n.t('The model ended without an answer.');
    case 'reasoning-only-answer':
      return l10n.t('The model only reasoned and gave no answer; its reasoning stands above.');
    case 'answer-truncated':
      return l10n.t('The answer was cut off: the model reached its length limit.');
  }
}

/** For the model. */
const NUDGES: Readonly<Record<AnswerFlaw, string | undefined>> = {
  'empty-answer': 'Your answer was empty. Call a tool to go on with the task, or give your final answer now.',
  'reasoning-only-answer':
    'You have thought about it, but said nothing. Without thinking any longer, call a tool, or give your final answer now.',
  // What there is of it has been read already, and a second try would be cut off at the same place.
  'answer-truncated': undefined,
};

export function flawsOf(turn: Turn): readonly AnswerFlaw[] {
  const isEmpty = turn.text.trim() === '';
  return [
    ...(turn.reason === 'length' ? (['answer-truncated'] as const) : []),
    ...(isEmpty ? [turn.reasoning.trim() === '' ? ('empty-answer' as const) : ('reasoning-only-answer' as const)] : []),
  ];
}

export function warnAbout(flaws: readonly AnswerFlaw[], emit: (event: AgentEvent) => void): void {
  for (const code of flaws) emit({ type: 'warning', code, message: messageOf(code) });
}

/** What to say to a model that answered so; undefined: nothing. */
export function nudgeFor(flaws: readonly AnswerFlaw[]): string | undefined {
  return flaws.map((flaw) => NUDGES[flaw]).find((nudge) => nudge !== undefined);
}

export function isNudge(text: string): boolean {
  return Object.values(NUDGES).includes(text);
}
