/** Which tasks a command is about: those of the rows, else the one that a person picks. */
import * as l10n from '@vscode/l10n';
import { ConfigurationError } from '../../base/errors';
import { isJsonObject } from '../../base/json';
import { markupFree } from '../markup';
import type { Choice, Dialogs } from '../dialogs';
import { type ShownTask, stateOf } from './shownTask';
import type { TaskBoard } from './taskBoard';
import { type TaskNode, taskNodeOf } from './taskNode';
import { labelOf, stateWords } from './taskRows';

export interface ChoiceNeeds {
  readonly board: TaskBoard;
  readonly dialogs: Dialogs;
}

/** The rows that a menu or a key was used on; empty where a command was called without one. */
export function nodesOf(argument: unknown, selected: unknown): readonly TaskNode[] {
  const all = Array.isArray(selected) ? selected.flatMap((item) => taskNodeOf(item) ?? []) : [];
  const node = taskNodeOf(argument);
  if (!node) return all;
  // VS Code gives the selection even where the menu was opened on a row outside of it.
  const isSelected = all.some(({ id, runId }) => id === node.id && runId === node.runId);
  return isSelected ? all : [node];
}

/** What a key binding says that means the rows that are selected in the view. */
export function meansSelection(argument: unknown): boolean {
  return isJsonObject(argument) && argument['selected'] === true;
}

/**
 * The task of the row, or of the id of a run, or one that the person picks; undefined where the pick was closed.
 * @throws ConfigurationError where it is gone, or there is none to choose
 */
export async function chooseTask(
  argument: unknown,
  title: string,
  fits: (task: ShownTask) => boolean,
  { board, dialogs }: ChoiceNeeds,
): Promise<ShownTask | undefined> {
  const node = typeof argument === 'string' ? ({ kind: 'task', runId: argument } as const) : taskNodeOf(argument);
  await board.history.read();
  if (node) return known(node, board);
  const choices = board.shown.filter(fits).map((task): Choice & { readonly task: ShownTask } => ({
    label: labelOf(task),
    description: stateWords(stateOf(task)),
    ...(task.kind === 'past' ? { detail: l10n.t('Begun: {0}', new Date(task.run.startedAt).toLocaleString()) } : {}),
    ...(task.kind === 'broken' ? { detail: markupFree(task.broken.problem) } : {}),
    task,
  }));
  if (choices.length === 0) throw noSuchTask();
  return (await dialogs.pickOne(choices, { title, placeholder: l10n.t('Which task?') }))?.task;
}

function known(node: TaskNode, board: TaskBoard): ShownTask {
  const task = board.find(node);
  if (task) return task;
  throw new ConfigurationError('usage', l10n.t('This task is not there any more.'), {
    hint: l10n.t('Its journal was deleted.'),
  });
}

export function noSuchTask(): ConfigurationError {
  return new ConfigurationError('usage', l10n.t('There is no such task in this workspace.'), {
    hint: l10n.t('Tasks are listed here when they have begun, and for a while after they have ended.'),
  });
}
