import * as vscode from 'vscode';
import * as l10n from '@vscode/l10n';
import { COMMANDS } from '../ids';

/** At the top of a task file: run it, or look at what it may do. */
export class TaskFileLenses implements vscode.CodeLensProvider {
  provideCodeLenses({ uri }: vscode.TextDocument): vscode.CodeLens[] {
    const top = new vscode.Range(0, 0, 0, 0);
    const run = { title: `$(play) ${l10n.t('Run Task')}`, command: COMMANDS.runTaskFile, arguments: [uri] };
    const preview = { title: `$(eye) ${l10n.t('Preview')}`, command: COMMANDS.previewTask, arguments: [uri] };
    return [new vscode.CodeLens(top, run), new vscode.CodeLens(top, preview)];
  }
}
