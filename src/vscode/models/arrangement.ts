import type { Disposable } from '../../base/disposable';
import { Emitter } from '../../base/emitter';
import {
  type Arrangement,
  EVERYTHING,
  type ModelFilter,
  parseArrangement,
  type SortOrder,
  storedArrangement,
} from './modelFilter';

/** As much of a `vscode.Memento` as this needs. */
interface Memory {
  get(key: string): unknown;
  update(key: string, value: unknown): Thenable<void>;
}

const PLACE = 'models.arrangement';

/** The filter and the order of the models view, kept for the workspace. */
export class ArrangementStore implements Disposable {
  readonly #changed = new Emitter<Arrangement>();
  #current: Arrangement;

  readonly onDidChange = this.#changed.event;

  constructor(private readonly state: Memory) {
    this.#current = parseArrangement(state.get(PLACE));
  }

  get current(): Arrangement {
    return this.#current;
  }

  filter(filter: ModelFilter): Promise<void> {
    return this.#set({ ...this.#current, filter });
  }

  clear(): Promise<void> {
    return this.filter(EVERYTHING);
  }

  sort(order: SortOrder): Promise<void> {
    return this.#set({ ...this.#current, order });
  }

  dispose(): void {
    this.#changed.dispose();
  }

  async #set(next: Arrangement): Promise<void> {
    this.#current = next;
    this.#changed.fire(next);
    await this.state.update(PLACE, storedArrangement(next));
  }
}
