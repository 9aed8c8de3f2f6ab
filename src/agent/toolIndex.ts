/** Finds tools by words: BM25 over name, description and parameter names. */
import { isJsonObject } from '../base/json';
import type { Tool } from './types';

/** BM25's usual constants: how soon more of the same word counts less, and how much a long text is held back. */
const SATURATION = 1.2;
const LENGTH_WEIGHT = 0.75;
/** A word of the name says more than one of the description. */
const NAME_WEIGHT = 3;

export class ToolIndex {
  readonly #texts: readonly ReadonlyMap<string, number>[];
  readonly #lengths: readonly number[];
  readonly #meanLength: number;
  /** In how many tools each word stands. */
  readonly #spread = new Map<string, number>();

  constructor(readonly tools: readonly Tool[]) {
    this.#texts = tools.map(weightedWords);
    this.#lengths = this.#texts.map((words) => [...words.values()].reduce((sum, weight) => sum + weight, 0));
    this.#meanLength = this.#lengths.reduce((sum, length) => sum + length, 0) / Math.max(tools.length, 1);
    for (const words of this.#texts) {
      for (const word of words.keys()) this.#spread.set(word, (this.#spread.get(word) ?? 0) + 1);
    }
  }

  /** How well each tool fits the text, in the order of `tools`; 0 where they have no word in common. */
  scores(text: string): readonly number[] {
    const wanted = new Set(wordsOf(text));
    return this.#texts.map((words, index) => {
      const length = (this.#lengths[index] ?? 0) / Math.max(this.#meanLength, 1);
      let score = 0;
      for (const word of wanted) {
        const weight = words.get(word) ?? 0;
        const held = weight + SATURATION * (1 - LENGTH_WEIGHT + LENGTH_WEIGHT * length);
        if (weight > 0) score += this.#rarity(word) * ((weight * (SATURATION + 1)) / held);
      }
      return score;
    });
  }

  /** Those that have a word in common with the query, best first; before all others those whose name it is. */
  search(query: string): readonly Tool[] {
    const scores = this.scores(query);
    const name = plain(query);
    return this.tools
      .map((tool, index) => {
        const isMeant = name !== '' && [tool.definition.name, tool.name].some((each) => plain(each) === name);
        const isExact = query.trim() === tool.definition.name;
        return { tool, index, score: isExact ? Infinity : isMeant ? Number.MAX_VALUE : (scores[index] ?? 0) };
      })
      .filter(({ score }) => score > 0)
      .sort((a, b) => (a.score === b.score ? a.index - b.index : b.score - a.score))
      .map(({ tool }) => tool);
  }

  #rarity(word: string): number {
    const count = this.#spread.get(word) ?? 0;
    return Math.log(1 + (this.tools.length - count + 0.5) / (count + 0.5));
  }
}

/**
 * One ranking out of two, by places and not by scores, which cannot be compared (reciprocal rank fusion). What has no
 * score in one of them gets nothing from it.
 */
export function fuseScores(these: readonly number[], those: readonly number[]): readonly number[] {
  const [a, b] = [reciprocalPlaces(these), reciprocalPlaces(those)];
  return a.map((value, index) => value + (b[index] ?? 0));
}

/** So much that the first places do not outweigh everything; the constant of those who proposed it. */
const FUSION = 60;

function reciprocalPlaces(scores: readonly number[]): readonly number[] {
  const sorted = [...scores].sort((a, b) => b - a);
  const places = new Map<number, number>();
  sorted.forEach((score, index) => {
    if (!places.has(score)) places.set(score, index + 1);
  });
  return scores.map((score) => (score > 0 ? 1 / (FUSION + (places.get(score) ?? sorted.length)) : 0));
}

/** What a tool is about, as plain text: also what a model for embeddings is given. */
export function toolText({ definition, name }: Tool): string {
  return `${wordsOf(name).join(' ')}: ${definition.description} (${parameterNames(definition.inputSchema).join(', ')})`;
}

function weightedWords({ definition, name, server }: Tool): ReadonlyMap<string, number> {
  const weights = new Map<string, number>();
  const add = (text: string, weight: number): void => {
    for (const word of wordsOf(text)) weights.set(word, (weights.get(word) ?? 0) + weight);
  };
  add(name, NAME_WEIGHT);
  add(server, 1);
  add(definition.description, 1);
  add(parameterNames(definition.inputSchema).join(' '), 1);
  return weights;
}

function parameterNames(schema: Tool['definition']['inputSchema']): readonly string[] {
  const { properties } = schema;
  return isJsonObject(properties) ? Object.keys(properties) : [];
}

/** Lower-case words, also those inside of `camelCase` and `snake_case`; without the plural's s. */
function wordsOf(text: string): readonly string[] {
  const words = text
    .replace(/([\p{Ll}\p{N}])(\p{Lu})/gu, '$1 $2')
    .toLowerCase()
    .match(/[\p{L}\p{N}]+/gu);
  return (words ?? []).map((word) => (word.length > 3 ? word.replace(/s$/, '') : word));
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '');
}
