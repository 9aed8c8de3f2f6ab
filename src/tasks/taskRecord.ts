/** What a run has done so far in a few words: for views, which must not hold whole results. Pure. */
import type { Usage } from '../agent/types';
import { addUsage, NO_USAGE } from '../agent/usage';
import type { JournalEvent } from './journalEvents';
import type { TaskEvent } from './types';

/** `answered`: there is a result, and nobody says how the call went. `open`: there is none. */
export type CallState = 'open' | 'done' | 'failed' | 'denied' | 'answered';

export interface RecordedCall {
  readonly id: string;
  readonly server: string | null;
  readonly tool: string;
  /** The beginning of the JSON text. */
  readonly arguments: string;
  readonly state: CallState;
  /** Why it failed; null: it did not. */
  readonly code: string | null;
  readonly durationMs: number | null;
}

export interface RecordedRound {
  /** 0: calls that stand before the first round. */
  readonly round: number;
  readonly usage: Usage | null;
  readonly calls: readonly RecordedCall[];
}

export interface TaskRecord {
  readonly model: string | undefined;
  readonly servers: readonly string[];
  /** In order, the last ones. */
  readonly rounds: readonly RecordedRound[];
  /** Rounds before them. */
  readonly leftOut: number;
  readonly calls: number;
  /** Of all rounds. */
  readonly usage: Usage;
}

export const NOTHING_RECORDED: TaskRecord = {
  ...{ model: undefined, servers: [], rounds: [], leftOut: 0, calls: 0 },
  usage: NO_USAGE,
};

/** Older rounds are in the journal. */
const MAX_ROUNDS = 100;
/** Of one round; a model that makes more of them at once is out of its mind. */
const MAX_CALLS = 100;
const ARGUMENT_CHARS = 300;

/** The record after an event; the very same where the event changes nothing of it. */
export function recordAfter(record: TaskRecord, event: TaskEvent | JournalEvent): TaskRecord {
  switch (event.type) {
    case 'run_start':
      return { ...record, model: event.model, servers: event.servers };
    case 'round_start':
      return withRound(record, { round: event.round, usage: null, calls: [] });
    case 'usage': {
      const { promptTokens, completionTokens, reasoningTokens } = event;
      const usage = { promptTokens, completionTokens, reasoningTokens };
      const changed = inLastRound(record, (round) => ({
        ...round,
        usage: round.usage ? addUsage(round.usage, usage) : usage,
      }));
      return { ...changed, usage: addUsage(record.usage, usage) };
    }
    case 'tool_call': {
      const { id, server, tool } = event;
      const call = { id, server, tool, arguments: argumentsOf(event.arguments), ...OPEN };
      return { ...withCall(record, call), calls: record.calls + 1 };
    }
    case 'tool_result': {
      const known = 'outcome' in event ? event.outcome : { code: event.isError ? (event.code ?? 'tool-failed') : null };
      const code = known?.code ?? null;
      const state = !known ? 'answered' : code === null ? 'done' : code === 'approval-denied' ? 'denied' : 'failed';
      return withResult(record, event.id, { state, code, durationMs: event.durationMs });
    }
    default:
      return record;
  }
}

/** Of a whole run: its own events, or those that its journal tells. */
export function recordOf(events: readonly (TaskEvent | JournalEvent)[]): TaskRecord {
  return events.reduce(recordAfter, NOTHING_RECORDED);
}

const OPEN = { state: 'open', code: null, durationMs: null } as const;

function argumentsOf(args: unknown): string {
  const text = JSON.stringify(args);
  return text.length > ARGUMENT_CHARS ? `${text.slice(0, ARGUMENT_CHARS)}…` : text;
}

function withRound(record: TaskRecord, round: RecordedRound): TaskRecord {
  // A run that was taken up again begins the round anew that it was interrupted in.
  if (round.round > 0 && record.rounds.at(-1)?.round === round.round) return record;
  const isFirst = record.leftOut === 0 && record.rounds.every((known) => known.round === 0);
  const rounds = [...record.rounds, round];
  // A run that was taken up again has had rounds that this window knows nothing of.
  const before = isFirst ? Math.max(round.round - 1, 0) : record.leftOut;
  const tooMany = Math.max(rounds.length - MAX_ROUNDS, 0);
  return { ...record, rounds: rounds.slice(tooMany), leftOut: before + tooMany };
}

function withCall(record: TaskRecord, call: RecordedCall): TaskRecord {
  const begun = record.rounds.length > 0 ? record : { ...record, rounds: [{ round: 0, usage: null, calls: [] }] };
  return inLastRound(begun, (round) =>
    round.calls.length < MAX_CALLS ? { ...round, calls: [...round.calls, call] } : round,
  );
}

function withResult(record: TaskRecord, id: string, end: Pick<RecordedCall, 'state' | 'code' | 'durationMs'>) {
  return inLastRound(record, (round) => ({
    ...round,
    calls: round.calls.map((call) => (call.id === id ? { ...call, ...end } : call)),
  }));
}

function inLastRound(record: TaskRecord, change: (round: RecordedRound) => RecordedRound): TaskRecord {
  const last = record.rounds.at(-1);
  return last ? { ...record, rounds: [...record.rounds.slice(0, -1), change(last)] } : record;
}
