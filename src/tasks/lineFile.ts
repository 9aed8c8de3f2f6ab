import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Appends lines to a file in their order. A line is on its way to the operating system as soon as it was added; lines
 * that come while one is being written go together into the next write. After a failure nothing more is written, so
 * that only the last line of the file can be incomplete.
 */
export class LineFile {
  #waiting = '';
  #writing: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;
  #isFolderSynced = false;

  private constructor(
    private readonly handle: FileHandle,
    private readonly path: string,
  ) {}

  /** @throws the system's error */
  static async open(path: string): Promise<LineFile> {
    return new LineFile(await open(path, 'a', 0o600), path);
  }

  /** Never throws: the failure is told by whoever waits for it. */
  append(line: string): void {
    this.#waiting += `${line}\n`;
    this.#writing ??= this.#write();
  }

  /** Settles when the operating system has all lines: the end of this process no longer loses them. @throws the system's error */
  async written(): Promise<void> {
    while (this.#writing) await this.#writing;
    if (this.#failure) throw this.#failure.error;
  }

  /** Settles when all lines are on the disk. @throws the system's error */
  async synced(): Promise<void> {
    await this.written();
    await this.handle.datasync();
    if (this.#isFolderSynced) return;
    this.#isFolderSynced = true;
    await syncFolder(dirname(this.path));
  }

  /** Writes what is left; never throws. */
  async close(): Promise<void> {
    await this.written().catch(() => undefined);
    await this.handle.close().catch(() => undefined);
  }

  async #write(): Promise<void> {
    // In a turn of its own: what one step of the run records goes into one write.
    await Promise.resolve();
    try {
      while (this.#waiting !== '' && !this.#failure) {
        const text = this.#waiting;
        this.#waiting = '';
        await this.handle.appendFile(text);
      }
    } catch (error) {
      this.#failure = { error };
    }
    this.#writing = undefined;
  }
}

/** A new file's name is in its folder, which is to be on the disk as well. Windows cannot do that, and need not. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}
