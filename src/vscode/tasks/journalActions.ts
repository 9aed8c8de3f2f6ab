/** What a person does with the journals of tasks: take one up again, look at it, throw it away. */
import * as vscode from 'vscode';
import { ConfigurationError } from '../../base/errors';
import { visibleText } from '../../base/visibleText';
import type { JournalStore, ListedRun } from '../../tasks/journalStore';
import type { RunEnd, TaskRequest } from '../../tasks/types';
import type { Choice } from '../dialogs';
import { tellFailure } from '../failures';
import { COMMANDS } from '../ids';
import type { Journals } from './journals';
import { pickTaskModel } from '../models/modelPicks';
import { modelsOf } from '../models/servedModel';
import { requireTrust, type RunNeeds, startTask } from './runTask';
import { shortText } from '../shortText';
import { executeCommand } from '../typed';

export interface JournalNeeds extends RunNeeds {
  readonly journals: Journals;
  readonly showDocument: (name: string, text: string) => Promise<void>;
}

const OFFER = { resume: 'Resume', show: 'Show', discard: 'Discard' } as const;

/** Undefined where the person closed a question. @throws BridgeError */
export async function resumeTask(runId: unknown, needs: JournalNeeds): Promise<RunEnd | undefined> {
  requireTrust();
  const store = await needs.journals.get();
  const chosen = await choose(runId, store, needs, 'Resume Interrupted Task', ({ isResumable }) => isResumable);
  if (chosen === undefined) return undefined;
  const resumed = await store.resume(chosen);
  try {
    const request = await withModel(resumed.request, needs);
    return request && (await startTask(request, needs, resumed));
  } finally {
    await resumed.journal.close();
  }
}

export async function showJournal(runId: unknown, needs: JournalNeeds): Promise<void> {
  const store = await needs.journals.get();
  const chosen = await choose(runId, store, needs, 'Show Task Journal', () => true);
  if (chosen === undefined) return;
  const [read, { journalText }] = await Promise.all([store.read(chosen), import('../../tasks/journalText')]);
  await needs.showDocument(`Task ${chosen.slice(0, 8)}.txt`, journalText(read).join('\n'));
}

export async function discardJournal(runId: unknown, needs: JournalNeeds): Promise<void> {
  const store = await needs.journals.get();
  const chosen = await choose(runId, store, needs, 'Discard Task Journal', ({ state }) => state !== 'running');
  if (chosen === undefined) return;
  const question = {
    message: 'Discard the journal of this task?',
    detail: 'The task cannot be resumed or looked at any more. What it has done stays as it is.',
    buttons: ['Discard', 'Keep'],
    closing: 'Keep',
  };
  const answer = await needs.dialogs.ask(question, new AbortController().signal);
  if (answer === 'Discard') await store.discard(chosen);
}

/** One quiet notification where tasks were interrupted, else nothing. Loads nothing where there is no journal. */
export async function offerInterrupted({ journals, dialogs }: JournalNeeds): Promise<void> {
  if (!vscode.workspace.isTrusted || !(await journals.areThere())) return;
  try {
    const { runs } = await (await journals.get()).list();
    const interrupted = runs.filter(({ state }) => state === 'interrupted');
    const [first, ...others] = interrupted;
    if (!first) return;
    const label = `"${shortText(visibleText(first.task), 80)}"`;
    const message =
      others.length === 0
        ? `A task was interrupted: ${label}.`
        : `${interrupted.length} tasks were interrupted, the latest: ${label}.`;
    // One task is known; of several the person chooses.
    const which = others.length === 0 ? [first.runId] : [];
    const answer = await dialogs.notify('info', message, [OFFER.resume, OFFER.show, OFFER.discard]);
    if (answer === OFFER.resume) await executeCommand(COMMANDS.resumeTask, ...which);
    if (answer === OFFER.show) await executeCommand(COMMANDS.showJournal, ...which);
    if (answer === OFFER.discard) await executeCommand(COMMANDS.discardJournal, ...which);
  } catch (failure) {
    tellFailure(failure, dialogs);
  }
}

async function choose(
  given: unknown,
  store: JournalStore,
  { dialogs }: JournalNeeds,
  title: string,
  isFit: (run: ListedRun) => boolean,
): Promise<string | undefined> {
  if (typeof given === 'string') return store.find(given);
  const { runs, broken } = await store.list();
  const choices = runs.filter(isFit).map((run): Choice & { runId: string } => ({
    label: shortText(visibleText(run.task), 80),
    description: run.state,
    detail: `Begun ${new Date(run.startedAt).toLocaleString()}`,
    runId: run.runId,
  }));
  const damaged = broken.map(({ runId, problem }) => ({
    label: runId,
    description: 'cannot be read',
    detail: problem,
    runId,
  }));
  const all = title.startsWith('Discard') ? [...choices, ...damaged] : choices;
  if (all.length === 0) {
    throw new ConfigurationError('usage', 'There is no such task in this workspace.', {
      hint: 'Tasks are listed here when they have begun, and for a while after they have ended.',
    });
  }
  return (await dialogs.pickOne(all, { title, placeholder: 'Which task?' }))?.runId;
}

/** The same model as before, or one that the person chooses where that one is gone. */
async function withModel(
  request: TaskRequest,
  { connections, models: actions, dialogs }: JournalNeeds,
): Promise<TaskRequest | undefined> {
  const { server, key } = connections.find(request.model);
  const { health, models } = await server.connection.refresh();
  if (health.kind === 'offline') throw health.error;
  const names = (known: (typeof models)[number]) => [known.key, ...(known.instances ?? []).map(({ id }) => id)];
  if (key === undefined || models.some((known) => names(known).includes(key))) return request;
  const chosen = await pickTaskModel(modelsOf(connections.all), actions.contextOf, dialogs);
  return chosen && { ...request, model: chosen.name };
}
