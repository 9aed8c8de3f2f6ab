/** What a person does to the tasks that run: that of the row; else which one is asked only where there are several. */
import * as l10n from '@vscode/l10n';
import { type BridgeError, ConfigurationError } from '../../base/errors';
import type { Choice, Dialogs } from '../dialogs';
import { nodesOf } from './taskChoice';
import { type TaskNode, taskNodeOf } from './taskNode';
import type { Tasks } from './tasks';
import type { TaskStatus } from './taskStatus';

export class TaskActions {
  constructor(
    private readonly tasks: Tasks,
    private readonly dialogs: Dialogs,
  ) {}

  /** Why nothing can be done to a task now; undefined: something can. */
  readonly noTask = (): BridgeError | undefined => refuse(this.tasks.running, l10n.t('No task is running.'));

  readonly noneToPause = (): BridgeError | undefined =>
    this.noTask() ?? refuse(this.tasks.running.filter(isGoing), l10n.t('Every running task is paused already.'));

  readonly noneToContinue = (): BridgeError | undefined =>
    this.noTask() ?? refuse(this.tasks.running.filter(isPaused), l10n.t('No running task is paused.'));

  async cancel(node?: unknown, selection?: unknown): Promise<void> {
    const tasks = await this.#chooseAll(node, selection, l10n.t('Cancel Task'), () => true);
    for (const { id } of tasks) this.tasks.cancel(id);
  }

  async pause(node?: unknown, selection?: unknown): Promise<void> {
    const tasks = await this.#chooseAll(node, selection, l10n.t('Pause Task'), isGoing);
    for (const { id } of tasks) this.tasks.pause(id);
  }

  async continue(node?: unknown, selection?: unknown): Promise<void> {
    const tasks = await this.#chooseAll(node, selection, l10n.t('Continue Task'), isPaused);
    for (const { id } of tasks) this.tasks.resume(id);
  }

  /** @throws ConfigurationError where the task has ended while the person was writing */
  async addMessage(node?: unknown): Promise<void> {
    const title = l10n.t('Add Message to Running Task');
    const task = await this.#choose(node, title, () => true);
    if (!task) return;
    const message = await this.dialogs.input({
      title,
      prompt: l10n.t('What should the model know? It reads it before its next answer. Task: {0}', task.label),
      placeholder: l10n.t('For example: leave the file config.json as it is'),
      validate: (text) => (text.trim() === '' ? l10n.t('Write something.') : undefined),
    });
    if (message === undefined || message.trim() === '') return;
    if (this.tasks.addMessage(task.id, message.trim())) return;
    throw new ConfigurationError('usage', l10n.t('The task ended before your message could reach it.'), {
      hint: l10n.t('Start a new task with it.'),
    });
  }

  /** The task of a row; undefined where it was no row. @throws ConfigurationError where it runs no more */
  runningOf(argument: unknown): TaskStatus | undefined {
    const node = taskNodeOf(argument);
    if (!node) return undefined;
    const task = this.tasks.running.find((running) => isTaskOf(node, running));
    if (task) return task;
    throw new ConfigurationError('usage', l10n.t('This task does not run in this window.'), {
      hint: l10n.t('It has ended, or it runs in another window.'),
    });
  }

  /** Those of the selected rows that it fits; of one row, or none, as `#choose`. @throws ConfigurationError where it fits none */
  async #chooseAll(
    argument: unknown,
    selection: unknown,
    title: string,
    fits: (task: TaskStatus) => boolean,
  ): Promise<readonly TaskStatus[]> {
    const nodes = nodesOf(argument, selection);
    if (nodes.length < 2) {
      const task = await this.#choose(nodes[0] ?? argument, title, fits);
      return task ? [task] : [];
    }
    const fitting = this.tasks.running.filter((task) => fits(task) && nodes.some((node) => isTaskOf(node, task)));
    if (fitting.length > 0) return fitting;
    throw new ConfigurationError('usage', l10n.t('{0}: it fits none of the selected tasks now.', title));
  }

  async #choose(
    argument: unknown,
    title: string,
    fits: (task: TaskStatus) => boolean,
  ): Promise<TaskStatus | undefined> {
    const meant = this.runningOf(argument);
    // Of the row nothing is asked; what it is already, it stays.
    if (meant) return fits(meant) ? meant : undefined;
    const candidates = this.tasks.running.filter(fits);
    if (candidates.length < 2) return candidates[0];
    const choices = candidates.map((task): Choice & { task: TaskStatus } => ({
      label: task.label,
      description: l10n.t('round {0}, {1}', task.round, standingOf(task)),
      task,
    }));
    const placeholder = l10n.t('There are {0} such tasks. Which one?', candidates.length);
    return (await this.dialogs.pickOne(choices, { title, placeholder }))?.task;
  }
}

/** What the task does, or that it is held: without a clock, since a choice stands still. */
function standingOf({ pause, activity, isWaiting }: TaskStatus): string {
  if (isWaiting) return l10n.t('waiting for your answer');
  if (pause === 'paused') return l10n.t('paused');
  return pause === 'pausing' ? l10n.t('{0}, then paused', activity) : activity;
}

function isTaskOf(node: TaskNode, { id, runId }: TaskStatus): boolean {
  return node.id === id || (node.runId !== undefined && node.runId === runId);
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
