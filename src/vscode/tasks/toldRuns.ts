import type * as vscode from 'vscode';
import { readRecords } from '../storedRecords';

const STORE_KEY = 'interruptedRunsTold';

/** Interrupted runs of this workspace that the person was told of: each is news only once. */
export class ToldRuns {
  constructor(private readonly state: vscode.Memento) {}

  /** Those that nobody was told of yet. From now on they count as told; of runs that are not given any more nothing is kept. */
  async tell(runIds: readonly string[]): Promise<ReadonlySet<string>> {
    const told = new Set(this.#told);
    await this.state.update(STORE_KEY, runIds);
    return new Set(runIds.filter((runId) => !told.has(runId)));
  }

  /** It is taken up again: where it is interrupted once more, that is news. */
  async forget(runId: string): Promise<void> {
    const kept = this.#told.filter((known) => known !== runId);
    if (kept.length < this.#told.length) await this.state.update(STORE_KEY, kept);
  }

  get #told(): readonly string[] {
    return readRecords(this.state, STORE_KEY, (value) => typeof value === 'string');
  }
}
