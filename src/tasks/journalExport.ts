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
  /** Why it failed or was stopped; null where it was not, and in journals that do not say it. */
  readonly error: ExportedError | null;
  /** Lines of the journal that cannot be read. */
  readonly problems: ReadJournal['problems'];
}

export type ExportedError = Pick<Extract<JournalEvent, { type: 'error' }>, 'code' | 'message' | 'hint'>;

export interface ExportedRound {
  /** 0: what stands before the first round. */
  readonly round: number;
  /** When it began; in older journals, when its answer was there. */
  readonly at: string;
  readonly usage: Usage | null;
  /** What the model thought; empty in older journals. */
  readonly reasoning: string;
  /** What the model said. */
  readonly text: string;
  readonly calls: readonly ExportedCall[];
  /** What it was told afterwards, beside the results. */
  readonly told: readonly string[];
  /** None in older journals. */
  readonly warnings: readonly string[];
}

export interface ExportedCall {
  readonly id: string;
  /** Null where the journal does not know it. */
  readonly server: string | null;
  /** Where the journal knows no better, the name that the model used. */
  readonly tool: string;
  /** As the model wrote them, or as they ran. */
  readonly arguments: JsonObject;
  /** Null where nobody was asked and no rule refused it, and in older journals. */
  readonly approval: { readonly decision: 'approved' | 'denied'; readonly reason: string } | null;
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
  const events = eventsOf(read);
  const rounds = roundsOf(events);
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
    error: end && end.code !== null ? errorOf(events) : null,
    problems,
  };
}

type Draft<T> = { -readonly [K in keyof T]: T[K] };
type RoundDraft = Draft<Omit<ExportedRound, 'calls' | 'told' | 'warnings'>> & {
  calls: Draft<ExportedCall>[];
  told: string[];
  warnings: string[];
};

/** In the order in which they happened. */
function roundsOf(events: readonly JournalEvent[]): readonly ExportedRound[] {
  const drafts = new RoundDrafts();
  for (const event of events) drafts.add(event);
  return drafts.rounds;
}

class RoundDrafts {
  readonly rounds: RoundDraft[] = [];
  readonly #calls = new Map<string, Draft<ExportedCall>>();

  add(event: JournalEvent): void {
    const { at } = event;
    switch (event.type) {
      case 'round_start':
        // A run that was taken up again begins the round anew that it was interrupted in.
        if (this.rounds.at(-1)?.round !== event.round) this.#begin(event.round, at);
        break;
      case 'usage': {
        const { promptTokens, completionTokens, reasoningTokens } = event;
        const usage = { promptTokens, completionTokens, reasoningTokens };
        const round = this.#last(at);
        round.usage = round.usage ? addUsage(round.usage, usage) : usage;
        break;
      }
      case 'reasoning_delta':
        this.#last(at).reasoning += event.text;
        break;
      case 'text_delta':
        this.#last(at).text += event.text;
        break;
      case 'warning':
        this.#last(at).warnings.push(event.message);
        break;
      case 'steered':
      case 'own_words':
        this.#last(at).told.push(event.text);
        break;
      default:
        this.#addToCall(event);
    }
  }

  #addToCall(event: JournalEvent): void {
    const { at } = event;
    switch (event.type) {
      case 'tool_call': {
        const { id, server, tool, arguments: args } = event;
        this.#call(at, { id, server, tool, arguments: args });
        break;
      }
      case 'approval': {
        const call = this.#calls.get(event.id);
        if (call) call.approval = { decision: event.decision, reason: event.reason };
        break;
      }
      case 'call_begun': {
        const call = this.#calls.get(event.id);
        if (call) call.begunAt = iso(at);
        break;
      }
      case 'tool_result': {
        const { id, text: result, outcome: known } = event;
        const outcome = known && { code: known.code, durationMs: known.durationMs };
        const call = this.#calls.get(id) ?? this.#call(at, { id, server: null, tool: '', arguments: {} });
        Object.assign(call, { result, answeredAt: iso(at), outcome });
        break;
      }
      default:
    }
  }

  #begin(round: number, at: number): RoundDraft {
    const draft = { round, at: iso(at), usage: null, reasoning: '', text: '', calls: [], told: [], warnings: [] };
    this.rounds.push(draft);
    return draft;
  }

  #last(at: number): RoundDraft {
    return this.rounds.at(-1) ?? this.#begin(0, at);
  }

  #call(at: number, asked: Pick<ExportedCall, 'id' | 'server' | 'tool' | 'arguments'>): Draft<ExportedCall> {
    const nothing = { approval: null, begunAt: null, result: null, answeredAt: null, outcome: null };
    const call: Draft<ExportedCall> = { ...asked, ...nothing };
    this.#last(at).calls.push(call);
    this.#calls.set(call.id, call);
    return call;
  }
}

function errorOf(events: readonly JournalEvent[]): ExportedError | null {
  const error = events.findLast((event) => event.type === 'error');
  return error ? { code: error.code, message: error.message, hint: error.hint } : null;
}

function stamped(line: JournalLine): Readonly<Record<string, unknown>> {
  return { ...line, type: undefined, at: iso(line.at) };
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
