/** Which lines of a task's document fold. Pure. */
import type { TaskBlock } from '../../tasks/blockPage';

export interface FoldLines {
  /** From 0, both inclusive. */
  readonly first: number;
  readonly last: number;
}

/** What can be folded: every part that has more than its heading. A part that goes on ends with the text. */
export function foldsOf(blocks: readonly TaskBlock[], lineCount: number): readonly FoldLines[] {
  return blocks
    .map(({ first, last }) => ({ first, last: Math.min(last ?? lineCount - 1, lineCount - 1) }))
    .filter(({ first, last }) => last > first);
}

/** What is folded at first, as soon as it is whole: what a person reads only where they want to know more. */
export function foldedAtFirst(blocks: readonly TaskBlock[], lineCount: number): readonly FoldLines[] {
  return blocks.flatMap(({ kind, first, last }) =>
    (kind === 'reasoning' || kind === 'result') && last !== undefined && last > first && last < lineCount
      ? [{ first, last }]
      : [],
  );
}
