/** The tasks that have a journal here, also of other windows and of sessions before this one. */
import { Emitter } from '../../base/emitter';
import { toBridgeError } from '../../base/errors';
import type { BrokenRun, ListedRun } from '../../tasks/journalStore';
import type { Journals } from './journals';

export class TaskHistory {
  readonly #changed = new Emitter<void>();
  #reading: Promise<void> | undefined;
  /** Asked for while the folder is being read: what changes meanwhile may have been missed. */
  #next: Promise<void> | undefined;
  #hasRead = false;
  #runs: readonly ListedRun[] = [];
  #broken: readonly BrokenRun[] = [];
  #problem: string | undefined;

  /** The folder was read again. */
  readonly onDidChange = this.#changed.event;

  constructor(private readonly journals: Journals) {}

  /** False: nobody has asked for anything yet, or the first answer is not there. */
  get hasRead(): boolean {
    return this.#hasRead;
  }

  /** Newest first. */
  get runs(): readonly ListedRun[] {
    return this.#runs;
  }

  get broken(): readonly BrokenRun[] {
    return this.#broken;
  }

  /** Why the folder cannot be read: a sentence. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Settles when everything that is there now has been read. Never throws: see `problem`. */
  read(): Promise<void> {
    if (!this.#reading) {
      this.#reading = this.#read().finally(() => (this.#reading = undefined));
      return this.#reading;
    }
    this.#next ??= this.#reading.then(() => {
      this.#next = undefined;
      return this.read();
    });
    return this.#next;
  }

  dispose(): void {
    this.#changed.dispose();
  }

  async #read(): Promise<void> {
    try {
      // Without a journal nothing is loaded that could read one.
      const { runs, broken } = (await this.journals.areThere())
        ? await (await this.journals.get()).list()
        : { runs: [], broken: [] };
      this.#runs = runs;
      this.#broken = broken;
      this.#problem = undefined;
    } catch (failure) {
      this.#problem = toBridgeError(failure).message;
    }
    this.#hasRead = true;
    this.#changed.fire();
  }
}
