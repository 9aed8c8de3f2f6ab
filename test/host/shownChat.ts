import type * as vscode from 'vscode';

/** What the chat would show, in order. */
export class Shown {
  readonly parts: { readonly kind: 'markdown' | 'progress' | 'button'; readonly text: string }[] = [];
  readonly buttons: vscode.Command[] = [];
  readonly markdowns: vscode.MarkdownString[] = [];

  readonly stream = {
    markdown: (value: string | vscode.MarkdownString): void => {
      if (typeof value !== 'string') this.markdowns.push(value);
      this.parts.push({ kind: 'markdown', text: typeof value === 'string' ? value : value.value });
    },
    progress: (text: string): void => void this.parts.push({ kind: 'progress', text }),
    button: (command: vscode.Command): void => {
      this.buttons.push(command);
      this.parts.push({ kind: 'button', text: command.title });
    },
  };

  get text(): string {
    return this.parts.flatMap(({ kind, text }) => (kind === 'markdown' ? [text] : [])).join('');
  }

  get steps(): readonly string[] {
    return this.parts.flatMap(({ kind, text }) => (kind === 'progress' ? [text] : []));
  }
}
