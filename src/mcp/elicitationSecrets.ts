/**
 * Forms must not ask for secrets (MCP 2025-11-25, elicitation: such things go through mode "url"). A server can call a
 * password by any name, so this catches the honest and the careless ones; the person sees every question as well.
 */
import { isJsonObject } from '../base/json';
import type { ElicitationField } from './clientHost';

/** In words of lower case, as `wordsOf` writes them. The words of a token or a key can be ordinary ones by themselves. */
const SECRET =
  /\b(passwords?|passwd|pwd|passphrases?|passcodes?|pass ?(word|phrase|code)|secrets?|credentials?|api ?keys?|(access|private|secret|auth|encryption|signing|ssh|license|recovery|session) ?keys?|tokens?|bearer|pat|jwt|otp|totp|2 ?fa|mfa|one time (code|password)|(verification|security|recovery|auth(entication)?|backup) codes?|pin|pin (code|number)|cvv|cvc|cvv2|(credit |debit )?card numbers?|ssn|social security( number)?|seed phrase|mnemonic|iban|bank account( number)?)\b/;
/** Numbers that are secrets; a number of tokens is none. */
const SECRET_NUMBER = /\b(pin|passcode|otp|totp|cvv|cvc|cvv2|(credit |debit )?card numbers?|ssn|security code)\b/;
const SECRET_FORMATS = new Set(['password', 'secret', 'token']);

/** `property` is the schema as the server wrote it. */
export function asksForSecret({ name, title, type }: ElicitationField, property: unknown): boolean {
  const format = isJsonObject(property) ? property['format'] : undefined;
  if (typeof format === 'string' && SECRET_FORMATS.has(format.toLowerCase())) return true;
  if (isJsonObject(property) && property['writeOnly'] === true) return true;
  if (type.kind !== 'text' && type.kind !== 'number') return false;
  const pattern = type.kind === 'text' ? SECRET : SECRET_NUMBER;
  return [name, title].some((text) => pattern.test(wordsOf(text)));
}

/** `apiKey`, `API-Key` and `api_key` as "api key". */
function wordsOf(text: string): string {
  return text
    .normalize('NFKC')
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .toLowerCase();
}
