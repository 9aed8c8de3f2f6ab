/** Where VS Code reads markup in plain words. What models, tools and files name must not become any. */
import { shortText } from './shortText';

/** A notification makes links of `[words](address)`, of commands too. */
export function withoutLinks(text: string): string {
  return text.replaceAll('](', '] (');
}

/** Picks and the status bar make icons of `$(name)`. */
export function withoutIcons(text: string): string {
  return text.replaceAll('$(', '$ (');
}

/** A name of a stranger on one line of a pick or a tree. */
export function markupFree(text: string): string {
  return withoutIcons(shortText(text, 200));
}
