/**
 * Everything that asks or tells a person something passes here: one small port, so that a test can be the person. It is
 * also where no text becomes a link or an icon, whoever wrote it; work that shows itself does the same in `progress.ts`.
 */
import * as vscode from 'vscode';
import { onAbort, throwIfAborted } from '../base/abort';
import { plainRow, plainWords } from './markup';
import { ModalQueue } from './questions/modalQueue';

export interface ModalQuestion {
  readonly message: string;
  readonly detail: string;
  /** In order; the first one is what Enter chooses. */
  readonly buttons: readonly string[];
  /** The button that closing the dialog means. */
  readonly closing: string;
}

export interface Choice {
  readonly label: string;
  readonly description?: string;
  readonly detail?: string;
  /** A codicon before the label, by its name: `$(…)` in the texts is none. */
  readonly icon?: string;
  /** A heading above the choices that follow it; cannot be chosen. */
  readonly isHeading?: boolean;
  /** Ticked from the start, where several can be chosen. */
  readonly isPicked?: boolean;
}

export interface PickOptions {
  readonly title: string;
  readonly placeholder: string;
}

export interface InputOptions {
  readonly title: string;
  readonly prompt: string;
  readonly placeholder?: string;
  readonly value?: string;
  readonly isSecret?: boolean;
  /** What is wrong with the text, or undefined. */
  readonly validate?: (text: string) => string | undefined;
}

export interface SaveOptions {
  readonly title: string;
  /** Of the file, without a folder. */
  readonly name: string;
  /** Endings by what they are called. */
  readonly filters: Readonly<Record<string, readonly string[]>>;
}

export type NoticeLevel = 'info' | 'warning' | 'error';

export interface Dialogs {
  /** A modal dialog, one at a time. Throws the signal's reason when it fires first, and a question not yet shown is never shown. */
  ask(question: ModalQuestion, signal: AbortSignal): Promise<string>;
  /** A notification, its text as it stands; the action that was chosen, or undefined. May stay open for ever: do not wait for it in other work. */
  notify(level: NoticeLevel, message: string, actions?: readonly string[]): Promise<string | undefined>;
  pickOne<T extends Choice>(choices: readonly T[], options: PickOptions, signal?: AbortSignal): Promise<T | undefined>;
  /** Undefined where it was closed. */
  pickMany<T extends Choice>(
    choices: readonly T[],
    options: PickOptions,
    signal?: AbortSignal,
  ): Promise<readonly T[] | undefined>;
  input(options: InputOptions, signal?: AbortSignal): Promise<string | undefined>;
  /** Where a file is to be written; undefined where it was closed. */
  saveAs(options: SaveOptions): Promise<vscode.Uri | undefined>;
}

type EditorWindow = Pick<
  typeof vscode.window,
  | 'showErrorMessage'
  | 'showInformationMessage'
  | 'showInputBox'
  | 'showQuickPick'
  | 'showSaveDialog'
  | 'showWarningMessage'
>;

export class NativeDialogs implements Dialogs {
  readonly #modals = new ModalQueue();

  constructor(private readonly window: EditorWindow = vscode.window) {}

  ask({ message, detail, buttons, closing }: ModalQuestion, signal: AbortSignal): Promise<string> {
    const items = buttons.map((title) => ({ title, isCloseAffordance: title === closing }));
    return this.#modals.show(async () => {
      const chosen = await this.window.showWarningMessage(message, { modal: true, detail }, ...items);
      return chosen?.title ?? closing;
    }, signal);
  }

  async notify(level: NoticeLevel, text: string, actions: readonly string[] = []): Promise<string | undefined> {
    const message = plainWords(text);
    switch (level) {
      case 'info':
        return this.window.showInformationMessage(message, ...actions);
      case 'warning':
        return this.window.showWarningMessage(message, ...actions);
      case 'error':
        return this.window.showErrorMessage(message, ...actions);
    }
  }

  async pickOne<T extends Choice>(
    choices: readonly T[],
    options: PickOptions,
    signal?: AbortSignal,
  ): Promise<T | undefined> {
    const chosen = await closedBy(signal, (token) =>
      this.window.showQuickPick(choices.map(toItem), toPickOptions(options), token),
    );
    return chosen?.choice;
  }

  async pickMany<T extends Choice>(
    choices: readonly T[],
    options: PickOptions,
    signal?: AbortSignal,
  ): Promise<readonly T[] | undefined> {
    const chosen = await closedBy(signal, (token) =>
      this.window.showQuickPick(choices.map(toItem), { ...toPickOptions(options), canPickMany: true }, token),
    );
    return chosen?.map((item) => item.choice);
  }

  async input(
    { title, prompt, placeholder, value, isSecret, validate }: InputOptions,
    signal?: AbortSignal,
  ): Promise<string | undefined> {
    const options: vscode.InputBoxOptions = {
      title,
      prompt: plainWords(prompt),
      ignoreFocusOut: true,
      password: isSecret ?? false,
      ...(placeholder === undefined ? {} : { placeHolder: placeholder }),
      ...(value === undefined ? {} : { value }),
      ...(validate === undefined ? {} : { validateInput: plainly(validate) }),
    };
    return closedBy(signal, (token) => this.window.showInputBox(options, token));
  }

  async saveAs({ title, name, filters }: SaveOptions): Promise<vscode.Uri | undefined> {
    const [folder] = vscode.workspace.workspaceFolders ?? [];
    return this.window.showSaveDialog({
      title,
      filters: Object.fromEntries(Object.entries(filters).map(([kind, endings]) => [kind, [...endings]])),
      ...(folder ? { defaultUri: vscode.Uri.joinPath(folder.uri, name) } : { defaultUri: vscode.Uri.file(name) }),
    });
  }
}

/** Closes what is shown when the signal fires, and throws its reason then. */
async function closedBy<T>(
  signal: AbortSignal | undefined,
  show: (token: vscode.CancellationToken) => Thenable<T>,
): Promise<T> {
  const source = new vscode.CancellationTokenSource();
  const closing = signal && onAbort(signal, () => source.cancel());
  try {
    const answer = await show(source.token);
    if (signal) throwIfAborted(signal);
    return answer;
  } finally {
    closing?.dispose();
    source.dispose();
  }
}

/** What is wrong with a text can quote it, or a file. */
function plainly(validate: (text: string) => string | undefined): (text: string) => string | undefined {
  return (text) => {
    const problem = validate(text);
    return problem === undefined ? undefined : plainWords(problem);
  };
}

function toItem<T extends Choice>(choice: T): vscode.QuickPickItem & { choice: T } {
  const { label, description, detail, icon, isHeading, isPicked } = choice;
  return {
    label: plainRow(label),
    choice,
    ...(description === undefined ? {} : { description: plainRow(description) }),
    ...(detail === undefined ? {} : { detail: plainRow(detail) }),
    ...(icon === undefined ? {} : { iconPath: new vscode.ThemeIcon(icon) }),
    ...(isPicked ? { picked: true } : {}),
    ...(isHeading ? { kind: vscode.QuickPickItemKind.Separator } : {}),
  };
}

function toPickOptions({ title, placeholder }: PickOptions): vscode.QuickPickOptions {
  return { title, placeHolder: placeholder, matchOnDescription: true, matchOnDetail: true, ignoreFocusOut: true };
}
