/** Finds the lines of the results that answer a question, by the words they share with it. */
import type { PastCall } from './conversation';
import type { Step } from './steps';
import { stems } from './words';

interface Candidate {
  readonly text: string;
  readonly words: ReadonlySet<string>;
  readonly heading: boolean;
  readonly next: string | undefined;
}

/** The best line (two where they are equally good), without markup; none where no line shares a word with the question. */
export function bestLines(step: Step, results: readonly PastCall[]): string[] {
  const question = [...new Set(stems(step.text.replace(/[\w./-]+\.\w{1,5}\b/g, ' ')))].filter(
    (word) => !ASKING.has(word),
  );
  const candidates = results.flatMap((call) => linesOf(call.result.replace(ENTRIES, '')));
  if (question.length === 0 || candidates.length === 0) return [];
  const rarity = new Map(question.map((word) => [word, candidates.filter((line) => line.words.has(word)).length]));
  const scored = candidates.map((line) => ({ line, score: rate(line, question, rarity) }));
  const best = Math.max(...scored.map(({ score }) => score));
  if (best <= 0) return [];
  const top = scored.filter(({ score }) => score >= best * 0.98).slice(0, 2);
  const texts = top.flatMap(({ line }) => {
    const { text, heading, next } = line;
    return next !== undefined && (heading || text.endsWith(':')) ? [text, next] : [text];
  });
  return [...new Set(texts)].map((text) => (text.length > 300 ? `${text.slice(0, 300)}…` : text));
}

const ASKING = new Set(stems('file folder content answer report explain describe summary summarise me list read find'));

// A file's name answers no question about contents.
const ENTRIES = /^(?:\[(?:FILE|DIR)\] .*|\/\S*)$/gm;

/** Rare words weigh more; a line that states something is better than a heading. */
function rate(line: Candidate, question: readonly string[], rarity: ReadonlyMap<string, number>): number {
  const shared = question.filter((word) => line.words.has(word));
  const sum = shared.reduce((total, word) => total + 1 + 1 / (rarity.get(word) ?? 1), 0);
  if (sum === 0) return 0;
  const states = /\p{L}\s*(?::|=|\bis\b|\bare\b|\bwas\b)\s*\S/u.test(line.text) ? 0.6 : 0;
  return sum + states - (line.heading ? 0.8 : 0) - Math.min(0.3, line.words.size / 100);
}

function linesOf(result: string): Candidate[] {
  // Long prose is cut into sentences, everything else is taken by lines.
  const lines = result.split('\n').flatMap((line) => (line.length > 200 ? line.split(/(?<=[.!?])\s+/) : [line]));
  const clean = lines
    .map((line) => ({ heading: /^\s*#/.test(line), text: plainText(line) }))
    .filter(({ text }) => text !== '');
  return clean.map(({ heading, text }, i) => ({
    heading,
    text,
    words: new Set(stems(text)),
    next: clean[i + 1]?.text,
  }));
}

/** Without Markdown's marks, which would only be in the way in a quotation. */
export function plainText(line: string): string {
  return line
    .replace(/^\s*(?:[#>]+|[-*+]|\d+[.)])\s+/, '')
    .replace(/(\*\*|__|`)(.+?)\1/g, '$2')
    .replace(/^[|\s]+|[|\s]+$/g, '')
    .trim();
}
