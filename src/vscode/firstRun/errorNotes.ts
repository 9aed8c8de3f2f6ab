import type { LogLevel } from '../../base/logger';
import { redact } from '../../base/redact';
import type { NotedError } from '../../tasks/doctorFacts';
import type { Output } from '../output';
import { shortText } from '../shortText';

const MAX_NOTES = 20;

/** The last warnings and errors of this window, for the doctor. */
export class ErrorNotes {
  readonly #notes: NotedError[] = [];

  /** @param now ISO 8601 */
  constructor(private readonly now: () => string = () => new Date().toISOString()) {}

  /** The newest last. */
  get all(): readonly NotedError[] {
    return this.#notes;
  }

  note(message: string): void {
    this.#notes.push({ at: this.now(), message: shortText(redact(message), 500) });
    if (this.#notes.length > MAX_NOTES) this.#notes.shift();
  }

  /** The same output, of whose log everything that went wrong is kept. */
  watch(output: Output): Output {
    const log = (level: LogLevel, message: string): void => {
      output.logger.log(level, message);
      if (level === 'warn' || level === 'error') this.note(message);
    };
    return { ...output, logger: { log } };
  }
}
