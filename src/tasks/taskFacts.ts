/** What a task's document says of a run in single facts, a line each. Pure. */
import { type ContextUse, contextWords, duration, percent, shareOf, tokens, toolLines } from './runWords';
import type { RunEnd, TaskEvent } from './types';

type Of<T extends TaskEvent['type']> = Extract<TaskEvent, { type: T }>;

export const END_TITLES: Readonly<Record<RunEnd['status'], string>> = {
  completed: 'Done',
  failed: 'Failed',
  limit: 'Stopped at a limit',
  cancelled: 'Cancelled',
};

/** What is told in facts alone. */
type Plain = Exclude<
  TaskEvent,
  | Of<'run_start'>
  | Of<'round_start'>
  | Of<'tool_call'>
  | Of<'approval'>
  | Of<'tool_result'>
  | Of<'steered'>
  | Of<'run_end'>
  | Of<'reasoning_delta'>
  | Of<'text_delta'>
>;

export function factsOf(event: Plain, phaseLine: string | undefined): readonly string[] {
  switch (event.type) {
    case 'tools':
      return toolLines(event).map((line) => line.trim());
    case 'phase':
      return phaseLine === undefined ? [] : [phaseLine];
    case 'usage':
      if (event.promptTokens === null) return [];
      return [`Tokens: ${tokens(event.promptTokens)} read, ${tokens(event.completionTokens ?? 0)} written`];
    case 'context':
      return [`Context: ${tokens(event.usedTokens)} of ${tokens(event.limit)} tokens (${percent(shareOf(event))})`];
    case 'retry':
      return [
        `Retry ${String(event.attempt)} in ${duration(event.delayMs)} (${event.code}). What was streamed in this round no longer counts`,
      ];
    case 'warning':
      return [`Warning: ${event.message}`];
    case 'paused':
      return ['Paused: waits until you let it go on'];
    case 'resumed':
      return ['Goes on'];
    case 'error':
      return [`Error: ${event.message}`, ...(event.hint === null ? [] : [`What to do: ${event.hint}`])];
  }
}

/** What it took, in the end. */
export function ledger(
  end: RunEnd,
  calls: { readonly all: number; readonly failed: number },
  pace: number | null,
  fullest: ContextUse | undefined,
): readonly string[] {
  const { promptTokens, completionTokens } = end.usage;
  const shortened =
    end.compactions === 0 ? '' : `, shortened ${end.compactions === 1 ? 'once' : `${String(end.compactions)} times`}`;
  return [
    ...(end.code === null ? [] : [`Code: ${end.code}`]),
    `Rounds: ${String(end.rounds)}`,
    `Calls: ${String(calls.all)}${calls.failed === 0 ? '' : `, ${String(calls.failed)} failed`}`,
    ...(end.recoveredCalls === 0 ? [] : [`Calls found in text: ${String(end.recoveredCalls)}`]),
    `Time: ${duration(end.durationMs)}`,
    ...(promptTokens === null
      ? []
      : [`Tokens: ${tokens(promptTokens)} read, ${tokens(completionTokens ?? 0)} written`]),
    ...(pace === null ? [] : [`Speed: ${pace.toFixed(pace < 10 ? 1 : 0)} tokens/s`]),
    ...(fullest === undefined
      ? []
      : [
          `Context: at most ${tokens(fullest.usedTokens)} of ${tokens(fullest.limit)} tokens (${percent(shareOf(fullest))}, ${contextWords(fullest.source)})${shortened}`,
        ]),
    ...(end.prefixShare === null
      ? []
      : [`Prompts: at least ${percent(end.prefixShare)} of each continued the one before`]),
  ];
}

export function characters(count: number): string {
  return count === 1 ? '1 character' : `${tokens(count)} characters`;
}
