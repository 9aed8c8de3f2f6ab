import type * as vscode from 'vscode';
import type { SpeedSnapshot } from '../../llm/speedLedger';

/** How fast the models of each server were, kept on this machine from one window to the next. */
export class SpeedStore {
  constructor(private readonly state: vscode.Memento) {}

  /** What was saved for this server: to be checked by whoever uses it. */
  read(root: string): unknown {
    return this.state.get(keyFor(root));
  }

  async save(root: string, speeds: SpeedSnapshot): Promise<void> {
    await this.state.update(keyFor(root), speeds);
  }
}

function keyFor(root: string): string {
  return `speed:${new URL(root).origin}`;
}
