/** Work that shows itself. Here no text becomes a link or an icon, whoever wrote it; `dialogs.ts` does the same for the rest. */
import * as vscode from 'vscode';
import { toSignal } from './abort';
import { plainWords } from './markup';

/** `report`: what goes on, beside the title. */
export type ShownWork<T> = (report: (message: string) => void, signal: AbortSignal) => PromiseLike<T>;

type EditorWindow = Pick<typeof vscode.window, 'withProgress'>;

/** In a notification with "Cancel", which fires the signal. As the work ends. */
export function withProgress<T>(title: string, work: ShownWork<T>, window: EditorWindow = vscode.window): Promise<T> {
  return show({ location: vscode.ProgressLocation.Notification, title, cancellable: true }, work, window);
}

/** In the status bar, where nobody can cancel it. As the work ends. */
export function withStatusProgress<T>(
  title: string,
  work: ShownWork<T>,
  window: EditorWindow = vscode.window,
): Promise<T> {
  return show({ location: vscode.ProgressLocation.Window, title }, work, window);
}

async function show<T>(
  options: vscode.ProgressOptions & { readonly title: string },
  work: ShownWork<T>,
  window: EditorWindow,
): Promise<T> {
  return window.withProgress({ ...options, title: plainWords(options.title) }, (progress, token) =>
    work((message) => progress.report({ message: plainWords(message) }), toSignal(token)),
  );
}
