import type { ChatEvent } from '../../agent/types';

/** Tells who answers: gives one warning, however many answers come from another model (reference 3.3, E2). */
export function warnOnSubstitute(
  model: string,
  isExpected: (answeredModel: string) => boolean,
): (answered: string) => ChatEvent | undefined {
  let hasWarned = false;
  return (answered) => {
    if (hasWarned || isExpected(answered)) return undefined;
    hasWarned = true;
    return {
      type: 'warning',
      code: 'model-substituted',
      message: `The server answered with "${answered}" although "${model}" was asked for.`,
    };
  };
}
