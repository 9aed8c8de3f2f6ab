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

  // The overloads are VS Code's.
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
  get<T>(key: string): T | undefined;
  get<T>(key: string, defaultValue: T): T;
  get<T>(key: string, defaultValue?: T): T | undefined {
    if (!this.#written.has(key)) return this.state.get<T | undefined>(key, defaultValue);
    return (this.#written.get(key) as T | undefined) ?? defaultValue;
  }

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
}
