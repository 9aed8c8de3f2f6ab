/** A row of the view "Tasks" as data. */

export interface TaskRowIcon {
  readonly id: string;
  /** A colour of the theme. */
  readonly color?: string;
}

export interface TaskRow {
  /** The same as long as the row stands for the same. */
  readonly id: string;
  readonly label: string;
  readonly description: string;
  /** Plain text. */
  readonly tooltip: string;
  readonly icon: TaskRowIcon;
  /** What package.json's menus go by. */
  readonly context: string;
  /** Makes sense alone: maybe the only thing that a screen reader says of the row. Counts no seconds. */
  readonly accessibleLabel: string;
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
