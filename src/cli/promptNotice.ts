import { type Clock, every } from '../base/clock';
import type { Disposable } from '../base/disposable';
import { waitWords } from '../tasks/phaseText';
import type { TaskEvent } from '../tasks/types';

const INTERVAL_MS = 10_000;

export interface PromptNoticeOptions {
  readonly clock: Clock;
  /** Is given whole lines. */
  readonly writeLine: (line: string) => void;
  /** The server's list had the model in memory; the wait includes its load where not. */
  readonly isInMemory: () => boolean;
}

/** Says every ten seconds that a prompt is still being read, and nothing where that is fast. Ends with `run_end`. */
export class PromptNotice {
  #timer: Disposable | undefined;

  constructor(private readonly options: PromptNoticeOptions) {}

  add(event: TaskEvent): void {
    // A wait ends with whatever comes next.
    this.#timer?.dispose();
    if (event.type === 'phase' && event.phase === 'processing-prompt') {
      this.#wait(this.options.clock.now(), event.estimatedMs);
    }
  }

  #wait(since: number, estimatedMs: number | null): void {
    const { clock, writeLine, isInMemory } = this.options;
    this.#timer = every(INTERVAL_MS, clock, () => {
      const elapsedMs = clock.now() - since;
      const words = waitWords(elapsedMs, estimatedMs);
      const what = isInMemory() ? 'reading the prompt' : 'loading the model or reading the prompt';
      writeLine(`Still ${what} (${words.includes('about') ? `${words}, estimated` : words}) …`);
    });
  }
}
