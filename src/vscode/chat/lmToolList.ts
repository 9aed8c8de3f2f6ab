/** Which of VS Code's own tools tasks may use: the names and patterns of a list that the person keeps. Pure. */

/** Tools of ours would start tasks of ours; so would our bridge, where VS Code itself runs it as an MCP server. */
const OURS = /lm[-_]?studio[-_]?bridge/i;

/** The names that the list allows, in their own order. In a pattern `*` stands for any characters. */
export function allowedNames(list: readonly string[], names: readonly string[]): readonly string[] {
  return usableNames(names).filter((name) => list.some((pattern) => matches(pattern, name)));
}

export function usableNames(names: readonly string[]): readonly string[] {
  return names.filter((name) => !OURS.test(name));
}

/**
 * The list after a person has ticked `chosen` among `shown`: patterns that still say the same stay, also those for tools
 * that are not here today; the rest is told by name.
 */
export function listAfter(
  list: readonly string[],
  shown: readonly string[],
  chosen: readonly string[],
): readonly string[] {
  const kept = list.filter((pattern) => shown.every((name) => !matches(pattern, name) || chosen.includes(name)));
  return [...kept, ...chosen.filter((name) => !kept.some((pattern) => matches(pattern, name)))];
}

function matches(pattern: string, name: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return name === pattern;
  if (!name.startsWith(first) || name.length < first.length + last.length || !name.endsWith(last)) return false;
  const end = name.length - last.length;
  let at = first.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}
