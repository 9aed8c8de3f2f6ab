/** Tasks that were interrupted: offered at the start, and taken up again. */
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { ConfigurationError } from '../../base/errors';
import { visibleText } from '../../base/visibleText';
import { hasModel } from '../../llm/lmstudio/selection';
import type { JournalStore } from '../../tasks/journalStore';
import type { RunEnd, TaskRequest } from '../../tasks/types';
import type { Choice } from '../dialogs';
import { tellFailure } from '../failures';
import { COMMANDS } from '../ids';
import type { Journals } from './journals';
import { noSuchTask } from './taskChoice';
import { taskNodeOf } from './taskNode';
import { stateWords } from './taskRows';
import { pickTaskModel } from '../models/modelPicks';
import { modelsOf } from '../models/servedModel';
import { requireTrust, type RunNeeds, startTask } from './runTask';
import type { ToldRuns } from './toldRuns';
import { shortText } from '../shortText';
import { executeCommand } from '../typed';

export interface JournalNeeds extends RunNeeds {
  readonly journals: Journals;
}

/** Beside what is in `JournalNeeds`: who shows them hears of it. */
export interface ResumeNeeds extends JournalNeeds {
  /** Reads the journals again. */
  readonly refreshTasks: () => Promise<void>;
  readonly toldRuns: ToldRuns;
}

/** Undefined where the person closed a question. @throws BridgeError */
export async function resumeTask(task: unknown, needs: ResumeNeeds): Promise<RunEnd | undefined> {
  requireTrust();
  const store = await needs.journals.get();
  const chosen = await chooseResumable(task, store, needs);
  if (chosen === undefined) return undefined;
  const resumed = await store.resume(chosen);
  await needs.toldRuns.forget(chosen);
  try {
    const request = await withModel(resumed.request, needs);
    return request && (await startTask(request, needs, resumed));
  } finally {
    await resumed.journal.close();
    // Only now it can be deleted, or resumed once more.
    await needs.refreshTasks();
  }
}

/**
 * One quiet notification where tasks were interrupted that it has not told of before, else nothing: the view has them all.
 * Loads nothing where there is no journal.
 */
export async function offerInterrupted({
  journals,
  toldRuns,
  dialogs,
}: Omit<ResumeNeeds, 'refreshTasks'>): Promise<void> {
  if (!vscode.workspace.isTrusted || !(await journals.areThere())) return;
  try {
    const { runs } = await (await journals.get()).list();
    const all = runs.filter(({ state }) => state === 'interrupted');
    const news = await toldRuns.tell(all.map(({ runId }) => runId));
    const interrupted = all.filter(({ runId }) => news.has(runId));
    const [first, ...others] = interrupted;
    if (!first) return;
    const label = shortText(visibleText(first.task), 80);
    const message =
      others.length === 0
        ? l10n.t('A task was interrupted: "{0}".', label)
        : l10n.t('{0} tasks were interrupted, the latest: "{1}".', interrupted.length, label);
    // One task is known; of several the person chooses.
    const which = others.length === 0 ? [first.runId] : [];
    const [resume, show, discard] = [l10n.t('Resume'), l10n.t('Show'), l10n.t('Delete…')];
    const answer = await dialogs.notify('info', message, [resume, show, discard]);
    if (answer === resume) await executeCommand(COMMANDS.resumeTask, ...which);
    if (answer === show) await executeCommand(COMMANDS.showTask, ...which);
    if (answer === discard) await executeCommand(COMMANDS.discardJournal, ...which);
  } catch (failure) {
    tellFailure(failure, dialogs);
  }
}

async function chooseResumable(
  given: unknown,
  store: JournalStore,
  { dialogs }: JournalNeeds,
): Promise<string | undefined> {
  if (typeof given === 'string') return store.find(given);
  const node = taskNodeOf(given);
  if (node?.runId !== undefined) return node.runId;
  if (node) throw new ConfigurationError('usage', l10n.t('This task has no journal yet.'));
  const { runs } = await store.list();
  const resumable = runs.filter(({ isResumable }) => isResumable);
  const choices = resumable.map((run): Choice & { runId: string } => ({
    label: shortText(visibleText(run.task), 80),
    description: stateWords(run.state),
    detail: l10n.t('Begun: {0}', new Date(run.startedAt).toLocaleString()),
    runId: run.runId,
  }));
  if (choices.length === 0) throw noSuchTask();
  const options = { title: l10n.t('Resume Interrupted Task'), placeholder: l10n.t('Which task?') };
  return (await dialogs.pickOne(choices, options))?.runId;
}

/** The same model as before, or one that the person chooses where that one is gone. */
export async function withModel(
  request: TaskRequest,
  { connections, models: actions, dialogs }: JournalNeeds,
): Promise<TaskRequest | undefined> {
  const { server, key } = connections.find(request.model);
  const { health, models } = await server.connection.refresh();
  if (health.kind === 'offline') throw health.error;
  if (hasModel(models, key)) return request;
  const chosen = await pickTaskModel(modelsOf(connections.all), actions.contextOf, dialogs);
  return chosen && { ...request, model: chosen.name };
}
