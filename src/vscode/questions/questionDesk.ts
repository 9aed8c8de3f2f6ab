/** Where tasks wait for a person: one question at a time, at once in front of who is here, else behind a notification. */
import * as l10n from '@vscode/l10n';
import { deadline, raceAbort } from '../../base/abort';
import type { Clock } from '../../base/clock';
import { Emitter } from '../../base/emitter';
import { BridgeError } from '../../base/errors';
import { KeyedLock } from '../../base/keyedLock';
import type { Dialogs } from '../dialogs';

/** What a question gives back where the person wants to read first: it is not answered, and waits on. */
export const LATER = Symbol('later');

export interface Question<T> {
  /** For the notification: what is asked, without the details. */
  readonly notice: string;
  /** Numbers of the tasks of this window that wait for its answer, as of now; absent: it belongs to none. */
  readonly tasks?: () => readonly number[];
  /** The person has just asked for what it is about, so it opens at once, wherever they look by now. */
  readonly isExpected?: () => boolean;
  /** Shows it with all details; `more` other questions wait meanwhile. Throws the signal's reason. */
  readonly show: (more: number, signal: AbortSignal) => Promise<T | typeof LATER>;
  /** What makes it needless to ask; undefined: nothing yet. */
  readonly settled?: () => T | undefined;
  /** The answer where nobody gives one; `why` is a sentence, in English, because models read it. */
  readonly unanswered: (why: string) => T;
}

export interface DeskNeeds {
  readonly dialogs: Dialogs;
  readonly clock: Clock;
  /** Whether the person has this window in front. */
  readonly isPersonHere: () => boolean;
  /** Minutes after which nobody's answer is an answer; 0: at once where the person is not here; undefined: never. */
  readonly readPatience: () => number | undefined;
}

const REVIEW = l10n.t('Review…');
const DESK = 'desk';

export class QuestionDesk {
  readonly #turns = new KeyedLock();
  /** Questions behind a notification, oldest first, with what opens them. */
  readonly #unopened = new Map<Question<unknown>, { readonly open: () => void; readonly isNeedless: () => boolean }>();
  /** Those that have not been shown. */
  readonly #waiting = new Set<object>();
  /** All that nobody has answered yet, the one on the screen too. */
  readonly #unanswered = new Set<Question<unknown>>();
  readonly #changed = new Emitter<boolean>();
  readonly #counted = new Emitter<number>();

  /** Whether a question waits behind a notification. */
  readonly onDidChange = this.#changed.event;
  /** How many questions nobody has answered yet. */
  readonly onDidChangeCount = this.#counted.event;

  constructor(private readonly needs: DeskNeeds) {}

  get hasUnopened(): boolean {
    return this.#unopened.size > 0;
  }

  /** Questions that nobody has answered yet: those behind a notification, those in the queue, and the one on the screen. */
  get count(): number {
    return this.#unanswered.size;
  }

  /** Those of `count` that no task of this window waits for. */
  get strays(): number {
    return [...this.#unanswered].filter((question) => tasksOf(question).length === 0).length;
  }

  /** Whether this task waits for an answer. */
  asks(task: number): boolean {
    return [...this.#unanswered].some((question) => tasksOf(question).includes(task));
  }

  /**
   * Opens the question that has waited longest behind its notification: of this task only, where one is given. False where
   * there is none.
   */
  openNext(task?: number): boolean {
    const found = [...this.#unopened].find(([question]) => task === undefined || tasksOf(question).includes(task));
    found?.[1].open();
    return found !== undefined;
  }

  /** @throws only the signal's reason */
  async put<T>(question: Question<T>, signal: AbortSignal): Promise<T> {
    const minutes = this.needs.readPatience();
    const isHere = this.needs.isPersonHere() || (question.isExpected?.() ?? false);
    if (minutes === 0 && !isHere) return question.unanswered('Nobody was there to answer.');
    const late = new BridgeError('limit-time', `Nobody answered within ${inMinutes(minutes ?? 0)}.`);
    const patience = deadline(signal, minutes ? minutes * 60_000 : undefined, this.needs.clock, () => late);
    this.#waiting.add(question);
    this.#countIn(question);
    try {
      if (!isHere) await this.#untilOpened(question, patience.signal);
      for (;;) {
        const answer = await this.#show(question, patience.signal);
        if (answer !== LATER) return answer;
        this.#waiting.add(question);
        await this.#untilOpened(question, patience.signal);
      }
    } catch (error) {
      if (error !== late) throw error;
      return question.unanswered(late.message);
    } finally {
      this.#waiting.delete(question);
      this.#unanswered.delete(question);
      this.#counted.fire(this.count);
      patience.dispose();
      // An answer can make others needless.
      for (const { open, isNeedless } of this.#unopened.values()) if (isNeedless()) open();
    }
  }

  #countIn(question: Question<unknown>): void {
    this.#unanswered.add(question);
    this.#counted.fire(this.count);
  }

  async #show<T>(question: Question<T>, signal: AbortSignal): Promise<T | typeof LATER> {
    const turn = await this.#turns.enter(DESK, signal);
    this.#waiting.delete(question);
    try {
      return question.settled?.() ?? (await question.show(this.#waiting.size, signal));
    } finally {
      turn.dispose();
    }
  }

  async #untilOpened(question: Question<unknown>, signal: AbortSignal): Promise<void> {
    const { dialogs } = this.needs;
    const opened = new Promise<void>((resolve) => {
      this.#unopened.set(question, { open: resolve, isNeedless: () => question.settled?.() !== undefined });
    });
    this.#changed.fire(true);
    // Closing the notification decides nothing: the question can be opened from the status bar too.
    void dialogs.notify('warning', question.notice, [REVIEW]).then((chosen) => {
      if (chosen !== REVIEW) return;
      const waiting = this.#unopened.get(question);
      if (waiting) waiting.open();
      else void dialogs.notify('info', l10n.t('This question does not wait for an answer any more.'));
    });
    try {
      await raceAbort(opened, signal);
    } finally {
      this.#unopened.delete(question);
      this.#changed.fire(this.hasUnopened);
    }
  }
}

function tasksOf({ tasks }: Question<unknown>): readonly number[] {
  return tasks?.() ?? [];
}

function inMinutes(count: number): string {
  return count === 1 ? '1 minute' : `${count} minutes`;
}
