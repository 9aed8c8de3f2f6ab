/** What the accounts of a run say in single lines. Pure but for the language. */
import * as l10n from '@vscode/l10n';
import { countText, decimalText } from '../base/numberText';
import { contextWords, duration, type Measures, percent, shareOf, toolLines } from './runWords';
import type { RunEnd, RunStatus, TaskEvent } from './types';

/** What is told in lines alone, the same in every account. */
type Plain = Extract<TaskEvent, { type: 'tools' | 'usage' | 'retry' | 'warning' | 'paused' | 'resumed' | 'error' }>;

export function plainLines(event: Plain): readonly string[] {
  switch (event.type) {
    case 'tools':
      return toolLines(event);
    case 'retry':
      return [
        l10n.t(
          'Retry {0} in {1} ({2}). What was streamed in this round no longer counts.',
          event.attempt,
          duration(event.delayMs),
          event.code,
        ),
      ];
    case 'usage':
      return tokenLines(event);
    case 'warning':
      return [l10n.t('Warning: {0}', event.message)];
    case 'paused':
      return [l10n.t('Paused: waits until you let it go on.')];
    case 'resumed':
      return [l10n.t('Goes on.')];
    case 'error':
      return [
        `${event.code.startsWith('limit-') || event.code === 'loop-detected' || event.code === 'cancelled' ? l10n.t('Stopped') : l10n.t('Error')}: ${event.message}`,
        ...(event.hint === null ? [] : [l10n.t('What to do: {0}', event.hint)]),
      ];
  }
}

export function endTitle(status: RunStatus): string {
  switch (status) {
    case 'completed':
      return l10n.t('Done');
    case 'failed':
      return l10n.t('Failed');
    case 'limit':
      return l10n.t('Stopped at a limit');
    case 'cancelled':
      return l10n.t('Cancelled');
  }
}

export function contextLine({ usedTokens, limit, ...use }: Extract<TaskEvent, { type: 'context' }>): string {
  const share = percent(shareOf({ usedTokens, limit, ...use }));
  return l10n.t('Context: {0} of {1} tokens ({2})', countText(usedTokens), countText(limit), share);
}

/** What it took, in the end: a line each. */
export function ledger(
  { code, rounds, recoveredCalls, durationMs, usage, compactions, prefixShare }: RunEnd,
  calls: { readonly all: number; readonly failed: number },
  { tokensPerSecond: pace, fullest }: Measures,
): readonly string[] {
  return [
    ...(code === null ? [] : [l10n.t('Code: {0}', code)]),
    l10n.t('Rounds: {0}', rounds),
    calls.failed === 0 ? l10n.t('Calls: {0}', calls.all) : l10n.t('Calls: {0}, {1} failed', calls.all, calls.failed),
    ...(recoveredCalls === 0 ? [] : [l10n.t('Calls found in text: {0}', recoveredCalls)]),
    l10n.t('Time: {0}', duration(durationMs)),
    ...tokenLines(usage),
    ...(pace === null ? [] : [l10n.t('Speed: {0} tokens/s', decimalText(pace, pace < 10 ? 1 : 0))]),
    ...(fullest === null ? [] : [fullestLine(fullest, compactions)]),
    ...(prefixShare === null
      ? []
      : [l10n.t('Prompts: at least {0} of each continued the one before', percent(prefixShare))]),
  ];
}

function tokenLines({ promptTokens, completionTokens }: RunEnd['usage']): readonly string[] {
  if (promptTokens === null) return [];
  return [l10n.t('Tokens: {0} read, {1} written', countText(promptTokens), countText(completionTokens ?? 0))];
}

function fullestLine(fullest: NonNullable<Measures['fullest']>, compactions: number): string {
  const { usedTokens, limit, source } = fullest;
  const words = [countText(usedTokens), countText(limit), percent(shareOf(fullest)), contextWords(source)];
  if (compactions === 0) return l10n.t('Context: at most {0} of {1} tokens ({2}, {3})', ...words);
  if (compactions === 1) return l10n.t('Context: at most {0} of {1} tokens ({2}, {3}), shortened once', ...words);
  return l10n.t('Context: at most {0} of {1} tokens ({2}, {3}), shortened {4} times', ...words, compactions);
}

export function characters(count: number): string {
  return count === 1 ? l10n.t('1 character') : l10n.t('{0} characters', countText(count));
}
