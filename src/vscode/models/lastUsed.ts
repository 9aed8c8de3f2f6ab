import { isJsonObject } from '../../base/json';
import type { Model } from '../../llm/lmstudio/model';

/** As much of a `vscode.Memento` as this needs. */
interface Memory {
  get(key: string): unknown;
  update(key: string, value: unknown): Thenable<void>;
}

/** A model that is gone for good leaves its time; so many of the newest are kept for each server. */
const MAX_MODELS = 200;
/** A busy model is not written down more often. */
const STEP_MS = 60_000;

/** When this machine used each model of each server last: by a task, or by loading it. */
export class LastUsed {
  constructor(
    private readonly state: Memory,
    /** Milliseconds since 1970. */
    private readonly today: () => number,
  ) {}

  /** For one server, as things are now: milliseconds since 1970, also from what `lms ps` told; undefined: not known. */
  on(root: string): (model: Pick<Model, 'key' | 'instances'>) => number | undefined {
    const stored = this.#read(root);
    return ({ key, instances }) => {
      const own = stored[key];
      const times = typeof own === 'number' ? [own] : [];
      for (const { lastUsedAt } of instances ?? []) if (lastUsedAt !== undefined) times.push(lastUsedAt);
      return times.length === 0 ? undefined : Math.max(...times);
    };
  }

  async note(root: string, key: string): Promise<void> {
    if (root === '') return;
    const { [key]: before, ...others } = this.#read(root);
    const now = this.today();
    if (typeof before === 'number' && now - before < STEP_MS) return;
    const newest = Object.entries(others).slice(1 - MAX_MODELS);
    await this.state.update(placeOf(root), { ...Object.fromEntries(newest), [key]: now });
  }

  #read(root: string): Readonly<Record<string, unknown>> {
    const stored = root === '' ? undefined : this.state.get(placeOf(root));
    return isJsonObject(stored) ? stored : {};
  }
}

function placeOf(root: string): string {
  return `used:${new URL(root).origin}`;
}
