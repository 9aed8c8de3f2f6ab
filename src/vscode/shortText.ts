import { visibleText } from '../base/visibleText';

/** On one line and at most `length` characters long. */
export function shortText(text: string, length: number): string {
  const line = visibleText(text.replace(/\s+/g, ' ').trim());
  return line.length > length ? `${line.slice(0, length - 1).trimEnd()}…` : line;
}
