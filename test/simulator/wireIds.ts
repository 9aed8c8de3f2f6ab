/** Random ids in the forms that LM Studio gives them. */
import { randomBytes } from 'node:crypto';

const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** Lower-case alphanumerics, as behind `chatcmpl-`, `cmpl-` and `msg_` (§3.2 REC, §3.5, §3.7). */
export function randomLetters(length: number): string {
  return pick(LETTERS, length);
}

/** As behind `resp_` (48 digits, §3.6 REC) and `job_` (10 digits, §2.5 DOC). */
export function randomHex(length: number): string {
  return pick('0123456789abcdef', length);
}

/** As behind `call_` (16 digits, §3.6 REC). */
export function randomDigits(length: number): string {
  return pick('0123456789', length);
}

function pick(alphabet: string, length: number): string {
  return [...randomBytes(length)].map((byte) => alphabet[byte % alphabet.length]).join('');
}
