/** What a journal tells of a run, round by round. Pure. */
import type { CallOutcome, Message, Usage } from '../agent/types';
import { addUsage } from '../agent/usage';
import { isJsonObject, type JsonObject, parseJson } from '../base/json';
import type { JournalLine } from './journalFormat';

/** `code`: any text, as a later version may have written it. */
export type JournalOutcome = Omit<CallOutcome, 'code'> & { readonly code: string | null };

export interface JournalCall {
  readonly id: string;
  /** Null where it never began, so that only the name is known that the model used. */
  readonly server: string | null;
  readonly tool: string;
  /** As the model wrote them, or as they ran. */
  readonly arguments: JsonObject;
  /** Milliseconds since 1970; null: it never began. */
  readonly begunAt: number | null;
  /** What the model was given; null: nothing is written down. */
  readonly result: string | null;
  readonly answeredAt: number | null;
  /** Null where there is no result, and in journals that do not say it. */
  readonly outcome: JournalOutcome | null;
}

export interface JournalRound {
  /** 0: calls that stand before the first round. */
  readonly round: number;
  /** When its answer was there; milliseconds since 1970. */
  readonly at: number;
  readonly usage: Usage | null;
  /** What the model said. */
  readonly text: string;
  readonly calls: readonly JournalCall[];
  /** What it was told afterwards, beside the results. */
  readonly told: readonly string[];
}

type Draft<T> = { -readonly [K in keyof T]: T[K] };
type RoundDraft = Draft<Omit<JournalRound, 'calls' | 'told'>> & { calls: Draft<JournalCall>[]; told: string[] };

/** In the order in which they happened. */
export function roundsOf(lines: readonly JournalLine[]): readonly JournalRound[] {
  const rounds: RoundDraft[] = [];
  const calls = new Map<string, Draft<JournalCall>>();
  const last = (at: number): RoundDraft => rounds.at(-1) ?? begin(rounds, 0, at, null);
  for (const line of lines) {
    switch (line.type) {
      case 'usage': {
        const { round, at, promptTokens, completionTokens, reasoningTokens } = line;
        const usage = { promptTokens, completionTokens, reasoningTokens };
        const same = rounds.at(-1);
        // A closing answer is asked for in the round that the limit was met in.
        if (same?.round === round) same.usage = same.usage ? addUsage(same.usage, usage) : usage;
        else begin(rounds, round, at, usage);
        break;
      }
      case 'call': {
        const call = calls.get(line.id) ?? addCall(last(line.at), calls, line.id);
        const { server, tool, at: begunAt } = line;
        Object.assign(call, { server, tool, arguments: line.arguments, begunAt });
        break;
      }
      case 'message':
        if (line.message.role === 'assistant') answer(last(line.at), calls, line.message);
        else if (line.message.role === 'tool') result(last(line.at), calls, line.message, line);
        else if (line.message.role === 'user') last(line.at).told.push(line.message.content);
        break;
      case 'started':
      case 'resumed':
      case 'conversation':
      case 'end':
        break;
    }
  }
  return rounds;
}

function begin(rounds: RoundDraft[], round: number, at: number, usage: Usage | null): RoundDraft {
  const draft: RoundDraft = { round, at, usage, text: '', calls: [], told: [] };
  rounds.push(draft);
  return draft;
}

function answer(
  round: RoundDraft,
  calls: Map<string, Draft<JournalCall>>,
  { content, toolCalls }: Extract<Message, { role: 'assistant' }>,
): void {
  round.text += content;
  for (const { id, name, arguments: text } of toolCalls) {
    const parsed = parseJson(text);
    const args = parsed.ok && isJsonObject(parsed.value) ? parsed.value : {};
    Object.assign(addCall(round, calls, id), { tool: name, arguments: args });
  }
}

function result(
  round: RoundDraft,
  calls: Map<string, Draft<JournalCall>>,
  { toolCallId, content }: Extract<Message, { role: 'tool' }>,
  { at, outcome }: Extract<JournalLine, { type: 'message' }>,
): void {
  const call = calls.get(toolCallId) ?? addCall(round, calls, toolCallId);
  Object.assign(call, { result: content, answeredAt: at, outcome: outcome ?? null });
}

function addCall(round: RoundDraft, calls: Map<string, Draft<JournalCall>>, id: string): Draft<JournalCall> {
  const unknown = { begunAt: null, result: null, answeredAt: null, outcome: null };
  const call: Draft<JournalCall> = { id, server: null, tool: '', arguments: {}, ...unknown };
  round.calls.push(call);
  calls.set(id, call);
  return call;
}
