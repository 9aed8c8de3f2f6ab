/** What the model is given of a tool's result: as much text as fits, and pictures where it sees any. */
import { limitText } from './resultText';
import type { ResultStore, ToolOutcome } from './types';

export interface ResultRules {
  /** Longest text in characters. */
  readonly resultCharLimit: number;
  /** Whether the model can be shown pictures; default no. */
  readonly seesImages?: boolean | undefined;
  /** Absent: what does not fit is lost. */
  readonly results?: ResultStore | undefined;
}

export interface ShapedResult {
  readonly text: string;
  readonly images: readonly string[];
  /** Text was left out. */
  readonly truncated: boolean;
}

/** Each costs hundreds of tokens, and some servers send one for every page of a document. */
const MAX_IMAGES = 4;

export async function shapeResult(outcome: ToolOutcome, rules: ResultRules): Promise<ShapedResult> {
  const all = outcome.images ?? [];
  const images = rules.seesImages ? all.slice(0, MAX_IMAGES) : [];
  const note = imageNote(all.length, images.length);
  const isTooLong = outcome.text.length > rules.resultCharLimit;
  const where = isTooLong ? await rules.results?.keep(outcome.text) : undefined;
  const { text, truncated } = limitText(outcome.text, rules.resultCharLimit, where);
  return { text: note === undefined ? text : `${text}\n${note}`, images, truncated };
}

function imageNote(all: number, shown: number): string | undefined {
  if (all === shown) return undefined;
  if (shown === 0) return '[You cannot see images; do what you can without them.]';
  return `[Only the first ${String(shown)} of ${String(all)} images are shown.]`;
}
