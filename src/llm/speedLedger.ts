/** How fast each model was on this machine, from the turns that it took. Pure: times are given, nothing is stored. */
import * as z from 'zod/v4';

/** Each null where no turn has told yet. */
export interface ModelSpeed {
  /** From the request to the first byte of the answer, in milliseconds. */
  readonly firstByteMs: number | null;
  /** Tokens written per second. */
  readonly tokensPerSecond: number | null;
  /** Tokens of the prompt read per second, those apart that the server still had from the turn before. */
  readonly promptTokensPerSecond: number | null;
}

/** One turn. Null: not known, or not to be learned from. */
export interface TurnTiming {
  readonly firstByteMs: number | null;
  /** Tokens of the prompt that were new to the server. */
  readonly newPromptTokens: number | null;
  /** From the first byte to the end. */
  readonly generationMs: number;
  readonly completionTokens: number | null;
}

/** A new turn counts this much, everything before it the rest: a machine that got busy shows within a few turns. */
const WEIGHT = 0.3;
/** Shorter ones measure the round trip rather than the model. */
const MIN_PROMPT_TOKENS = 64;
const MIN_COMPLETION_TOKENS = 8;
/** The models used last. */
const MAX_MODELS = 100;

const speed = z.number().positive().nullable().catch(null);
const snapshotShape = z.record(
  z.string(),
  z.object({ firstByteMs: speed, tokensPerSecond: speed, promptTokensPerSecond: speed }),
);

export type SpeedSnapshot = Readonly<Record<string, ModelSpeed>>;

export class SpeedLedger {
  /** By model key, the one used last at the end. */
  readonly #models = new Map<string, ModelSpeed>();

  /** `saved`: a `snapshot()` of earlier; what is none is passed over. */
  constructor(saved?: unknown) {
    for (const [key, entry] of Object.entries(snapshotShape.safeParse(saved).data ?? {})) this.#keep(key, entry);
  }

  record(key: string, turn: TurnTiming): void {
    const { firstByteMs, newPromptTokens, generationMs, completionTokens } = turn;
    const before = this.of(key);
    const canLearnPrompt = firstByteMs !== null && newPromptTokens !== null && newPromptTokens >= MIN_PROMPT_TOKENS;
    const canLearnPace = completionTokens !== null && completionTokens >= MIN_COMPLETION_TOKENS;
    this.#keep(key, {
      firstByteMs: blend(before?.firstByteMs, firstByteMs),
      tokensPerSecond: blend(before?.tokensPerSecond, canLearnPace ? perSecond(completionTokens, generationMs) : null),
      promptTokensPerSecond: blend(
        before?.promptTokensPerSecond,
        canLearnPrompt ? perSecond(newPromptTokens, firstByteMs) : null,
      ),
    });
  }

  of(key: string): ModelSpeed | undefined {
    return this.#models.get(key);
  }

  /** How long the model will read so many new tokens, in milliseconds; null where it has not been timed. An estimate. */
  estimatePromptMs(key: string, newTokens: number): number | null {
    const pace = this.of(key)?.promptTokensPerSecond ?? null;
    return pace === null ? null : Math.round((newTokens / pace) * 1000);
  }

  /** Plain data for a door to keep, and to give to the constructor next time. */
  snapshot(): SpeedSnapshot {
    return Object.fromEntries(this.#models);
  }

  #keep(key: string, entry: ModelSpeed): void {
    this.#models.delete(key);
    this.#models.set(key, entry);
    for (const oldest of this.#models.keys()) {
      if (this.#models.size <= MAX_MODELS) break;
      this.#models.delete(oldest);
    }
  }
}

function perSecond(tokens: number, ms: number): number | null {
  return ms > 0 ? (tokens / ms) * 1000 : null;
}

function blend(before: number | null | undefined, now: number | null): number | null {
  if (now === null || !(now > 0) || !Number.isFinite(now)) return before ?? null;
  return before === null || before === undefined ? now : before + WEIGHT * (now - before);
}
