/** Longer names are nobody's typing error, and comparing them would take long. */
const MAX_LENGTH = 200;
/** Share of a name that may be different. */
const MAX_DIFFERENCE = 0.4;

/**
 * The names that a person may have meant, most alike first: with or without the publisher, letters of the other case, a
 * typing error, a part of the name.
 */
export function nearestNames(name: string, names: readonly string[], limit = 3): readonly string[] {
  const wanted = name.trim().toLowerCase();
  if (wanted === '' || wanted.length > MAX_LENGTH) return [];
  return names
    .map((candidate) => ({ candidate, difference: difference(wanted, candidate.trim().toLowerCase()) }))
    .filter((entry) => entry.difference <= MAX_DIFFERENCE)
    .sort((a, b) => a.difference - b.difference)
    .slice(0, limit)
    .map(({ candidate }) => candidate);
}

/** 0: the same; 1: nothing in common. */
function difference(a: string, b: string): number {
  const [shortA, shortB] = [withoutPublisher(a), withoutPublisher(b)];
  const edits = Math.min(editShare(a, b), shortA === '' ? 1 : editShare(shortA, shortB));
  // A part of a name is meant to be the name, but less surely the more is missing.
  const isPart = shortA.length >= 3 && shortB.length >= 3 && (shortB.includes(shortA) || shortA.includes(shortB));
  return isPart ? Math.min(edits, MAX_DIFFERENCE * lengthShare(shortA, shortB)) : edits;
}

function withoutPublisher(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

function lengthShare(a: string, b: string): number {
  return Math.abs(a.length - b.length) / Math.max(a.length, b.length, 1);
}

/** Letters to insert, remove or replace (Levenshtein), as a share of the longer name. */
function editShare(a: string, b: string): number {
  if (lengthShare(a, b) > MAX_DIFFERENCE) return 1;
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return (row[b.length] ?? 0) / Math.max(a.length, b.length, 1);
}
