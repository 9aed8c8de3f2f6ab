/** The process's standard streams, written in order and never cut off by an early exit. */
import type { Writable } from 'node:stream';

export class OutputStream {
  #isBroken = false;

  constructor(private readonly stream: Writable & { readonly isTTY?: boolean }) {
    // Whoever read our output has gone (EPIPE): there is nobody left to tell.
    stream.on('error', () => {
      this.#isBroken = true;
    });
  }

  get isTerminal(): boolean {
    return this.stream.isTTY === true;
  }

  write(text: string): void {
    if (!this.#isBroken && text !== '') this.stream.write(text);
  }

  /** Resolves when everything written so far has left the process, however slow the reader is. */
  flush(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#isBroken) resolve();
      else
        this.stream.write('', () => {
          resolve();
        });
    });
  }
}
