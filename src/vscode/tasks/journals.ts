import { readdir } from 'node:fs/promises';
import { systemErrorCode } from '../../base/errors';
import type { JournalStore } from '../../tasks/journalStore';

/** The journals of this window's tasks: in the storage that VS Code gives us for the workspace, never in its folders. */
export class Journals {
  #store: Promise<JournalStore> | undefined;

  constructor(
    /** Absolute. */
    readonly folder: string,
    private readonly version: string,
  ) {}

  /** Loads what it needs when it is first asked for. */
  get(): Promise<JournalStore> {
    this.#store ??= import('../../tasks/journalStore').then(
      ({ JournalStore }) => new JournalStore({ folder: this.folder, version: this.version, wallClock: Date.now }),
    );
    return this.#store;
  }

  /** Whether there is any; costs no more than to look into a folder. True where nobody can look: reading them says why. */
  async areThere(): Promise<boolean> {
    try {
      return (await readdir(this.folder)).some((name) => name.endsWith('.jsonl'));
    } catch (error) {
      return systemErrorCode(error) !== 'ENOENT';
    }
  }
}
