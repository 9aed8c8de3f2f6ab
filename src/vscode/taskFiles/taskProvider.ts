/** Task files, and tasks of type `lmstudio-bridge` in `tasks.json`, as VS Code's own tasks: for its lists, its keys, and as steps of others. */
import * as vscode from 'vscode';
import { TASK_TYPE } from '../ids';
import type { TaskFileRunNeeds } from './runTaskFile';
import { findTaskFiles, taskNameOf } from './taskFileSource';

const SOURCE = 'LM Studio';
/** Two, because one that finds out by itself whether a path is whole asks the disk, and loses what a task says last. */
const PROBLEM_MATCHERS: readonly string[] = ['$lmstudio-bridge', '$lmstudio-bridge-absolute'];

export class BridgeTaskProvider implements vscode.TaskProvider {
  constructor(private readonly needs: TaskFileRunNeeds) {}

  /** One for each task file; what stands in it is read when it runs. */
  async provideTasks(token: vscode.CancellationToken): Promise<vscode.Task[]> {
    if (!vscode.workspace.isTrusted) return [];
    const files = await findTaskFiles(token);
    return files.flatMap((uri) => {
      const folder = vscode.workspace.getWorkspaceFolder(uri);
      if (!folder) return [];
      const taskFile = vscode.workspace.asRelativePath(uri, false);
      return [this.#task({ type: TASK_TYPE, taskFile }, folder, taskNameOf(uri), [...PROBLEM_MATCHERS])];
    });
  }

  resolveTask({ definition, scope, name, problemMatchers }: vscode.Task): vscode.Task {
    return this.#task(definition, scope ?? vscode.TaskScope.Workspace, name, problemMatchers);
  }

  #task(
    definition: vscode.TaskDefinition,
    scope: vscode.WorkspaceFolder | vscode.TaskScope,
    name: string,
    matchers: string[],
  ): vscode.Task {
    const folder = typeof scope === 'object' ? scope.uri : vscode.workspace.workspaceFolders?.[0]?.uri;
    const execution = new vscode.CustomExecution(async (resolved) => {
      const { TaskTerminal } = await import('./taskTerminal');
      return new TaskTerminal({ definition: resolved, name, folder }, this.needs);
    });
    return new vscode.Task(definition, scope, name, SOURCE, execution, matchers);
  }
}
