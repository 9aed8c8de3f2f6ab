/** What the editor does for task files: problems as one types, completion, hover, and lenses that run them. */
import * as vscode from 'vscode';
import type { Clock } from '../../base/clock';
import type { ServerConnection } from '../connection';
import type { ModelActions } from '../models/modelActions';
import type { McpServers } from '../servers/mcpServers';
import { TaskFileCompletions } from './taskFileCompletions';
import { TaskFileHovers } from './taskFileHovers';
import { TaskFileLenses } from './taskFileLenses';
import { TaskFileDiagnostics } from './taskFileDiagnostics';
import { TASK_FILES } from './taskFileSource';

export interface TaskFileEditorNeeds {
  readonly connection: ServerConnection;
  readonly models: ModelActions;
  readonly mcp: McpServers;
  readonly clock: Clock;
}

export function openTaskFileEditor(needs: TaskFileEditorNeeds): vscode.Disposable {
  const files: vscode.DocumentSelector = { pattern: TASK_FILES };
  const { languages } = vscode;
  return vscode.Disposable.from(
    new TaskFileDiagnostics(needs),
    languages.registerCompletionItemProvider(files, new TaskFileCompletions(needs), ':', ' ', ',', '[', '{'),
    languages.registerHoverProvider(files, new TaskFileHovers(needs)),
    languages.registerCodeLensProvider(files, new TaskFileLenses()),
  );
}
