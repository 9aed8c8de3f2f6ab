import type { Message } from './types';

/** Measures how far each prompt goes on from the last one, which is what the server's prompt cache can keep. */
export class PromptReuse {
  #last: readonly Message[] | undefined;
  readonly #lengths = new WeakMap<Message, number>();

  /** The share, 0–1 in characters, of the last prompt that `messages` has as its exact beginning; null for the first. */
  next(messages: readonly Message[]): number | null {
    const last = this.#last;
    this.#last = [...messages];
    if (!last) return null;
    const changed = last.findIndex((message, index) => message !== messages[index]);
    if (changed === -1) return 1;
    return this.#length(last.slice(0, changed)) / this.#length(last);
  }

  #length(messages: readonly Message[]): number {
    return messages.reduce((sum, message) => {
      const length = this.#lengths.get(message) ?? JSON.stringify(message).length;
      this.#lengths.set(message, length);
      return sum + length;
    }, 0);
  }
}
