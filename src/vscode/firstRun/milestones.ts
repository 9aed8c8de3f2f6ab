import type * as vscode from 'vscode';
import { isJsonObject } from '../../base/json';
import type { ContextKeyTypes } from '../ids';
import { setContext } from '../typed';

/** What a person has reached once on this computer. `offered`: the first steps were offered. */
export type Milestone = 'serverFound' | 'offered' | 'mcpServerStarted' | 'taskCompleted' | 'selfTestDone';

const KEY = 'firstRun';

const CONTEXTS: Partial<Record<Milestone, keyof ContextKeyTypes>> = {
  mcpServerStarted: 'lmstudioBridge.mcpServerStarted',
  taskCompleted: 'lmstudioBridge.taskCompleted',
  selfTestDone: 'lmstudioBridge.selfTestDone',
};

/** Kept from one window to the next; the steps of the walkthrough wait for them. */
export class Milestones {
  constructor(private readonly state: vscode.Memento) {
    for (const milestone of Object.keys(CONTEXTS) as Milestone[]) if (this.has(milestone)) this.#show(milestone);
  }

  has(milestone: Milestone): boolean {
    return this.#read()[milestone] === true;
  }

  /** False where it was reached before. */
  reach(milestone: Milestone): boolean {
    if (this.has(milestone)) return false;
    void this.state.update(KEY, { ...this.#read(), [milestone]: true });
    this.#show(milestone);
    return true;
  }

  /** For tests: as in a fresh profile. */
  async forget(): Promise<void> {
    await this.state.update(KEY, undefined);
    for (const key of Object.values(CONTEXTS)) setContext(key, false);
  }

  #read(): Readonly<Record<string, unknown>> {
    const stored = this.state.get<unknown>(KEY);
    return isJsonObject(stored) ? stored : {};
  }

  #show(milestone: Milestone): void {
    const key = CONTEXTS[milestone];
    if (key) setContext(key, true);
  }
}
