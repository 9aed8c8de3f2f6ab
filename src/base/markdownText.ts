/** What means something in Markdown, in HTML inside of it, or to VS Code's Markdown (`$(icon)`). */
const MARKUP = /[\\`*_{}[\]()#+\-.!~|<>&$:@]/g;

/**
 * A text of whomever, so that Markdown shows it as it stands: no links, pictures, emphasis, tags, icons or addresses that
 * become links by themselves. Line feeds and the blanks at the beginning of a line are the caller's.
 */
export function markdownText(text: string): string {
  return text.replace(MARKUP, (character) => ENTITIES[character] ?? `\\${character}`);
}

/** Where a backslash does not help: tags and entities, and what the linkifier and the icons are found by. */
const ENTITIES: Readonly<Record<string, string>> = {
  '<': '&lt;',
  '>': '&gt;',
  '&': '&amp;',
  $: '&#36;',
  ':': '&#58;',
  '@': '&#64;',
};
