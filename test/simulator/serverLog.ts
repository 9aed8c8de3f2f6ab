/** What LM Studio writes into its server log (§4), as far as it tells of prompts. */
import { sleep, type SimulatorClock } from './clock';

/** INF: how often. */
const STEPS = 4;

export class ServerLog {
  readonly #listeners = new Set<(content: string) => void>();
  readonly #waiting = new Set<() => void>();

  /** From now on; the result ends it. */
  follow(listener: (content: string) => void): () => void {
    this.#listeners.add(listener);
    this.#changed();
    return () => {
      this.#listeners.delete(listener);
      this.#changed();
    };
  }

  /** Until so many follow it. */
  async followedBy(count: number): Promise<void> {
    while (this.#listeners.size !== count) await new Promise<void>((changed) => this.#waiting.add(changed));
  }

  #changed(): void {
    for (const changed of this.#waiting) changed();
    this.#waiting.clear();
  }

  /** §4 SRC: the form of a line. */
  write(model: string, message: string): void {
    const time = new Date().toISOString().replace('T', ' ').slice(0, 19);
    for (const tell of this.#listeners) tell(`[${time}][INFO][${model}] ${message}`);
  }

  /** §4 SRC: the wording. */
  writeProgress(model: string, progress: number): void {
    this.write(model, `Prompt processing progress: ${String(Math.round(progress * 1000) / 10)}%`);
  }
}

/** Tells how far a prompt is that takes `ms` milliseconds, until it is read or the model is gone. */
export function tellPrompt(log: ServerLog, model: string, ms: number, clock: SimulatorClock, end: AbortSignal): void {
  for (let step = 1; ms > 0 && step < STEPS; step += 1) {
    void sleep(clock, (ms * step) / STEPS, end).then(() => {
      if (!end.aborted) log.writeProgress(model, step / STEPS);
    });
  }
}
