/** Chooses the tool for a step by comparing words. */
import type { OfferedTool } from '../chatRequest';
import { fillArguments, type Filled } from './fill';
import type { Knowledge } from './knowledge';
import { isAction, type Step } from './steps';
import { stem, stems, synonyms } from './words';

export interface Choice {
  readonly tool: OfferedTool;
  readonly filled: Filled;
  readonly score: number;
}

/** Below this nothing fits: better to say so than to call at random. */
const ENOUGH = 3;

// Words in tool names that say nothing about what the tool is for.
const NEUTRAL = new Set(['get', 'text', 'tool', 'data', 'mcp', 'server', 'api', 'run'].map(stem));
// A tool that changes something needs a word in the step that asks for it.
const CHANGING = new Set(
  ['delete', 'remove', 'move', 'edit', 'write', 'create', 'toggle', 'trigger', 'update', 'add'].map(stem),
);

export function chooseTool(step: Step, tools: readonly OfferedTool[], known: Knowledge): Choice | undefined {
  const scored = tools.map((tool) => score(tool, step, known)).filter((choice) => choice.score >= ENOUGH);
  return scored.sort((a, b) => b.score - a.score)[0];
}

function score(tool: OfferedTool, step: Step, known: Knowledge): Choice {
  const { own, prefix } = nameWords(tool.name);
  const description = new Set(stems(tool.description));
  const wanted = new Set(step.words.flatMap((word) => [word, ...synonyms(word)]));
  let total = 0;
  for (const word of step.words) total += wordScore(word, own, prefix, description);
  const changes = own.some((word) => CHANGING.has(word));
  for (const word of own) {
    if (wanted.has(word) || NEUTRAL.has(word)) continue;
    total -= CHANGING.has(word) ? 5 : changes ? 3 : 1.5;
  }
  if (step.verb !== undefined) {
    if (own.includes(step.verb)) total += 3;
    else if (synonyms(step.verb).some((word) => own.includes(word))) total += isAction(step.verb) ? 1.5 : 0;
    else if (isAction(step.verb) && !prefix.includes(step.verb)) total -= 3;
  }
  if (/\bdeprecated\b/i.test(tool.description)) total -= 3;
  const filled = fillArguments(tool, step, known);
  total += Math.min(2, filled.given) - 2 * filled.invented;
  // A path that the tool has no place for was not meant for it.
  const placed = JSON.stringify(filled.arguments).replaceAll('\\\\', '\\');
  total -= 2 * step.paths.filter((path) => !placed.includes(path.replace(/^\.\//, ''))).length;
  // Nothing is changed on a guess.
  if (changes && filled.invented > 0) total = 0;
  // A file is not made by making a folder.
  if (changes && own.includes(stem('directory')) && step.paths.some((path) => /\w\.\w{1,6}$/.test(path))) total -= 4;
  return { tool, filled, score: total };
}

function wordScore(
  word: string,
  own: readonly string[],
  prefix: readonly string[],
  description: ReadonlySet<string>,
): number {
  if (own.includes(word)) return 3;
  const related = synonyms(word);
  const byName = 2 * Math.min(2, related.filter((candidate) => own.includes(candidate)).length);
  if (byName > 0) return byName;
  if (prefix.includes(word)) return 1.5;
  if (description.has(word)) return 0.75;
  return related.some((candidate) => description.has(candidate)) ? 0.4 : 0;
}

/** `server__tool`: the server's name counts less, and for nothing when it does not match. */
function nameWords(name: string): { own: string[]; prefix: string[] } {
  const cut = name.indexOf('__');
  return cut < 0
    ? { own: stems(name), prefix: [] }
    : { own: stems(name.slice(cut + 2)), prefix: stems(name.slice(0, cut)) };
}
