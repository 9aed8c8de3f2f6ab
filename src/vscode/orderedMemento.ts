import type * as vscode from 'vscode';

/**
 * One write after the other. VS Code sends a global state back to whoever has written it, all keys at once: what is
 * written while such an answer is on its way is overwritten by it in memory, and then on the disk.
 */
export class OrderedMemento implements vscode.Memento {
  /** Written by us, and not answered yet. */
  readonly #written = new Map<string, unknown>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(private readonly state: vscode.Memento) {}

  keys(): readonly string[] {
    return [...new Set([...this.state.keys(), ...this.#written.keys()])];
  }

  /** Its type, which depends on whether there is a default, is VS Code's. */
  readonly get: vscode.Memento['get'] = (key: string, defaultValue?: unknown) => this.#read(key, defaultValue) as never;

  update(key: string, value: unknown): Promise<void> {
    this.#written.set(key, value);
    const writing = this.#last.then(async () => {
      try {
        await this.state.update(key, value);
      } finally {
        if (this.#written.get(key) === value) this.#written.delete(key);
      }
    });
    this.#last = writing.catch(() => undefined);
    return writing;
  }

  #read(key: string, defaultValue: unknown): unknown {
    return this.#written.has(key) ? (this.#written.get(key) ?? defaultValue) : this.state.get(key, defaultValue);
  }
}
