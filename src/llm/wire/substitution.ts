import * as l10n from '@vscode/l10n';
import type { ChatEvent } from '../../agent/types';
import { ModelNotFoundError } from '../../base/errors';

const HINT = l10n.t(
  'Load the model that was asked for, or allow another one to answer (--on-substitution warn, or the setting lmstudioBridge.onModelSubstitution).',
);

/**
 * Is told who answers (reference 3.3, E2): another model than `model` is one warning, however many answers it gives, or,
 * where it is not accepted, a `ModelNotFoundError` each time.
 */
export function createAnswererCheck(
  model: string,
  isExpected: (answeredModel: string) => boolean,
  isAccepted: boolean,
): (answered: string) => ChatEvent | undefined {
  let hasWarned = false;
  return (answered) => {
    if (isExpected(answered)) return undefined;
    const message = l10n.t('The server answered with "{0}" although "{1}" was asked for.', answered, model);
    if (!isAccepted) throw new ModelNotFoundError(model, [answered], { message, hint: HINT });
    if (hasWarned) return undefined;
    hasWarned = true;
    return { type: 'warning', code: 'model-substituted', message };
  };
}
