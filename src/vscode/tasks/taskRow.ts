/** A row of the view "Tasks" as data. */
import type { RowFace } from '../rowFace';

export interface TaskRow extends RowFace {
  /** How it is at first; what the person has opened and closed since stays so. */
  readonly children: 'none' | 'closed' | 'open';
}

export function isSameFace(a: TaskRow | undefined, b: TaskRow): boolean {
  return (
    a?.label === b.label &&
    a.description === b.description &&
    a.tooltip === b.tooltip &&
    a.icon.id === b.icon.id &&
    a.context === b.context &&
    a.accessibleLabel === b.accessibleLabel &&
    a.children === b.children
  );
}
