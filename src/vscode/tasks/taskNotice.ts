import * as l10n from '@vscode/l10n';
import { countText } from '../../base/numberText';
import type { Dialogs } from '../dialogs';
import { taskHelpPlan } from '../failureHelp';
import { type Help, helpOfPlan, offer, resumeHelp, retryHelp, sentence, showTaskHelp, tellFailure } from '../failures';
import type { ReloadAdvice, TaskRequest } from '../../tasks/types';
import { formatElapsed } from '../models/modelText';
import { readLimitsOrDefaults } from '../settings/settings';
import type { TaskResult } from './tasks';
import { shortText } from '../shortText';

/** Loads the model of a task anew, with more context. */
type Reload = (advice: ReloadAdvice) => Promise<void>;

/** The last word on a task: a short answer, or what went wrong and one thing to do about it. */
export function announceEnd(result: TaskResult, request: TaskRequest, dialogs: Dialogs, reload: Reload): void {
  const { end, error } = result;
  const help = reloadHelp(error, dialogs, reload) ?? helpForEnd(result, request);
  const elapsed = formatElapsed(end.durationMs);
  const effort = end.rounds === 1 ? l10n.t('1 round, {0}', elapsed) : l10n.t('{0} rounds, {1}', end.rounds, elapsed);
  switch (end.status) {
    case 'completed':
      offer(
        dialogs,
        'info',
        l10n.t('Task done ({0}): {1}', effort, shortText(end.text, 240) || l10n.t('the model gave no answer text.')),
        help,
      );
      break;
    case 'cancelled':
      offer(dialogs, 'info', l10n.t('Task cancelled ({0}).', effort), help);
      break;
    case 'limit':
      offer(dialogs, 'warning', reason(end, error), help);
      break;
    case 'failed':
      offer(dialogs, 'error', reason(end, error), help);
      break;
  }
}

function helpForEnd({ id, runId, end, error }: TaskResult, request: TaskRequest): Help {
  const code = end.status === 'completed' ? null : end.code;
  const plan = taskHelpPlan(code, error?.message ?? '', request, readLimitsOrDefaults());
  switch (plan.act) {
    case 'retry':
      return runId === undefined ? showTaskHelp(id) : retryHelp(runId);
    case 'resume':
      return runId === undefined ? showTaskHelp(id) : resumeHelp(runId);
    case 'show':
      return showTaskHelp(id);
    default:
      return helpOfPlan(plan);
  }
}

/** A larger context by one click, where that is what the task needs. */
function reloadHelp(error: TaskResult['error'], dialogs: Dialogs, reload: Reload): Help | undefined {
  const advice = error?.reload;
  if (!advice) return undefined;
  const run = (): Promise<void> =>
    reload(advice).catch((failure: unknown) => {
      tellFailure(failure, dialogs);
    });
  return { label: l10n.t('Reload with {0} Tokens', countText(advice.contextLength)), run };
}

function reason(end: TaskResult['end'], error: TaskResult['error']): string {
  return error
    ? sentence(error.message, error.hint)
    : l10n.t('The task ended without an answer ({0}).', end.code ?? end.status);
}
