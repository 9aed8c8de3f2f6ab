/**
 * Where VS Code reads markup in plain words (looked up in the workbench of VS Code 1.139). What models, tools and files
 * name must not become any.
 *
 * - links of `[words](address)`, to commands too: notifications, progress among them, and the line below an input, which
 *   is its prompt or what is wrong with the text (`parseLinkedText`);
 * - icons of `$(name)`: that line, the status bar, lenses, the rows of picks and of suggestions (`renderLabelWithIcons`);
 * - Markdown: what hovers over the description or the detail of a pick's row, pictures among it.
 *
 * None in titles and placeholders, rows of trees, what stands above and beside them, tooltips that are no
 * MarkdownString, modal dialogs and problems: these are shown as they stand.
 */
import { shortText } from './shortText';

/** A notification makes links of `[words](address)`, of commands too. */
export function withoutLinks(text: string): string {
  return text.replaceAll('](', '] (');
}

/** Picks and the status bar make icons of `$(name)`. */
export function withoutIcons(text: string): string {
  return text.replaceAll('$(', '$ (');
}

/**
 * For a text of which VS Code may make links. Icons as well: a notification of progress begins
 * with them taken out before links are looked for, so that `[a]$(b)(command:c)` is one.
 */
export function plainWords(text: string): string {
  return withoutLinks(withoutIcons(text));
}

/** For the row of a pick: on one line, its breaks as VS Code shows them, because a hover makes paragraphs of them. */
export function plainRow(text: string): string {
  return plainWords(text).replace(/\r\n|[\r\n]/g, '\u23ce');
}

/** A name of a stranger on one line of a pick or a tree. */
export function markupFree(text: string): string {
  return withoutIcons(shortText(text, 200));
}
