/**
 * What a journal tells, in the events and the order of a live run, so that whoever shows one shows the other. It has no
 * phases and no use of the context. Pure.
 */
import { isNudge } from '../agent/answers';
import { endsWithClosingRequest } from '../agent/closing';
import type { AssistantToolCall } from '../agent/types';
import { ERROR_CODES } from '../base/errors';
import { isJsonObject, parseJson } from '../base/json';
import type { JournalLine, JournalOutcome } from './journalFormat';
import type { ReadJournal } from './journalReader';
import type { Measures } from './runWords';
import type { TaskEvent } from './types';

type Of<T extends TaskEvent['type']> = Extract<TaskEvent, { type: T }>;
type LineOf<T extends JournalLine['type']> = Extract<JournalLine, { type: T }>;

/** `asked`: what stands in the conversation; null: nothing does, as in a journal that begins with a longer run. */
type ToldCall = Of<'tool_call'> & { readonly asked: AssistantToolCall | null };
/** `outcome`: null where the journal does not say how the call went. `durationMs`: null where it does not say that either. */
type ToldResult = Omit<Of<'tool_result'>, 'durationMs'> & {
  readonly outcome: JournalOutcome | null;
  readonly durationMs: number | null;
};

/** `at` is in milliseconds since 1970. */
export type JournalEvent =
  | Of<'run_start' | 'round_start' | 'text_delta' | 'steered' | 'approval' | 'retry' | 'warning' | 'error'>
  /** `at` is when it began. */
  | (Of<'reasoning_delta'> & { readonly durationMs: number })
  | (Of<'usage'> & { readonly round: number })
  | ToldCall
  | ToldResult
  /** `measures`: null in journals of older versions. */
  | (Of<'run_end'> & { readonly measures: Measures | null })
  /** Said to the model by us, not by the person. */
  | { readonly type: 'own_words'; readonly text: string; readonly at: number }
  /** The run was taken up again; `run_start` follows. */
  | { readonly type: 'taken_up'; readonly at: number }
  /** The conversation was made shorter, to so many messages. */
  | { readonly type: 'shortened'; readonly messages: number; readonly at: number }
  /** A call begins to run. */
  | {
      readonly type: 'call_begun';
      readonly id: string;
      readonly server: string;
      readonly tool: string;
      readonly at: number;
    };

export function eventsOf(read: Pick<ReadJournal, 'header' | 'lines'>): readonly JournalEvent[] {
  const reading = new Reading(read);
  for (const line of read.lines) reading.add(line);
  return reading.end();
}

class Reading {
  readonly #events: JournalEvent[] = [];
  /** When each call began to run, by its id; undefined where it has not. */
  readonly #begun = new Map<string, number | undefined>();
  /** Of a round whose answer is not there yet: the line comes before it, the event after it. */
  #usage: LineOf<'usage'> | undefined;
  #round = 0;
  #isResumed = false;

  constructor(private readonly read: Pick<ReadJournal, 'header' | 'lines'>) {}

  add(line: JournalLine): void {
    const { at } = line;
    const isAnswer = line.type === 'message' && line.message.role === 'assistant';
    if (!isAnswer) this.#tellUsage();
    switch (line.type) {
      case 'started': {
        const { runId, request } = this.read.header;
        const again = this.#isResumed ? { resumed: true } : {};
        this.#events.push({ ...line, type: 'run_start', runId, task: request.task, ...again });
        break;
      }
      case 'resumed':
        this.#isResumed = true;
        this.#events.push({ type: 'taken_up', at });
        break;
      case 'usage':
        // Older journals do not say when a round begins. A closing answer is asked for in the round that met the limit.
        if (line.round !== this.#round) this.#beginRound(line);
        this.#usage = line;
        break;
      case 'round':
        this.#beginRound(line);
        break;
      case 'reasoning':
        this.#events.push({ ...line, type: 'reasoning_delta', at: at - line.durationMs });
        break;
      case 'approval':
      case 'retry':
      case 'warning':
      case 'error':
        this.#events.push(line);
        break;
      case 'message':
        this.#message(line);
        break;
      case 'conversation':
        if (this.#round > 0) this.#events.push({ type: 'shortened', messages: line.messages.length, at });
        break;
      case 'call':
        if (!this.#begun.has(line.id)) this.#call({ ...line, recovered: false, asked: null });
        this.#begun.set(line.id, at);
        this.#events.push({ ...line, type: 'call_begun' });
        break;
      case 'end': {
        const { tokensPerSecond, fullest } = line;
        const measures = tokensPerSecond === undefined || fullest === undefined ? null : { tokensPerSecond, fullest };
        this.#events.push({ ...line, type: 'run_end', text: '', measures });
        break;
      }
    }
  }

  end(): readonly JournalEvent[] {
    this.#tellUsage();
    return this.#events;
  }

  #message({ message, at, meant, outcome }: LineOf<'message'>): void {
    switch (message.role) {
      case 'system':
        break;
      case 'user': {
        const text = message.content;
        const isOurs = isNudge(text) || endsWithClosingRequest(text);
        this.#events.push({ type: isOurs ? 'own_words' : 'steered', text, at });
        break;
      }
      case 'assistant':
        if (message.content !== '') this.#events.push({ type: 'text_delta', text: message.content, at });
        this.#tellUsage();
        for (const [index, asked] of message.toolCalls.entries()) {
          const { server = null, tool = asked.name, arguments: passedOn } = meant?.[index] ?? {};
          const args = passedOn ? { arguments: passedOn } : readArguments(asked.arguments);
          this.#call({ id: asked.id, at, asked, server, tool, ...args, recovered: false });
        }
        break;
      case 'tool': {
        const { toolCallId: id, content: text } = message;
        const begunAt = this.#begun.get(id);
        const code = ERROR_CODES.find((known) => known === outcome?.code);
        const failure =
          typeof outcome?.code === 'string' ? { isError: true, ...(code && { code }) } : { isError: false };
        const durationMs = outcome?.durationMs ?? (begunAt === undefined ? null : at - begunAt);
        const how = { truncated: outcome?.truncated ?? false, durationMs, outcome: outcome ?? null };
        this.#events.push({ type: 'tool_result', id, ...failure, text, ...how, at });
        break;
      }
    }
  }

  #beginRound({ round, at }: Pick<LineOf<'round'>, 'round' | 'at'>): void {
    this.#round = round;
    this.#events.push({ type: 'round_start', round, at });
  }

  #call(call: Omit<ToldCall, 'type'>): void {
    this.#begun.set(call.id, undefined);
    this.#events.push({ ...call, type: 'tool_call' });
  }

  #tellUsage(): void {
    if (this.#usage) this.#events.push({ ...this.#usage, prefixShare: null });
    this.#usage = undefined;
  }
}

function readArguments(text: string): Pick<ToldCall, 'arguments' | 'rawArguments'> {
  const parsed = parseJson(text);
  return parsed.ok && isJsonObject(parsed.value) ? { arguments: parsed.value } : { arguments: {}, rawArguments: text };
}
