import * as vscode from 'vscode';
import type { Clock } from '../../base/clock';
import type { Disposable } from '../../base/disposable';
import { setContext } from '../typed';

/** A walkthrough is registered a moment after its tab has opened; on a busy machine it takes longer. */
const TURNS_AFTER_MS = [1_000, 5_000] as const;

/**
 * VS Code registers walkthroughs when one is first looked at. A condition that is true at that moment never completes
 * its step: only a change does. So each step waits for its condition, and also for the condition together with either
 * value of a key that changes whenever a walkthrough may have opened. What is done before then is ticked off in this way.
 */
export class StepRounds implements vscode.Disposable {
  readonly #listening: vscode.Disposable;
  #timers: readonly Disposable[] = [];
  #isOdd = false;

  constructor(private readonly clock: Clock) {
    const { tabGroups } = vscode.window;
    if (tabGroups.all.some(({ tabs }) => tabs.some(mayBeWalkthrough))) this.turn();
    this.#listening = tabGroups.onDidChangeTabs(({ opened }) => {
      if (opened.some(mayBeWalkthrough)) this.turn();
    });
  }

  /** A walkthrough has opened, or may have. */
  turn(): void {
    this.#stop();
    this.#timers = TURNS_AFTER_MS.map((ms) => this.clock.after(ms, () => this.#change()));
  }

  dispose(): void {
    this.#stop();
    this.#listening.dispose();
  }

  #stop(): void {
    for (const timer of this.#timers) timer.dispose();
    this.#timers = [];
  }

  #change(): void {
    this.#isOdd = !this.#isOdd;
    setContext('lmstudioBridge.stepRound', this.#isOdd ? 'odd' : 'even');
  }
}

/** Editors of VS Code's own, such as the one of walkthroughs, have no input that extensions know. */
function mayBeWalkthrough({ input }: vscode.Tab): boolean {
  return input === undefined;
}
