import type { AgentEvent, RunControl } from '../agent/types';
import { raceAbort, throwIfAborted } from '../base/abort';
import type { Disposable } from '../base/disposable';
import { Emitter } from '../base/emitter';

/** What becomes known of it, for the events of the run. */
export type ControlEvent = Extract<AgentEvent, { type: 'paused' | 'resumed' | 'warning' }>;

/** What a person does to a running task from outside: says something more, pauses it, lets it go on. */
export class TaskControl implements RunControl {
  readonly #reports = new Emitter<ControlEvent>();
  readonly #resumed = new Emitter<void>();
  readonly #messages: string[] = [];
  #isPaused = false;

  /** `paused` when the task begins to wait, which is after what it is doing now; `resumed` when it goes on after that. */
  readonly onEvent = this.#reports.event;

  /** @param askToGoOn asks the person about a task that goes round in circles. Absent: nobody is there, and it is stopped. */
  constructor(private readonly askToGoOn?: RunControl['mayGoOn']) {}

  /** True from the person's word on, also while the task still finishes what it is doing. */
  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** The task reads it before its next request; an answer that is being written is not disturbed. */
  add(message: string): void {
    this.#messages.push(message);
  }

  /** Takes effect before the next request or tool call. */
  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#resumed.fire();
  }

  /** For what the person said in a way that cannot be understood. */
  warn(code: string, message: string): void {
    this.#reports.fire({ type: 'warning', code, message });
  }

  async whenGoing(signal: AbortSignal): Promise<void> {
    throwIfAborted(signal);
    if (!this.#isPaused) return;
    this.#reports.fire({ type: 'paused' });
    await this.#untilResumed(signal);
    this.#reports.fire({ type: 'resumed' });
    // It may be paused again by now.
    await this.whenGoing(signal);
  }

  async next(signal: AbortSignal): Promise<readonly string[]> {
    await this.whenGoing(signal);
    return this.takeUnheard();
  }

  async mayGoOn(problem: string, signal: AbortSignal): Promise<boolean> {
    return (await this.askToGoOn?.(problem, signal)) ?? false;
  }

  /** What nobody has read yet, oldest first; nobody will then. */
  takeUnheard(): readonly string[] {
    return this.#messages.splice(0);
  }

  #untilResumed(signal: AbortSignal): Promise<void> {
    let listening: Disposable | undefined;
    const resumed = new Promise<void>((resolve) => {
      listening = this.#resumed.event(resolve);
    });
    return raceAbort(resumed, signal).finally(() => listening?.dispose());
  }
}
