import { DEFAULT_BYTES_PER_TOKEN } from '../agent/tokenCounter';

/** One tool result may take this share of the context, so that several fit beside the task and the answer. */
const RESULT_SHARE = 0.2;
/** Less says too little of a file … */
const MIN_RESULT_CHARS = 2_000;
/** … but of a tiny context that is too much. */
const MAX_RESULT_SHARE = 0.25;
/** Where it is huge: reading more than this at once only makes the server slow. */
const MAX_RESULT_CHARS = 100_000;

/**
 * Longest tool result, in characters, for a context length in tokens.
 * @param bytesPerToken as this model's prompts were measured; a character is taken for a byte
 */
export function resultCharLimit(contextLength: number, bytesPerToken = DEFAULT_BYTES_PER_TOKEN): number {
  const chars = contextLength * bytesPerToken;
  const least = Math.min(MIN_RESULT_CHARS, chars * MAX_RESULT_SHARE);
  return Math.floor(Math.min(Math.max(chars * RESULT_SHARE, least), MAX_RESULT_CHARS));
}
