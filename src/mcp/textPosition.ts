/** Builds a function that turns an offset into `text` into a 1-based line and column (UTF-16 units). */
export function createPositionIndex(text: string): (offset: number) => { line: number; column: number } {
  const lineStarts = [0];
  for (const match of text.matchAll(/\r\n|\r|\n/g)) lineStarts.push(match.index + match[0].length);
  return (offset) => {
    const next = lineStarts.findIndex((start) => start > offset);
    const line = next === -1 ? lineStarts.length : next;
    return { line, column: offset - (lineStarts[line - 1] ?? 0) + 1 };
  };
}
