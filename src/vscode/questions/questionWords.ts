/** Last in a question: how many others wait. */
export function moreWords(more: number): readonly string[] {
  if (more === 0) return [];
  return [more === 1 ? '1 more question waits.' : `${more} more questions wait.`];
}
