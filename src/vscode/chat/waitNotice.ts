import * as l10n from '@vscode/l10n';
import { withStatusProgress } from '../progress';
import { shortText } from '../shortText';

/** Says in the status bar what a request of the chat waits for: the chat itself has no place where a model could. */
export class WaitNotice {
  #message = '';
  #report: ((message: string) => void) | undefined;
  #end: (() => void) | undefined;

  /** The model has to be loaded first. */
  loads(displayName: string): void {
    this.#open(l10n.t('LM Studio loads {0} for the chat', shortText(displayName, 200)));
  }

  show(message: string): void {
    this.#message = message;
    this.#open(l10n.t('LM Studio'));
    this.#report?.(message);
  }

  end(): void {
    this.#end?.();
    this.#end = undefined;
    this.#report = undefined;
  }

  #open(title: string): void {
    if (this.#end) return;
    const ended = new Promise<void>((resolve) => {
      this.#end = resolve;
    });
    void withStatusProgress(title, (report) => {
      this.#report = report;
      if (this.#message !== '') report(this.#message);
      return ended;
    });
  }
}
