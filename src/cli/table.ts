/** A table for a terminal: columns as wide as their widest cell, one line a row. */
export function tableText(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = titles.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ');
  return [titles, ...rows].map((row) => `${line(row).trimEnd()}\n`).join('');
}
