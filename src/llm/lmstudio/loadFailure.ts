/** Why a load failed, in words that help: whose load, and how much memory it would have taken. */
import { type BridgeError, InsufficientMemoryError, LLMClientError, ModelValidationError } from '../../base/errors';
import type { JsonValue } from '../../base/json';
import { isJsonObject } from '../../base/json';
import type { Model } from './model';

/** A load that failed, as an error that names the model and, where memory is the reason, the gigabytes. */
export function loadFailure(error: BridgeError, model: Model): BridgeError {
  const details = { hint: error.hint, cause: error };
  if (error instanceof InsufficientMemoryError) {
    const needs = memoryWords(error.requiredGigabytes, model.sizeBytes);
    const message = `LM Studio refused to load ${model.displayName}: ${needs}, and the system has too little memory free.`;
    return new InsufficientMemoryError(message, error.requiredGigabytes, details);
  }
  if (error.code === 'model-load-failed') {
    const message = `LM Studio could not load ${model.displayName}. ${error.message}`;
    return new ModelValidationError('model-load-failed', message, details);
  }
  return error;
}

function memoryWords(requiredGigabytes: number | null, sizeBytes: number | null): string {
  if (requiredGigabytes !== null) return `it needs about ${requiredGigabytes} GB of memory as asked for`;
  // The refusal of a just-in-time load names no number (reference 3.3, E5); the file is the least that it takes.
  if (sizeBytes) return `its file alone has ${(sizeBytes / 1e9).toFixed(1)} GB`;
  return 'LM Studio does not say how much memory it needs';
}

/** The error of a load whose options this LM Studio does not know, or undefined (reference 2.3). */
export function unknownOptions(body: JsonValue): BridgeError | undefined {
  const error = isJsonObject(body) ? body['error'] : undefined;
  if (!isJsonObject(error) || error['code'] !== 'unrecognized_keys') return undefined;
  const said = typeof error['message'] === 'string' ? error['message'] : '';
  const names = [...said.matchAll(/['"]([\w.]+)['"]/g)].map(([, name]) => name);
  const which = names.length > 0 ? `the load option ${names.join(', ')}` : 'one of the load options';
  return new LLMClientError('bad-response', `This LM Studio does not know ${which}; nothing was loaded.`, {
    hint: 'Load the model without it, or update LM Studio.',
  });
}
