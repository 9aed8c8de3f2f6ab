import * as vscode from 'vscode';
import type { RunNeeds } from '../tasks/runTask';
import { runOnFiles, runOnSelection } from '../tasks/runOnMaterial';
import { COMMANDS } from '../ids';
import { newTaskFile, previewTask, runTaskFile, type TaskFileRunNeeds } from './runTaskFile';

export interface TaskFileCommandNeeds extends RunNeeds {
  readonly taskFiles: TaskFileRunNeeds;
}

export function taskFileCommands(needs: TaskFileCommandNeeds) {
  const { taskFiles } = needs;
  return {
    [COMMANDS.runOnSelection]: { run: (argument: unknown) => runOnSelection(argument, needs) },
    [COMMANDS.runOnFile]: {
      run: (argument: unknown, selection?: unknown) => runOnFiles(argument, selection, needs),
    },
    [COMMANDS.runTaskFile]: { run: (argument: unknown) => runTaskFile(argument, taskFiles) },
    [COMMANDS.newTaskFile]: { run: () => newTaskFile() },
    [COMMANDS.previewTask]: { run: (argument: unknown) => previewTask(argument, taskFiles) },
  };
}

/** What menus and lenses hand in is no argument of somebody's own, who would want to be told of a failure. */
export function isFromMenu(argument: unknown): boolean {
  return argument instanceof vscode.Uri;
}
