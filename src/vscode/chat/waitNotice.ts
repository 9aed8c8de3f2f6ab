import * as l10n from '@vscode/l10n';
import type { Phase } from '../../agent/types';
import { progressWords, stepWords } from '../../tasks/phaseText';
import type { ShownWork } from '../progress';
import { shortText } from '../shortText';

/** Shows work under a title until it ends. */
type ShowWork = (title: string, work: ShownWork<void>) => unknown;

interface Shown {
  readonly title: string;
  message: string;
  report?: (message: string) => void;
  end?: () => void;
}

/** Says in the status bar what a request of the chat waits for: the chat itself has no place where a model could. */
export class WaitNotice {
  #shown: Shown | undefined;
  #loadTitle: string | undefined;

  constructor(private readonly showWork: ShowWork) {}

  /** The model has to be loaded first. */
  loads(displayName: string): void {
    this.#loadTitle = l10n.t('LM Studio loads {0} for the chat', shortText(displayName, 200));
    this.#show(this.#loadTitle, '');
  }

  /** A prompt that is read at once is worth no notice: it only takes the place of what was waited for before. */
  hear(phase: Phase): void {
    switch (phase.phase) {
      case 'queued':
        this.#show(l10n.t('LM Studio'), l10n.t('The chat waits for other requests to LM Studio.'));
        return;
      case 'loading-model':
        if (this.#loadTitle === undefined) this.#show(l10n.t('LM Studio'), stepWords(phase));
        else this.#show(this.#loadTitle, progressWords(phase, 0));
        return;
      case 'processing-prompt':
        if (this.#shown) this.#show(l10n.t('LM Studio'), stepWords(phase));
        return;
      case 'generating':
        this.end();
        return;
      default:
        return;
    }
  }

  end(): void {
    this.#shown?.end?.();
    this.#shown = undefined;
  }

  /** What is shown keeps its title: another title is another notice. */
  #show(title: string, message: string): void {
    if (this.#shown?.title === title) {
      this.#shown.message = message;
      this.#shown.report?.(message);
      return;
    }
    this.end();
    const shown: Shown = { title, message };
    const ended = new Promise<void>((resolve) => {
      shown.end = resolve;
    });
    this.#shown = shown;
    this.showWork(title, (report) => {
      shown.report = report;
      if (shown.message !== '') report(shown.message);
      return ended;
    });
  }
}
