/** What a run must know to go on, put together from its journal. Pure. */
import { closingRequest, type ClosingReason } from '../agent/closing';
import { Conversation } from '../agent/conversation';
import type { AssistantToolCall, Message, Usage } from '../agent/types';
import { addUsage, NO_USAGE } from '../agent/usage';
import type { JsonObject } from '../base/json';
import { isAnyModel } from '../llm/lmstudio/selection';
import type { JournalLine } from './journalFormat';
import type { ReadJournal } from './journalReader';
import type { TaskRequest } from './types';

/** A call that had begun when the run ended, and may change something: nobody knows whether it did. */
export interface UnknownCall {
  readonly id: string;
  readonly server: string;
  readonly tool: string;
  readonly arguments: JsonObject;
  /** The arguments are not here as they were, because they held a secret: it cannot run again. */
  readonly isRedacted: boolean;
}

export interface RunMemory {
  /** As asked first, with the limits and the model of the last time. */
  readonly request: TaskRequest;
  /** Empty where the run had not begun. */
  readonly messages: readonly Message[];
  /** They are not quite those of the journal. */
  readonly isTrimmed: boolean;
  readonly spent: { readonly rounds: number; readonly usage: Usage };
  readonly unknown: readonly UnknownCall[];
  /** Calls that cannot run as they stand here, because their arguments held a secret, and did nothing so far. */
  readonly redacted: readonly AssistantToolCall[];
  /** The model had given its answer; only the end of the run is not written down. */
  readonly answer: string | undefined;
}

type CallLine = Extract<JournalLine, { type: 'call' }>;

export function rememberRun({ header, lines }: Pick<ReadJournal, 'header' | 'lines'>): RunMemory {
  let { request } = header;
  let messages: Message[] = [];
  let usage = NO_USAGE;
  let rounds = 0;
  const begun = new Map<string, CallLine>();
  const redactedIds = new Set<string>();
  for (const line of lines) {
    if (line.type === 'message') messages.push(line.message);
    if (line.type === 'conversation') messages = [...line.messages];
    if (line.type === 'message' || line.type === 'conversation') {
      for (const id of line.redactedCalls ?? []) redactedIds.add(id);
    }
    if (line.type === 'message' && line.message.role === 'assistant') begun.clear();
    if (line.type === 'call') begun.set(line.id, line);
    if (line.type === 'usage') {
      usage = addUsage(usage, line);
      rounds = Math.max(rounds, line.round);
    }
    if (line.type === 'resumed') request = { ...line.request, task: header.request.task };
    // The same model again, also where it was only the one that happened to be loaded.
    if (line.type === 'started' && isAnyModel(request.model)) request = { ...request, model: line.modelKey };
  }
  const recorded = messages;
  messages = withoutClosing(recorded);
  const open = new Conversation(messages).openCalls();
  const changing = open.flatMap(({ id }) => {
    const call = begun.get(id);
    return call && !call.readOnly ? [{ ...call, isRedacted: redactedIds.has(id) }] : [];
  });
  const unknownIds = new Set(changing.map(({ id }) => id));
  return {
    request,
    messages,
    isTrimmed: messages.length < recorded.length,
    spent: { rounds, usage },
    unknown: changing,
    redacted: open.filter(({ id }) => redactedIds.has(id) && !unknownIds.has(id)),
    answer: lastAnswer(messages),
  };
}

const CLOSING_REASONS: readonly ClosingReason[] = ['limit-rounds', 'limit-tokens', 'loop-detected'];

/** Without a last word of ours that asks for an answer at a limit: the limits may be others now, and else it comes again. */
function withoutClosing(messages: Message[]): Message[] {
  const last = messages.at(-1);
  const isClosing = CLOSING_REASONS.some((reason) => last?.content === closingRequest(reason));
  return last?.role === 'user' && isClosing ? messages.slice(0, -1) : messages;
}

function lastAnswer(messages: readonly Message[]): string | undefined {
  const last = messages.at(-1);
  return last?.role === 'assistant' && last.toolCalls.length === 0 ? last.content : undefined;
}
