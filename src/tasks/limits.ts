/** Rough, and on the safe side for English and code; later measured per model. */
export const CHARS_PER_TOKEN = 4;
/** One tool result may take this share of the context, so that several fit beside the task and the answer. */
const RESULT_SHARE = 0.2;
const MIN_RESULT_CHARS = 2_000;
/** Where the context is unknown: a fifth of 32k tokens. */
const DEFAULT_RESULT_CHARS = 26_000;
/** Where it is huge: reading more than this at once only makes the server slow. */
const MAX_RESULT_CHARS = 100_000;

/** Longest tool result, in characters, for a context length in tokens (null: unknown). */
export function resultCharLimit(contextLength: number | null): number {
  if (contextLength === null) return DEFAULT_RESULT_CHARS;
  const share = Math.floor(contextLength * RESULT_SHARE * CHARS_PER_TOKEN);
  return Math.min(Math.max(share, MIN_RESULT_CHARS), MAX_RESULT_CHARS);
}
