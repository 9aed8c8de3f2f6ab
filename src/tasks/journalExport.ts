/** A run as one JSON document, for people and programs outside. What a journal holds is redacted already. Pure. */
import type { Usage } from '../agent/types';
import { addUsage, NO_USAGE } from '../agent/usage';
import type { JsonObject } from '../base/json';
import { eventsOf, type JournalEvent } from './journalEvents';
import type { JournalLine, JournalOutcome } from './journalFormat';
import { endOf, type ReadJournal, type RunState } from './journalReader';

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

export interface ExportedRound {
  /** 0: calls that stand before the first round. */
  readonly round: number;
  /** When its answer was there. */
  readonly at: string;
  readonly usage: Usage | null;
  /** What the model said. */
  readonly text: string;
  readonly calls: readonly ExportedCall[];
  /** What it was told afterwards, beside the results. */
  readonly told: readonly string[];
}

export interface ExportedCall {
  readonly id: string;
  /** Null where the journal does not know it. */
  readonly server: string | null;
  /** Where the journal knows no better, the name that the model used. */
  readonly tool: string;
  /** As the model wrote them, or as they ran. */
  readonly arguments: JsonObject;
  /** Null: it never began. */
  readonly begunAt: string | null;
  /** What the model was given; null: nothing is written down. */
  readonly result: string | null;
  readonly answeredAt: string | null;
  /** Null where there is no result, and in journals that do not say it. */
  readonly outcome: Pick<JournalOutcome, 'code' | 'durationMs'> | null;
}

export function exportedTask(read: ReadJournal, state: RunState): ExportedTask {
  const { header, lines, problems } = read;
  const rounds = roundsOf(eventsOf(read));
  const { runId, at, version, request, workspaces } = header;
  const end = endOf(lines);
  return {
    format: EXPORT_FORMAT,
    formatVersion: EXPORT_VERSION,
    header: { runId, startedAt: iso(at), version, request, workspaces },
    state,
    starts: lines.flatMap((line) => (line.type === 'started' ? [stamped(line)] : [])),
    rounds,
    usage: rounds.reduce((total, { usage }) => (usage ? addUsage(total, usage) : total), NO_USAGE),
    end: end ? stamped(end) : null,
    problems,
  };
}

type Draft<T> = { -readonly [K in keyof T]: T[K] };
type RoundDraft = Draft<Omit<ExportedRound, 'calls' | 'told'>> & { calls: Draft<ExportedCall>[]; told: string[] };

/** In the order in which they happened. */
function roundsOf(events: readonly JournalEvent[]): readonly ExportedRound[] {
  const rounds: RoundDraft[] = [];
  const calls = new Map<string, Draft<ExportedCall>>();
  const begin = (round: number, at: number): RoundDraft => {
    const draft: RoundDraft = { round, at: iso(at), usage: null, text: '', calls: [], told: [] };
    rounds.push(draft);
    return draft;
  };
  const last = (at: number): RoundDraft => rounds.at(-1) ?? begin(0, at);
  const addCall = (at: number, asked: Pick<ExportedCall, 'id' | 'server' | 'tool' | 'arguments'>) => {
    const call: Draft<ExportedCall> = { ...asked, begunAt: null, result: null, answeredAt: null, outcome: null };
    last(at).calls.push(call);
    calls.set(call.id, call);
    return call;
  };
  for (const event of events) {
    const { at } = event;
    switch (event.type) {
      case 'round_start':
        begin(event.round, at);
        break;
      case 'usage': {
        const { promptTokens, completionTokens, reasoningTokens } = event;
        const usage = { promptTokens, completionTokens, reasoningTokens };
        const round = last(at);
        round.usage = round.usage ? addUsage(round.usage, usage) : usage;
        break;
      }
      case 'text_delta':
        last(at).text += event.text;
        break;
      case 'steered':
      case 'own_words':
        last(at).told.push(event.text);
        break;
      case 'tool_call': {
        const { id, server, tool, arguments: args } = event;
        addCall(at, { id, server, tool, arguments: args });
        break;
      }
      case 'call_begun': {
        const call = calls.get(event.id);
        if (call) call.begunAt = iso(at);
        break;
      }
      case 'tool_result': {
        const { id, text: result, outcome: known } = event;
        const outcome = known && { code: known.code, durationMs: known.durationMs };
        const call = calls.get(id) ?? addCall(at, { id, server: null, tool: '', arguments: {} });
        Object.assign(call, { result, answeredAt: iso(at), outcome });
        break;
      }
      default:
    }
  }
  return rounds;
}

function stamped(line: JournalLine): Readonly<Record<string, unknown>> {
  return { ...line, type: undefined, at: iso(line.at) };
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
