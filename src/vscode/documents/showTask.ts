/** The command that opens the document of a task: of the one that is given, else of one that the person chooses. */
import * as l10n from '@vscode/l10n';
import { ConfigurationError } from '../../base/errors';
import { isJsonObject } from '../../base/json';
import type { Choice, Dialogs } from '../dialogs';
import { COMMANDS } from '../ids';
import { markupFree } from '../markup';
import type { Journals } from '../tasks/journals';
import { stateWords } from '../tasks/taskRows';
import type { TaskStatus } from '../tasks/taskStatus';
import type { TaskDocuments, WhichTask } from './taskDocuments';

export interface ShowTaskNeeds {
  readonly taskDocuments: TaskDocuments;
  readonly tasks: { readonly running: readonly TaskStatus[] };
  readonly journals: Journals;
  readonly dialogs: Dialogs;
}

export function documentCommands(needs: ShowTaskNeeds) {
  return { [COMMANDS.showTask]: { run: (argument: unknown) => showTask(argument, needs) } };
}

/**
 * `argument`: the number of a task of this window, the id of a run, or a row of the view of tasks. Nothing happens where
 * the person closed the question. @throws BridgeError as `TaskDocuments.show`
 */
export async function showTask(argument: unknown, needs: ShowTaskNeeds): Promise<void> {
  const which = whichTask(argument, needs.tasks.running) ?? (await choose(needs));
  if (which) await needs.taskDocuments.show(which);
}

/** Others write arguments: what is none of ours is as if there was none. */
function whichTask(argument: unknown, running: readonly TaskStatus[]): WhichTask | undefined {
  if (typeof argument === 'number') return { id: argument };
  if (typeof argument === 'string') return { runId: argument };
  if (!isJsonObject(argument)) return undefined;
  const { id, runId } = argument;
  const isRunning = running.some((task) => task.id === id);
  if (typeof runId === 'string' && !isRunning) return { runId };
  return typeof id === 'number' ? { id } : undefined;
}

async function choose({ tasks, journals, dialogs }: ShowTaskNeeds): Promise<WhichTask | undefined> {
  const running = tasks.running.map(({ id, label, round }): Choice & { which: WhichTask } => ({
    label: markupFree(label),
    description: l10n.t('running, round {0}', round),
    which: { id },
  }));
  const { runs } = await (await journals.get()).list();
  const past = runs
    .filter(({ state }) => state !== 'running')
    .map(({ task, state, startedAt, runId }): Choice & { which: WhichTask } => ({
      label: markupFree(task),
      description: stateWords(state),
      detail: l10n.t('Begun {0}', new Date(startedAt).toLocaleString()),
      which: { runId },
    }));
  const choices = [...running, ...past];
  if (choices.length === 0) {
    throw new ConfigurationError('usage', l10n.t('There is no task in this workspace yet.'), {
      hint: l10n.t('Tasks are listed here when they have begun, and for a while after they have ended.'),
    });
  }
  const options = { title: l10n.t('Show Task'), placeholder: l10n.t('Which task?') };
  return (await dialogs.pickOne(choices, options))?.which;
}
