import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { COMMANDS, OUTPUT_CHANNEL, STATUS_BAR_ITEM } from '../ids';
import { tooltipMarkdown } from './statusLinks';
import type { StatusView } from './statusText';

/** One item that always says how things stand; what it says is decided in statusText.ts. */
export class StatusBar implements vscode.Disposable {
  readonly #item: vscode.StatusBarItem;
  #view: StatusView | undefined;

  constructor() {
    this.#item = vscode.window.createStatusBarItem(STATUS_BAR_ITEM, vscode.StatusBarAlignment.Left, 0);
    this.#item.name = OUTPUT_CHANNEL;
    this.#item.command = COMMANDS.showMenu;
    this.#item.show();
  }

  get view(): StatusView | undefined {
    return this.#view;
  }

  /** For tests: what VS Code was given. */
  get tooltip(): vscode.MarkdownString | undefined {
    const { tooltip } = this.#item;
    return typeof tooltip === 'object' ? tooltip : undefined;
  }

  /** Every property that is set is a message to the window: nothing is sent that the window knows. */
  show(view: StatusView): void {
    const before = this.#view;
    this.#view = view;
    if (view.text !== before?.text) this.#item.text = view.text;
    if (view.tooltip !== before?.tooltip || !haveSameLinks(view, before)) this.#item.tooltip = toTooltip(view);
    if (view.label !== before?.label) {
      this.#item.accessibilityInformation = { label: l10n.t('{0}. Select for actions.', view.label), role: 'button' };
    }
    if (view.isWarning !== before?.isWarning) {
      this.#item.backgroundColor = view.isWarning
        ? new vscode.ThemeColor('statusBarItem.warningBackground')
        : undefined;
    }
  }

  dispose(): void {
    this.#item.dispose();
  }
}

function haveSameLinks({ links }: StatusView, before: StatusView | undefined): boolean {
  return links.map(({ command }) => command).join() === before?.links.map(({ command }) => command).join();
}

/** Trusted with the commands of its own links only. */
function toTooltip({ tooltip, links }: StatusView): vscode.MarkdownString {
  const markdown = new vscode.MarkdownString(tooltipMarkdown(tooltip, links), false);
  markdown.isTrusted = { enabledCommands: links.map(({ command }) => command) };
  return markdown;
}
