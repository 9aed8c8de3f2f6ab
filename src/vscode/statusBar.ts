import * as vscode from 'vscode';
import { COMMANDS, OUTPUT_CHANNEL, STATUS_BAR_ITEM } from './ids';
import type { StatusView } from './statusText';

/** One item that always says how things stand; what it says is decided in statusText.ts. */
export class StatusBar implements vscode.Disposable {
  readonly #item: vscode.StatusBarItem;
  #view: StatusView | undefined;

  constructor() {
    this.#item = vscode.window.createStatusBarItem(STATUS_BAR_ITEM, vscode.StatusBarAlignment.Left, 0);
    this.#item.name = OUTPUT_CHANNEL;
    this.#item.command = COMMANDS.showMenu;
  }

  get view(): StatusView | undefined {
    return this.#view;
  }

  show(view: StatusView): void {
    this.#view = view;
    this.#item.text = view.text;
    this.#item.tooltip = view.tooltip;
    this.#item.accessibilityInformation = { label: `${view.label}. Select for actions.`, role: 'button' };
    this.#item.backgroundColor = view.isWarning ? new vscode.ThemeColor('statusBarItem.warningBackground') : undefined;
    this.#item.show();
  }

  dispose(): void {
    this.#item.dispose();
  }
}
