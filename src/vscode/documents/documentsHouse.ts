/** The documents of tasks, wired: their files, folds, links and outline, and the command that opens one. */
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { toBridgeError } from '../../base/errors';
import type { Output } from '../output';
import type { Tasks } from '../tasks/tasks';
import { TaskDocuments, type TaskDocumentsNeeds } from './taskDocuments';
import { TaskLinks } from './taskLinks';
import { TaskOutline } from './taskOutline';
import { readTaskShow } from './taskShow';
import { TASK_SCHEME } from './taskUri';

export interface DocumentsHouseNeeds extends Omit<TaskDocumentsNeeds, 'workspaceState' | 'logger'> {
  readonly output: Pick<Output, 'logger'>;
  readonly tasks: Tasks;
  /** Absolute paths of the folders of the workspace. */
  readonly folders: () => readonly string[];
}

export function openTaskDocuments(
  { subscriptions, workspaceState }: Pick<vscode.ExtensionContext, 'subscriptions' | 'workspaceState'>,
  needs: DocumentsHouseNeeds,
): TaskDocuments {
  const { tasks, folders, clock } = needs;
  const { logger } = needs.output;
  const taskDocuments = new TaskDocuments({ ...needs, logger, workspaceState });
  const links = new TaskLinks(folders, clock);
  const outline = new TaskOutline((uri) => taskDocuments.blocksOf(uri));
  const selector = { scheme: TASK_SCHEME };
  const known = new Set<number>();
  const showNew = (): void => {
    for (const { id, isShownElsewhere } of tasks.running) {
      if (known.has(id)) continue;
      known.add(id);
      if (isShownElsewhere || readTaskShow() !== 'document') continue;
      taskDocuments.show({ id }, true).catch((failure: unknown) => {
        logger.log('warn', l10n.t('The document of a task was not opened: {0}', toBridgeError(failure).message));
      });
    }
  };
  subscriptions.push(
    vscode.workspace.registerFileSystemProvider(TASK_SCHEME, taskDocuments.files, {
      isCaseSensitive: true,
      isReadonly: true,
    }),
    vscode.languages.registerFoldingRangeProvider(selector, taskDocuments.folds),
    vscode.languages.registerDocumentLinkProvider(selector, links),
    vscode.languages.registerDocumentSymbolProvider(selector, outline, { label: 'LM Studio' }),
    tasks.onDidReport((report) => taskDocuments.add(report)),
    tasks.onDidChange(showNew),
    links,
    taskDocuments,
  );
  return taskDocuments;
}
