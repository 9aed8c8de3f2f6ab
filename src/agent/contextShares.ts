/** How a context is divided. All sizes are shares of what the model was loaded with, so that small ones work as large ones do. */

/** Kept free for the answer: at least this much, more where answers of this run were longer, but never more than that. */
const RESERVE_SHARE = 0.15;
const MAX_RESERVE_SHARE = 0.3;
/** A reserve is so many times the longest answer. */
const RESERVE_FACTOR = 1.25;
/** Compaction leaves so much of the room free that the conversation can fill, so that it is not needed again at once. */
const FREED_SHARE = 0.5;
/** Where leaving out old results alone frees so much of that room, nothing more is done. */
const ENOUGH_SHARE = 0.75;
/** A prompt that leaves less than this for the answer is not sent where the limit is certain. */
const LEAST_ANSWER_SHARE = 0.05;
const SUMMARY_SHARE = 0.08;
/** A longer one says little more. */
const MAX_SUMMARY_TOKENS = 1_500;
/** What a model is given to read for its summary. */
const RECORD_SHARE = 0.5;
/** To have the model summarise less than this costs it more reading than is lost by a list of the calls. */
const WORTH_A_REQUEST_SHARE = 0.25;

/** All in tokens. */
export interface ContextSizes {
  /** A prompt that is longer is made shorter before it is sent. */
  readonly trigger: number;
  /** How short it is made then, if that is possible. */
  readonly target: number;
  /** Short enough where it costs the model no request. */
  readonly enough: number;
  /** A prompt that is longer cannot be answered. */
  readonly most: number;
  readonly summary: number;
  readonly record: number;
  readonly worthARequest: number;
}

/**
 * @param limit the context's length
 * @param fixed what can never be left out: the system prompt, the tools, what the person said
 * @param longestAnswer of this run so far
 */
export function contextSizes(limit: number, fixed: number, longestAnswer: number): ContextSizes {
  const reserve = Math.min(Math.max(limit * RESERVE_SHARE, longestAnswer * RESERVE_FACTOR), limit * MAX_RESERVE_SHARE);
  const trigger = Math.floor(limit - reserve);
  const filled = (share: number): number => Math.floor(Math.min(trigger, fixed + Math.max(0, trigger - fixed) * share));
  return {
    trigger,
    target: filled(FREED_SHARE),
    enough: filled(ENOUGH_SHARE),
    most: Math.floor(limit * (1 - LEAST_ANSWER_SHARE)),
    summary: Math.floor(Math.min(limit * SUMMARY_SHARE, MAX_SUMMARY_TOKENS)),
    record: Math.floor(limit * RECORD_SHARE),
    worthARequest: Math.floor(limit * WORTH_A_REQUEST_SHARE),
  };
}
