/** Why a load failed, in words that help: whose load, and how much memory it would have taken. */
import * as l10n from '@vscode/l10n';
import { type BridgeError, InsufficientMemoryError, LLMClientError, ModelValidationError } from '../../base/errors';
import type { JsonValue } from '../../base/json';
import { decimalText } from '../../base/numberText';
import { isJsonObject } from '../../base/json';
import type { Model } from './model';

/** A load that failed, as an error that names the model and, where memory is the reason, the gigabytes. */
export function loadFailure(error: BridgeError, model: Model): BridgeError {
  const details = { hint: error.hint, cause: error };
  if (error instanceof InsufficientMemoryError) {
    const needs = memoryWords(error.requiredGigabytes, model.sizeBytes);
    const message = l10n.t(
      'LM Studio refused to load {0}: {1}, and the system has too little memory free.',
      model.displayName,
      needs,
    );
    return new InsufficientMemoryError(message, error.requiredGigabytes, details);
  }
  if (error.code === 'model-load-failed') {
    const message = l10n.t('LM Studio could not load {0}. {1}', model.displayName, error.message);
    return new ModelValidationError('model-load-failed', message, details);
  }
  return error;
}

function memoryWords(requiredGigabytes: number | null, sizeBytes: number | null): string {
  if (requiredGigabytes !== null) return l10n.t('it needs about {0} GB of memory as asked for', requiredGigabytes);
  // The refusal of a just-in-time load names no number (reference 3.3, E5); the file is the least that it takes.
  if (sizeBytes) return l10n.t('its file alone has {0} GB', decimalText(sizeBytes / 1e9, 1));
  return l10n.t('LM Studio does not say how much memory it needs');
}

/** The error of a load whose options this LM Studio does not know, or undefined (reference 2.3). */
export function unknownOptions(body: JsonValue): BridgeError | undefined {
  const error = isJsonObject(body) ? body['error'] : undefined;
  if (!isJsonObject(error) || error['code'] !== 'unrecognized_keys') return undefined;
  const said = typeof error['message'] === 'string' ? error['message'] : '';
  const names = [...said.matchAll(/['"]([\w.]+)['"]/g)].map(([, name]) => name);
  const which = names.length > 0 ? l10n.t('the load option {0}', names.join(', ')) : l10n.t('one of the load options');
  return new LLMClientError('bad-response', l10n.t('This LM Studio does not know {0}; nothing was loaded.', which), {
    hint: l10n.t('Load the model without it, or update LM Studio.'),
  });
}
