/** The commands of the view of tasks, in its menus and in the palette. */
import { COMMANDS, type CommandId } from '../ids';
import { deleteEndedTasks, type DeleteNeeds, deleteTasks } from './deleteTasks';
import { type ResumeNeeds, resumeTask } from './journalActions';
import { type RetryNeeds, retryTask, retryTaskWithModel, runAgain } from './retryTask';
import { exportTask, type ExportNeeds } from './taskExport';
import type { TasksView } from './tasksView';

interface Runs {
  readonly run: (argument: unknown, selection?: unknown) => unknown;
}

export interface TaskViewCommandNeeds extends Omit<
  RetryNeeds & ExportNeeds & DeleteNeeds & ResumeNeeds,
  'board' | 'selection' | 'refreshTasks'
> {
  readonly tasksView: TasksView;
}

export function taskViewCommands({ tasksView, ...rest }: TaskViewCommandNeeds) {
  const needs = {
    ...rest,
    board: tasksView.board,
    selection: () => tasksView.selection,
    refreshTasks: () => tasksView.read(),
  };
  return {
    [COMMANDS.resumeTask]: { run: (task) => resumeTask(task, needs) },
    [COMMANDS.discardJournal]: { run: (task, selection) => deleteTasks(task, selection, needs) },
    [COMMANDS.deleteEndedTasks]: { run: () => deleteEndedTasks(needs) },
    [COMMANDS.runAgain]: { run: () => runAgain(needs) },
    [COMMANDS.retryTask]: { run: (task) => retryTask(task, needs) },
    [COMMANDS.retryTaskWithModel]: { run: (task) => retryTaskWithModel(task, needs) },
    [COMMANDS.exportTask]: { run: (task) => exportTask(task, needs) },
    [COMMANDS.refreshTasks]: { run: () => tasksView.read() },
    [COMMANDS.showMoreTasks]: { run: () => tasksView.tree.showMore() },
  } satisfies Partial<Record<CommandId, Runs>>;
}
