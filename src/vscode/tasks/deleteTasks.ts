/** Takes tasks out of the history: their journals are deleted, after a question. What the tasks did stays as it is. */
import * as l10n from '@vscode/l10n';
import { BridgeError, ConfigurationError, toBridgeError } from '../../base/errors';
import { HelpfulError, showOutputHelp } from '../failures';
import type { Journals } from './journals';
import { hasEnded, type ShownTask } from './shownTask';
import { chooseTask, type ChoiceNeeds, meansSelection, nodesOf, noSuchTask } from './taskChoice';
import { labelOf } from './taskRows';

export interface DeleteNeeds extends ChoiceNeeds {
  readonly journals: Journals;
  /** The rows that are selected in the view. */
  readonly selection: () => readonly unknown[];
  /** Reads the journals again, and settles when the view says so. */
  readonly refreshTasks: () => Promise<void>;
}

/** Of the rows, else of the task that the person picks. @throws ConfigurationError where all of them still run */
export async function deleteTasks(argument: unknown, selected: unknown, needs: DeleteNeeds): Promise<void> {
  const isByKey = meansSelection(argument);
  const nodes = isByKey ? nodesOf(undefined, needs.selection()) : nodesOf(argument, selected);
  // VS Code tells what is selected, not where the focus is: a task that the person did not mean is never asked about.
  if (isByKey && nodes.length === 0) {
    throw new ConfigurationError('usage', l10n.t('No task is selected.'), {
      hint: l10n.t('Press Enter on its row first, or Shift+F10 for the menu of the row.'),
    });
  }
  if (nodes.length < 2) {
    const given = typeof argument === 'string' ? await (await needs.journals.get()).find(argument) : nodes[0];
    const task = await chooseTask(given, l10n.t('Delete Task'), hasEnded, needs);
    return task && remove([task], needs);
  }
  await needs.board.history.read();
  return remove(
    nodes.flatMap((node) => needs.board.find(node) ?? []),
    needs,
  );
}

export async function deleteEndedTasks(needs: DeleteNeeds): Promise<void> {
  await needs.board.history.read();
  const ended = needs.board.shown.filter(hasEnded);
  if (ended.length === 0) throw noSuchTask();
  await remove(ended, needs);
}

async function remove(tasks: readonly ShownTask[], needs: DeleteNeeds): Promise<void> {
  const { dialogs } = needs;
  const ended = tasks.filter(hasEnded);
  const [first] = ended;
  if (!first) {
    throw new ConfigurationError('usage', l10n.t('A task cannot be deleted while it runs.'), {
      hint: l10n.t('Cancel it first, or wait until it has ended.'),
    });
  }
  const remove = l10n.t('Delete');
  const keep = l10n.t('Keep');
  const question = {
    message:
      ended.length === 1
        ? l10n.t('Delete the task "{0}" and its journal?', labelOf(first))
        : l10n.t('Delete {0} tasks and their journals?', ended.length),
    detail: [
      l10n.t('Deleted tasks cannot be resumed or looked at any more. What they have done stays as it is.'),
      ...(tasks.length > ended.length ? [l10n.t('Tasks that still run are kept.')] : []),
    ].join('\n'),
    buttons: [remove, keep],
    closing: keep,
  };
  if ((await dialogs.ask(question, new AbortController().signal)) !== remove) return;
  try {
    await discardAll(ended, needs);
  } finally {
    await needs.refreshTasks();
  }
}

/** One that cannot be deleted keeps no other. @throws HelpfulError with the first failure */
async function discardAll(tasks: readonly ShownTask[], { journals }: DeleteNeeds): Promise<void> {
  const store = await journals.get();
  const failures: BridgeError[] = [];
  for (const { node } of tasks) {
    if (node.runId === undefined) continue;
    await store.discard(node.runId).catch((error: unknown) => failures.push(toBridgeError(error)));
  }
  const [first] = failures;
  if (first === undefined) return;
  const message =
    failures.length === 1
      ? l10n.t('A task was not deleted. {0}', first.message)
      : l10n.t('{0} tasks were not deleted. The first: {1}', failures.length, first.message);
  throw new HelpfulError(new BridgeError(first.code, message, { hint: first.hint, cause: first }), showOutputHelp());
}
