import type { AgentOutcome } from './types';

/** Why a run is brought to its end before the model was done. */
export type ClosingReason = NonNullable<AgentOutcome['code']>;

const REASONS: Readonly<Record<ClosingReason, string>> = {
  'limit-rounds': 'You have used up your rounds.',
  'limit-tokens': 'You have nearly used up your tokens.',
  'loop-detected': 'You were stopped, because you did the same again and again.',
};

const REQUEST =
  'You cannot call tools any more. Answer now, in a few sentences: what you found, what you did, and what is left to do.';

/** Asks for an answer with what there is. */
export function closingRequest(reason: ClosingReason): string {
  return `${REASONS[reason]} ${REQUEST}`;
}

/** Whether a message ends with this request; what a person has said may stand before it. */
export function endsWithClosingRequest(text: string): boolean {
  return text.endsWith(REQUEST);
}
