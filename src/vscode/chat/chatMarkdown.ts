/** Markdown for the chat. What models, tools and files say gets no commands, no HTML and no icons. */
import * as vscode from 'vscode';
import { visibleText } from '../../base/visibleText';
import { withoutIcons } from '../markup';
import { shortText } from '../shortText';

/** A model's own Markdown. */
export function modelMarkdown(text: string): vscode.MarkdownString {
  const markdown = new vscode.MarkdownString(text, false);
  markdown.isTrusted = false;
  markdown.supportHtml = false;
  return markdown;
}

/** A name as code; nothing in it can end the code. */
export function code(name: string): string {
  return `\`${shortText(name, 120).replaceAll('`', "'")}\``;
}

/** Words of a stranger on one line, with nothing in them that Markdown would read. */
export function plain(text: string, length = 200): string {
  return withoutIcons(shortText(text, length)).replace(/[\\`*_{}[\]()<>#!|~&]/g, '\\$&');
}

/** A text that streams in pieces, as it may be shown: what two pieces make together is not judged by halves. */
export class VisibleStream {
  #held = '';

  add(piece: string): string {
    const all = this.#held + piece;
    // Half a character, a joiner whose right side is not known, the beginning of an escape sequence.
    const cut = /(?:[\ud800-\udbff]|[\u200c\u200d]+|\u001b[^a-zA-Z]{0,20}|\r)$/.exec(all);
    this.#held = cut?.[0] ?? '';
    return visibleText(all.slice(0, all.length - this.#held.length));
  }

  end(): string {
    const rest = visibleText(this.#held);
    this.#held = '';
    return rest;
  }
}
