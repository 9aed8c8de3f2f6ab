import * as l10n from '@vscode/l10n';
import type * as vscode from 'vscode';
import { BridgeError } from '../base/errors';

/** The reason with which a person's "cancel" travels through the house. */
export function cancelledByPerson(message = l10n.t('Cancelled.')): BridgeError {
  return new BridgeError('cancelled', message);
}

/** The editor's cancellation as the house's: the signal fires when the token does. */
export function toSignal(token: vscode.CancellationToken): AbortSignal {
  const controller = new AbortController();
  const abort = (): void => {
    controller.abort(cancelledByPerson());
  };
  if (token.isCancellationRequested) abort();
  // The token's source ends with the operation and takes the listener with it.
  else token.onCancellationRequested(abort);
  return controller.signal;
}
