/** The answer of a sign-in page, which comes as the query of an address: read the same way wherever it arrives. */
import * as l10n from '@vscode/l10n';
import { BridgeError } from '../../base/errors';
import { visibleText } from '../../base/visibleText';

export interface SignInCode {
  readonly code: string;
  readonly iss: string | undefined;
}

/** An answer to `state`: what it says, or why it is none; undefined where it is not for this sign-in. */
export function readAnswer(query: URLSearchParams, state: string): SignInCode | BridgeError | undefined {
  if (query.get('state') !== state) return undefined;
  const code = query.get('code');
  const error = query.get('error');
  if (error === null && code !== null && code !== '') return { code, iss: query.get('iss') ?? undefined };
  const words = visibleText(query.get('error_description') ?? error ?? l10n.t('it gave no code')).slice(0, 200);
  return new BridgeError('auth-required', l10n.t('the sign-in page said no: {0}.', words), {
    hint: l10n.t('Sign in again, with an account that may use the server.'),
  });
}
