/** What a person does to the tasks that run: which one is asked only where there are several. */
import { type BridgeError, ConfigurationError } from '../../base/errors';
import type { Choice, Dialogs } from '../dialogs';
import type { Tasks } from './tasks';
import type { TaskStatus } from './taskStatus';

export class TaskActions {
  constructor(
    private readonly tasks: Tasks,
    private readonly dialogs: Dialogs,
  ) {}

  /** Why nothing can be done to a task now; undefined: something can. */
  readonly noTask = (): BridgeError | undefined => refuse(this.tasks.running, 'No task is running.');

  readonly noneToPause = (): BridgeError | undefined =>
    this.noTask() ?? refuse(this.tasks.running.filter(isGoing), 'Every running task is paused already.');

  readonly noneToContinue = (): BridgeError | undefined =>
    this.noTask() ?? refuse(this.tasks.running.filter(isPaused), 'No running task is paused.');

  async cancel(): Promise<void> {
    const task = await this.#choose('Cancel Task', () => true);
    if (task) this.tasks.cancel(task.id);
  }

  async pause(): Promise<void> {
    const task = await this.#choose('Pause Task', isGoing);
    if (task) this.tasks.pause(task.id);
  }

  async continue(): Promise<void> {
    const task = await this.#choose('Continue Task', isPaused);
    if (task) this.tasks.resume(task.id);
  }

  /** @throws ConfigurationError where the task has ended while the person was writing */
  async addMessage(): Promise<void> {
    const title = 'Add Message to Running Task';
    const task = await this.#choose(title, () => true);
    if (!task) return;
    const message = await this.dialogs.input({
      title,
      prompt: `What should the model know? It reads it before its next answer. Task: ${task.label}`,
      placeholder: 'For example: leave the file config.json as it is',
      validate: (text) => (text.trim() === '' ? 'Write something.' : undefined),
    });
    if (message === undefined || message.trim() === '') return;
    if (this.tasks.addMessage(task.id, message.trim())) return;
    throw new ConfigurationError('usage', 'The task ended before your message could reach it.', {
      hint: 'Start a new task with it.',
    });
  }

  async #choose(title: string, fits: (task: TaskStatus) => boolean): Promise<TaskStatus | undefined> {
    const candidates = this.tasks.running.filter(fits);
    if (candidates.length < 2) return candidates[0];
    const choices = candidates.map((task): Choice & { task: TaskStatus } => ({
      label: task.label,
      description: `round ${task.round}, ${task.pause ?? task.activity}`,
      task,
    }));
    const placeholder = `There are ${candidates.length} such tasks. Which one?`;
    return (await this.dialogs.pickOne(choices, { title, placeholder }))?.task;
  }
}

function isPaused({ pause }: TaskStatus): boolean {
  return pause !== undefined;
}

function isGoing(task: TaskStatus): boolean {
  return !isPaused(task);
}

function refuse(candidates: readonly TaskStatus[], message: string): BridgeError | undefined {
  return candidates.length === 0 ? new ConfigurationError('usage', message) : undefined;
}
