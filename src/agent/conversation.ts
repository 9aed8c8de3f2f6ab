import type { CallResult, RequestedCall, ToolRunner } from './toolRunner';
import type { Turn } from './turn';
import type { AssistantToolCall, CallOutcome, JournalEntry, MeantCall, Message } from './types';

/** Stands for an answer that said nothing. */
const NO_ANSWER = '(no answer)';

/**
 * The messages of a run. They only ever grow, so that each request has the last one as its exact beginning; `replace`
 * is the one exception, for a conversation that has become too long.
 */
export class Conversation {
  #messages: Message[];
  readonly #ids = new Set<string>();

  constructor(
    messages: readonly Message[],
    /** Hears of every change. */
    private readonly record: (entry: JournalEntry) => void = () => undefined,
  ) {
    this.#messages = [...messages];
    for (const { id } of messages.flatMap(callsOf)) this.#ids.add(id);
  }

  get messages(): readonly Message[] {
    return this.#messages;
  }

  /** Characters in all messages. */
  get length(): number {
    return this.#messages.reduce((sum, message) => sum + JSON.stringify(message).length, 0);
  }

  /**
   * Adds the model's answer; returns its calls under the ids that they have from now on. `replayed` gives a call as it
   * is to stand in the conversation: chat templates parse the arguments of earlier calls, and fail on broken ones.
   */
  addTurn(turn: Turn, runner: Pick<ToolRunner, 'replayed' | 'meant'>): readonly RequestedCall[] {
    const calls = turn.calls.map((call) => ({
      id: this.#uniqueId(call.id),
      name: call.name,
      arguments: call.arguments,
      recovered: call.recovered,
      isCutOff: turn.reason === 'length',
      reason: turn.text.trim(),
    }));
    const message: Message = {
      role: 'assistant',
      // An answer that is not there at all is refused by servers when it is sent back.
      content: turn.text === '' && calls.length === 0 ? NO_ANSWER : turn.text,
      toolCalls: calls.map((call) => ({ id: call.id, ...runner.replayed(call) })),
    };
    this.#add(message, calls.length > 0 ? { meant: calls.map((call) => runner.meant(call)) } : {});
    return calls;
  }

  addResult({ message, outcome }: CallResult): void {
    this.#add({ role: 'tool', ...message }, { outcome });
  }

  addUser(content: string): void {
    this.#add({ role: 'user', content });
  }

  /** Puts shorter messages in the place of all there are. Every call among them must have its result. */
  replace(messages: readonly Message[]): void {
    this.#messages = [...messages];
    this.record({ type: 'conversation', messages });
  }

  /** Calls of the last answer that have no result: a run that is taken up again begins with them. */
  openCalls(): readonly AssistantToolCall[] {
    const last = this.#messages.findLastIndex(({ role }) => role === 'assistant');
    const asked = this.#messages[last];
    if (!asked) return [];
    const answered = new Set(this.#messages.slice(last + 1).map((m) => (m.role === 'tool' ? m.toolCallId : undefined)));
    return callsOf(asked).filter(({ id }) => !answered.has(id));
  }

  #add(message: Message, more: { readonly meant?: readonly MeantCall[]; readonly outcome?: CallOutcome } = {}): void {
    this.#messages.push(message);
    this.record({ type: 'message', message, ...more });
  }

  /** The server's id, or one in its form (nine digits, which all templates take) where it is missing or used already. */
  #uniqueId(given: string): string {
    let id = given;
    for (let next = this.#ids.size + 1; id === '' || this.#ids.has(id); next++) id = String(next).padStart(9, '0');
    this.#ids.add(id);
    return id;
  }
}

function callsOf(message: Message): readonly AssistantToolCall[] {
  return message.role === 'assistant' ? message.toolCalls : [];
}
