/** Wires task files to the rest of the house. Nothing of it is loaded before the first one is opened, run or listed. */
import * as vscode from 'vscode';
import * as l10n from '@vscode/l10n';
import { errorMessage } from '../../base/errors';
import type { Output } from '../output';
import type { QuestionDesk } from '../questions/questionDesk';
import type { Grant } from '../questions/grants';
import { TASK_TYPE } from '../ids';
import { readDefaults, type RunNeeds } from '../tasks/runTask';
import { describePlan } from './previewText';
import type { TaskFileRunNeeds } from './runTaskFile';
import { type PlanSummary, TaskAgreements } from './taskAgreements';
import { isTaskFile } from './taskFileSource';
import { type ForesightNeeds, foreseeTask } from './taskForesight';
import type { TaskPlan } from './taskPlan';
import { BridgeTaskProvider } from './taskProvider';

export interface TaskFilesNeeds extends RunNeeds, ForesightNeeds {
  readonly context: Pick<vscode.ExtensionContext, 'workspaceState'>;
  /** Everything else that is allowed beforehand. */
  readonly grants: () => readonly Grant[];
  readonly desk: QuestionDesk;
  readonly output: Output;
  readonly showDocument: (name: string, text: string) => Promise<void>;
}

export interface TaskFiles {
  /** For the commands: with what the person agreed to among all that is allowed. */
  readonly doors: { readonly taskFiles: TaskFileRunNeeds; readonly grants: () => readonly Grant[] };
  dispose(): void;
}

export function openTaskFiles(needs: TaskFilesNeeds): TaskFiles {
  const summarise = (plan: TaskPlan): Promise<PlanSummary> => summarisePlan(plan, needs);
  const show = ({ name }: TaskPlan, preview: string): Promise<void> => {
    const file = name.slice(name.lastIndexOf('/') + 1);
    return needs.showDocument(`${l10n.t('Preview of {0}', file)}.md`, preview);
  };
  const agreements = new TaskAgreements({
    ...needs,
    state: needs.context.workspaceState,
    summarise,
    showPreview: show,
  });
  const showPreview = async (plan: TaskPlan): Promise<void> => show(plan, (await summarise(plan)).preview);
  const running: TaskFileRunNeeds = { ...needs, agreements, showPreview };
  const parts = vscode.Disposable.from(
    vscode.tasks.registerTaskProvider(TASK_TYPE, new BridgeTaskProvider(running)),
    whenOpened(needs),
  );
  const grants = (): readonly Grant[] => [...needs.grants(), ...agreements.grants];
  return { doors: { taskFiles: running, grants }, dispose: () => void parts.dispose() };
}

async function summarisePlan(plan: TaskPlan, needs: TaskFilesNeeds): Promise<PlanSummary> {
  const { requestOf } = await import('../../tasks/taskFileRequest');
  const request = requestOf(plan.task, readDefaults());
  return describePlan(plan, request, await foreseeTask(request, needs));
}

/** Loads the help of the editor with the first task file that is opened. */
function whenOpened(needs: TaskFilesNeeds): vscode.Disposable {
  const parts: vscode.Disposable[] = [];
  let isDone = false;
  let isDisposed = false;
  const open = (): void => {
    if (isDone) return;
    isDone = true;
    waiting.dispose();
    import('./taskFileEditor')
      .then(({ openTaskFileEditor }) => {
        if (!isDisposed) parts.push(openTaskFileEditor(needs));
      })
      .catch((error: unknown) =>
        needs.output.logger.log('error', l10n.t('Task files have no help: {0}', errorMessage(error))),
      );
  };
  const waiting = vscode.workspace.onDidOpenTextDocument(({ uri }) => {
    if (isTaskFile(uri)) open();
  });
  if (vscode.workspace.textDocuments.some(({ uri }) => isTaskFile(uri))) open();
  return new vscode.Disposable(() => {
    isDisposed = true;
    waiting.dispose();
    for (const part of parts) part.dispose();
  });
}
