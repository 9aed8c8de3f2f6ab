/**
 * LM Studio's tokens look like `sk-lm-xxxxxxxx:yyyyyyyyyyyyyyyyyyyy` and its own error texts echo the first ten
 * characters of what was sent (reference 1.7), so the patterns also catch cut and starred forms, and echoes of what is no such token.
 */
const PATTERNS: readonly [RegExp, string][] = [
  [/\bsk-[A-Za-z0-9][A-Za-z0-9_\-:*]{5,}/g, 'sk-[redacted]'],
  [/\b(bearer)\s+[A-Za-z0-9._~+/=:*-]{6,}/gi, '$1 [redacted]'],
  [/(\bAPI token provided: )\S+/gi, '$1[redacted]'],
  [/\b(gh[pousr]_|github_pat_|xox[abprs]-)[A-Za-z0-9_-]{8,}/g, '$1[redacted]'],
];

/** Shorter ones stand by chance in what a model works on, and give little away. */
const MIN_VALUE = 8;

/** Removes these very values, and nothing that only looks like one: for texts that a model works on, such as files. */
export function withoutValues(text: string, secrets: Iterable<string>): string {
  const values = [...secrets].filter((secret) => secret.length >= MIN_VALUE).sort((a, b) => b.length - a.length);
  return values.reduce((result, secret) => result.replaceAll(secret, '[redacted]'), text);
}

/** Removes what looks like a credential, and every value in `secrets`, from a text that is going to be shown or stored. */
export function redact(text: string, secrets: Iterable<string> = []): string {
  let result = text;
  // Longest first: one secret can be the beginning of another.
  for (const secret of [...secrets].sort((a, b) => b.length - a.length)) {
    if (secret.length >= 4) result = result.replaceAll(secret, '[redacted]');
  }
  for (const [pattern, replacement] of PATTERNS) result = result.replace(pattern, replacement);
  return result;
}
