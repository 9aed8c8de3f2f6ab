/** Tasks that are run once more: the same request, or with another model. Nothing of the first run is taken over. */
import * as l10n from '@vscode/l10n';
import { ConfigurationError } from '../../base/errors';
import type { RunEnd, TaskRequest } from '../../tasks/types';
import { pickTaskModel } from '../models/modelPicks';
import { type JournalNeeds, withModel } from './journalActions';
import { requireTrust, startTask } from './runTask';
import { type ShownTask } from './shownTask';
import type { TaskBoard } from './taskBoard';
import { chooseTask } from './taskChoice';

export interface RetryNeeds extends JournalNeeds {
  readonly board: TaskBoard;
}

/** What stands in a journal for a secret that was in the task's words. */
const HIDDEN = '[redacted]';

/** Undefined where the person closed a question. @throws BridgeError */
export async function retryTask(task: unknown, needs: RetryNeeds): Promise<RunEnd | undefined> {
  requireTrust();
  const request = await askForRequest(task, l10n.t('Run Task Again'), needs);
  return request && run(request, needs);
}

/** Undefined where the person closed a question. @throws BridgeError */
export async function retryTaskWithModel(task: unknown, needs: RetryNeeds): Promise<RunEnd | undefined> {
  requireTrust();
  const request = await askForRequest(task, l10n.t('Run Task Again with Another Model'), needs);
  if (!request) return undefined;
  // Of all servers: that of the first run may be away, which is why another model is wanted.
  const { models, dialogs } = needs;
  const chosen = await pickTaskModel(await models.listed.of(), models.contextOf, dialogs);
  return chosen && startTask({ ...request, model: chosen.name }, needs);
}

/** The task that was begun last: in this window, else by its journal. @throws BridgeError */
export async function runAgain(needs: RetryNeeds): Promise<RunEnd | undefined> {
  requireTrust();
  const { board } = needs;
  if (!board.lastRequest) await board.history.read();
  const last = board.lastRequest ?? board.lastInHistory;
  if (!last) {
    throw new ConfigurationError('usage', l10n.t('No task has been run in this workspace yet.'), {
      hint: l10n.t('Run one first.'),
    });
  }
  const request = await withSecrets(last, l10n.t('Run Last Task Again'), needs);
  return request && run(request, needs);
}

async function run(request: TaskRequest, needs: RetryNeeds): Promise<RunEnd | undefined> {
  const possible = await withModel(request, needs);
  return possible && startTask(possible, needs);
}

async function askForRequest(argument: unknown, title: string, needs: RetryNeeds): Promise<TaskRequest | undefined> {
  const chosen = await chooseTask(argument, title, (task) => requestOf(task) !== undefined, needs);
  if (!chosen) return undefined;
  const request = requestOf(chosen);
  if (request) return withSecrets(request, title, needs);
  throw new ConfigurationError('usage', l10n.t('What this task was asked to do cannot be read any more.'), {
    hint: l10n.t('Start a new one.'),
  });
}

function requestOf(task: ShownTask): TaskRequest | undefined {
  return task.kind === 'live' ? task.request : task.kind === 'past' ? task.run.request : undefined;
}

/** A journal keeps no secrets, so the person has to say them again. */
async function withSecrets(request: TaskRequest, title: string, { dialogs }: RetryNeeds) {
  if (!request.task.includes(HIDDEN)) return request;
  const task = await dialogs.input({
    title,
    prompt: l10n.t('The task held a secret that was not kept. Write it again in the place of {0}.', HIDDEN),
    value: request.task,
    validate: (text) => (text.trim() === '' || text.includes(HIDDEN) ? l10n.t('Replace {0}.', HIDDEN) : undefined),
  });
  return task === undefined || task.trim() === '' ? undefined : { ...request, task };
}
