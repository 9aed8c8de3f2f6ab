import type { ToldNews } from './journalFormat';
import type { TaskEvent } from './types';

/**
 * Notes what a run tells by the way: when its rounds began, what the model thought, who allowed what, warnings, and why
 * it failed. So a past task can be read as it was.
 */
export class ToldLines {
  #thought: { readonly since: number; text: string; until: number } | undefined;

  constructor(private journal: { record(news: ToldNews): void } | undefined) {}

  add(event: TaskEvent): void {
    if (event.type === 'reasoning_delta') {
      this.#thought ??= { since: event.at, text: '', until: event.at };
      this.#thought.text += event.text;
      this.#thought.until = event.at;
      return;
    }
    // Thinking goes on over it.
    if (event.type === 'phase') return;
    this.#endThought();
    const news = newsOf(event);
    if (news) this.journal?.record(news);
  }

  /** From here on nothing is noted. */
  stop(): void {
    this.journal = undefined;
  }

  #endThought(): void {
    const thought = this.#thought;
    if (!thought) return;
    this.#thought = undefined;
    this.journal?.record({ type: 'reasoning', text: thought.text, durationMs: thought.until - thought.since });
  }
}

function newsOf(event: TaskEvent): ToldNews | undefined {
  switch (event.type) {
    case 'round_start':
      return { type: 'round', round: event.round };
    case 'approval':
      return { type: 'approval', id: event.id, decision: event.decision, reason: event.reason };
    case 'retry':
      return { type: 'retry', code: event.code, attempt: event.attempt, delayMs: event.delayMs };
    case 'warning':
      return { type: 'warning', code: event.code, message: event.message };
    case 'error':
      return { type: 'error', code: event.code, message: event.message, hint: event.hint };
    default:
      return undefined;
  }
}
