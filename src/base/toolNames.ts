/**
 * The item that a model means by `name`: by its exact name, else the only one that matches when case, separators and the
 * prefix of its server are set aside. Undefined rather than a guess between two. `namesOf` gives an item's names, the
 * one that the model was told first.
 */
export function findByToolName<T>(
  name: string,
  items: readonly T[],
  namesOf: (item: T) => readonly [string, ...string[]],
): T | undefined {
  const exact = items.find((item) => namesOf(item)[0] === name);
  if (exact) return exact;
  // gpt-oss calls every tool a member of `functions`.
  const wanted = name.trim().replace(/^functions[.:]/i, '');
  const rules: readonly ((known: string) => boolean)[] = [
    (known) => known.toLowerCase() === wanted.toLowerCase(),
    (known) => separated(known) === separated(wanted),
    (known) => separated(known.replace(/^.+?__/, '')) === separated(wanted),
  ];
  for (const rule of rules) {
    const found = items.filter((item) => namesOf(item).some(rule));
    if (found.length > 0) return found.length === 1 ? found[0] : undefined;
  }
  return undefined;
}

/** `readFile`, `read-file` and `files.readFile` as snake_case. */
function separated(text: string): string {
  return text
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/[^A-Za-z0-9]+/g, '_')
    .toLowerCase();
}
