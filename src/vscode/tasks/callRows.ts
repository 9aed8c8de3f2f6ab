/** The rounds and calls of a task as rows, and what else stands below it. Pure but for the language. */
import * as l10n from '@vscode/l10n';
import { decimalText } from '../../base/numberText';
import { visibleText } from '../../base/visibleText';
import type { RecordedCall, RecordedRound } from '../../tasks/taskRecord';
import { markupFree, withoutIcons } from '../markup';
import { shortText } from '../shortText';
import type { RowIcon } from '../rowFace';
import type { TaskRow } from './taskRow';
import { tokenWords } from './taskRows';

const ARGUMENT_CHARS = 80;

/** `task`: its label. `isOpen`: whether its calls are in view at once. */
export function roundRow(id: string, { round, usage, calls }: RecordedRound, task: string, isOpen: boolean): TaskRow {
  const label = round === 0 ? l10n.t('Calls of before') : l10n.t('Round {0}', round);
  const facts = [callWords(calls.length), usage ? tokenWords(usage) : ''].filter((part) => part !== '').join(', ');
  return {
    ...{ id, label, description: facts, context: 'round' },
    tooltip: [label, facts].join('\n'),
    icon: { id: 'comment-discussion' },
    accessibleLabel: l10n.t('{0}: {1}; task "{2}"', label, facts, task),
    children: calls.length === 0 ? 'none' : isOpen ? 'open' : 'closed',
  };
}

/** `isLive`: the task goes on, so a call without a result is being made. */
export function callRow(id: string, call: RecordedCall, isLive: boolean): TaskRow {
  const tool = markupFree(call.tool);
  const label = call.server === null ? tool : `${markupFree(call.server)} › ${tool}`;
  const outcome = outcomeWords(call, isLive);
  const args = withoutIcons(shortText(call.arguments, ARGUMENT_CHARS));
  const name =
    call.server === null
      ? l10n.t('Call of "{0}"', tool)
      : l10n.t('Call of "{0}" of MCP server "{1}"', tool, markupFree(call.server));
  return {
    ...{ id, label, context: 'call' },
    description: args === '{}' ? outcome : `${outcome} · ${args}`,
    tooltip: [name, outcome, l10n.t('Arguments: {0}', visibleText(call.arguments))].join('\n'),
    icon: iconOf(call, isLive),
    accessibleLabel: l10n.t('{0}: {1}. Arguments: {2}', name, outcome, args),
    children: 'none',
  };
}

/** A line that stands for nothing that could be acted upon. `task`: the label of its task. */
export function noteRow(id: string, text: string, task: string, isProblem: boolean): TaskRow {
  const icon: RowIcon = isProblem ? { id: 'warning', color: 'list.warningForeground' } : { id: 'info' };
  const label = withoutIcons(shortText(text, 200));
  return {
    id,
    label,
    icon,
    description: '',
    tooltip: visibleText(text),
    context: 'note',
    ...plain(l10n.t('{0}; task "{1}"', label, task)),
  };
}

export function moreRow(left: number): TaskRow {
  const label = l10n.t('Show More');
  const description = left === 1 ? l10n.t('1 older task') : l10n.t('{0} older tasks', left);
  const accessibleLabel = l10n.t('Show more tasks: {0}', description);
  const tooltip = l10n.t('Shows older tasks');
  return {
    id: 'more',
    label,
    description,
    tooltip,
    icon: { id: 'ellipsis' },
    context: 'more',
    ...plain(accessibleLabel),
  };
}

function plain(accessibleLabel: string): Pick<TaskRow, 'accessibleLabel' | 'children'> {
  return { accessibleLabel, children: 'none' };
}

function callWords(calls: number): string {
  return calls === 0 ? l10n.t('no calls') : calls === 1 ? l10n.t('1 call') : l10n.t('{0} calls', calls);
}

function outcomeWords({ state, code, durationMs }: RecordedCall, isLive: boolean): string {
  const time = durationMs === null ? undefined : durationWords(durationMs);
  switch (state) {
    case 'open':
      return isLive ? l10n.t('under way') : l10n.t('no result is known');
    case 'answered':
      return time === undefined ? l10n.t('answered') : l10n.t('answered after {0}', time);
    case 'denied':
      return l10n.t('refused');
    case 'done':
      return time === undefined ? l10n.t('done') : l10n.t('done after {0}', time);
    case 'failed':
      return time === undefined
        ? l10n.t('failed ({0})', code ?? '')
        : l10n.t('failed ({0}) after {1}', code ?? '', time);
  }
}

function durationWords(ms: number): string {
  return ms < 1000 ? l10n.t('{0} ms', Math.round(ms)) : l10n.t('{0} s', decimalText(ms / 1000, ms < 10_000 ? 1 : 0));
}

function iconOf({ state }: RecordedCall, isLive: boolean): RowIcon {
  switch (state) {
    case 'open':
      return isLive ? { id: 'sync~spin' } : { id: 'question' };
    case 'answered':
    case 'done':
      return { id: 'check', color: 'testing.iconPassed' };
    case 'denied':
      return { id: 'circle-slash' };
    case 'failed':
      return { id: 'error', color: 'list.errorForeground' };
  }
}
