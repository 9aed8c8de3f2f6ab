/** The tools that a person asks for by name. */
import type { Tool } from './types';

export interface NamedTools {
  /** In the order in which they were named, each once. */
  readonly named: readonly Tool[];
  /** Of `names`, those that no tool has. */
  readonly unknown: readonly string[];
}

/**
 * The tools of `names` (`tool` or `server/tool`), then those that the task's text names: with a `#` before the name, or
 * exactly as it is. A name that several servers use means all of them.
 */
export function namedTools(tools: readonly Tool[], names: readonly string[], task: string): NamedTools {
  const found = names.map((name) => ({ name, matches: matching(tools, name) }));
  const mentioned = wordsIn(task).flatMap((word) => tools.filter((tool) => namesOf(tool).includes(word)));
  return {
    named: [...new Set([...found.flatMap(({ matches }) => matches), ...mentioned])],
    unknown: found.filter(({ matches }) => matches.length === 0).map(({ name }) => name),
  };
}

function matching(tools: readonly Tool[], name: string): readonly Tool[] {
  const exact = tools.filter((tool) => namesOf(tool).includes(name));
  if (exact.length > 0) return exact;
  const wanted = name.toLowerCase();
  return tools.filter((tool) => namesOf(tool).some((each) => each.toLowerCase() === wanted));
}

function namesOf({ definition, server, name }: Tool): readonly string[] {
  return [definition.name, name, `${server}/${name}`];
}

/** Whatever can be a name; a full stop after it belongs to the sentence. */
function wordsIn(text: string): readonly string[] {
  return (text.match(/[\p{L}\p{N}_][\p{L}\p{N}_./-]*/gu) ?? []).map((word) => word.replace(/[./-]+$/, ''));
}
