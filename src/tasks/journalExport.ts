/** A run as one JSON document, for people and programs outside. What a journal holds is redacted already. Pure. */
import type { Usage } from '../agent/types';
import { addUsage, NO_USAGE } from '../agent/usage';
import type { JournalLine } from './journalFormat';
import { endOf, type ReadJournal, type RunState } from './journalReader';
import { type JournalCall, type JournalRound, roundsOf } from './journalRounds';

export const EXPORT_FORMAT = 'lmstudio-bridge/task';
/** Fields are only added under the same number. */
export const EXPORT_VERSION = 1;

/** Times are ISO 8601 in UTC, durations milliseconds. */
export interface ExportedTask {
  readonly format: typeof EXPORT_FORMAT;
  readonly formatVersion: typeof EXPORT_VERSION;
  readonly header: {
    readonly runId: string;
    readonly startedAt: string;
    /** Of this product. */
    readonly version: string;
    readonly request: ReadJournal['header']['request'];
    readonly workspaces: readonly string[];
  };
  readonly state: RunState;
  /** Each time that the run was begun or taken up again, and with what. */
  readonly starts: readonly Readonly<Record<string, unknown>>[];
  readonly rounds: readonly ExportedRound[];
  /** Of all rounds; null where the server did not say. */
  readonly usage: Usage;
  /** Null where the run goes on or was interrupted. */
  readonly end: Readonly<Record<string, unknown>> | null;
  /** Lines of the journal that cannot be read. */
  readonly problems: ReadJournal['problems'];
}

type ExportedRound = Omit<JournalRound, 'at' | 'calls'> & {
  readonly at: string;
  readonly calls: readonly (Omit<JournalCall, 'begunAt' | 'answeredAt'> & {
    readonly begunAt: string | null;
    readonly answeredAt: string | null;
  })[];
};

export function exportedTask({ header, lines, problems }: ReadJournal, state: RunState): ExportedTask {
  const rounds = roundsOf(lines);
  const { runId, at, version, request, workspaces } = header;
  const end = endOf(lines);
  return {
    format: EXPORT_FORMAT,
    formatVersion: EXPORT_VERSION,
    header: { runId, startedAt: iso(at), version, request, workspaces },
    state,
    starts: lines.flatMap((line) => (line.type === 'started' ? [stamped(line)] : [])),
    rounds: rounds.map((round) => ({ ...round, at: iso(round.at), calls: round.calls.map(exportedCall) })),
    usage: rounds.reduce((total, { usage }) => (usage ? addUsage(total, usage) : total), NO_USAGE),
    end: end ? stamped(end) : null,
    problems,
  };
}

function exportedCall({ begunAt, answeredAt, ...call }: JournalCall) {
  return {
    ...call,
    begunAt: begunAt === null ? null : iso(begunAt),
    answeredAt: answeredAt === null ? null : iso(answeredAt),
  };
}

function stamped(line: JournalLine): Readonly<Record<string, unknown>> {
  return { ...line, type: undefined, at: iso(line.at) };
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
