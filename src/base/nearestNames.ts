/** A name counts as near when at least half of it is the same. */
const NEAR = 0.5;

/**
 * The names that a person most likely meant, nearest first: for "did you mean". Compares letters and whole words,
 * without regard to case and to a publisher before a slash. Nothing that is not near comes back.
 */
export function nearestNames(name: string, names: readonly string[], limit = 3): readonly string[] {
  const wanted = forms(name);
  return names
    .map((candidate) => ({ candidate, similarity: nearness(wanted, forms(candidate)) }))
    .filter(({ similarity }) => similarity >= NEAR)
    .sort((a, b) => b.similarity - a.similarity)
    .slice(0, limit)
    .map(({ candidate }) => candidate);
}

/** The name as a whole and without its publisher. */
function forms(name: string): readonly string[] {
  const whole = name.trim().toLowerCase();
  return [...new Set([whole, whole.slice(whole.lastIndexOf('/') + 1)])];
}

function nearness(these: readonly string[], those: readonly string[]): number {
  return Math.max(...these.flatMap((a) => those.map((b) => Math.max(sameLetters(a, b), sameWords(a, b)))));
}

/** 1 for equal texts, 0 for texts without a letter in common; by Levenshtein's distance. */
function sameLetters(a: string, b: string): number {
  const longer = Math.max(a.length, b.length);
  // No need to compare what cannot be near any more: names come from people, and may be of any length.
  if (Math.min(a.length, b.length) < longer * NEAR) return 0;
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return longer === 0 ? 0 : 1 - (row[b.length] ?? longer) / longer;
}

/** The share of letters that stand in words that both have, so that `8b` says less than `devstral`. */
function sameWords(a: string, b: string): number {
  const [these, those] = [words(a), words(b)];
  const letters = [...these, ...those].join('').length;
  const shared = [...these].filter((word) => those.has(word)).join('').length;
  return letters === 0 ? 0 : (2 * shared) / letters;
}

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== ''));
}
