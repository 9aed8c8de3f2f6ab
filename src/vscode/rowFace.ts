/** What a row of a view shows, as data. */
export interface RowFace {
  /** The same as long as the row stands for the same. */
  readonly id: string;
  readonly label: string;
  readonly description: string;
  /** Plain text. */
  readonly tooltip: string;
  readonly icon: RowIcon;
  /** What package.json's menus go by. */
  readonly context: string;
  /** Makes sense alone: maybe the only thing that a screen reader says of the row. Counts no seconds. */
  readonly accessibleLabel: string;
}

export interface RowIcon {
  readonly id: string;
  /** A colour of the theme. */
  readonly color?: string;
}
