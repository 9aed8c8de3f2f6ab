/**
 * The agent: ask the model, run the tools it calls, give it the results, until it answers without a call.
 * Pure: everything outside comes through the ports in `types.ts`.
 */
import { throwIfAborted } from '../base/abort';
import type { Clock } from '../base/clock';
import { isJsonObject, parseJson } from '../base/json';
import type { RetryPolicy } from '../base/retry';
import { RepetitionGuard } from './repetition';
import { type ReadCall, ToolRunner } from './toolRunner';
import { takeTurn, type Turn } from './turn';
import type {
  AgentEvent,
  AgentLimits,
  AgentOutcome,
  ApprovalGate,
  ChatModel,
  Message,
  ToolSource,
  Usage,
} from './types';
import { addUsage, NO_USAGE, totalTokens } from './usage';

export interface AgentOptions {
  readonly model: ChatModel;
  readonly tools: ToolSource;
  readonly gate: ApprovalGate;
  readonly clock: Clock;
  /** Which failed turns are asked again, and when. */
  readonly retry: RetryPolicy;
  readonly limits: AgentLimits;
  /** Longest tool result in characters that the model is given. */
  readonly resultCharLimit: number;
  /** The conversation so far, the task last. */
  readonly messages: readonly Message[];
  readonly emit: (event: AgentEvent) => void;
}

/** @throws BridgeError where the model fails, or the signal's reason when it fires. Tools never make it throw. */
export async function runAgent(options: AgentOptions, signal: AbortSignal): Promise<AgentOutcome> {
  const { limits, emit } = options;
  const conversation = new Conversation(options.messages);
  const runner = new ToolRunner({ ...options, source: options.tools });
  const guard = new RepetitionGuard();
  const definitions = options.tools.tools.map((tool) => tool.definition);
  let usage = NO_USAGE;

  for (let round = 1; ; round++) {
    emit({ type: 'round_start', round });
    const turn = await takeTurn({ messages: conversation.messages, tools: definitions }, options, signal);
    emit({ type: 'usage', ...turn.usage });
    usage = addUsage(usage, turn.usage);
    const end = (status: AgentOutcome['status'], code: AgentOutcome['code']): AgentOutcome => ({
      status,
      code,
      text: turn.text,
      rounds: round,
      usage,
    });

    if (turn.calls.length === 0) {
      warnAboutAnswer(turn, emit);
      return end('completed', null);
    }
    const calls = conversation.addTurn(turn).map((call) => runner.read(call));
    for (const read of calls) {
      if (isLoop(guard, read)) return end('limit', 'loop-detected');
      await answer(read, runner, guard, conversation, signal);
    }
    if (limits.maxTokens !== undefined && spentTokens(usage, conversation) >= limits.maxTokens)
      return end('limit', 'limit-tokens');
    if (round >= limits.maxRounds) return end('limit', 'limit-rounds');
    throwIfAborted(signal);
  }
}

function isLoop(guard: RepetitionGuard, { call, arguments: args }: ReadCall): boolean {
  return guard.isLoop(call.name, args);
}

async function answer(
  read: ReadCall,
  runner: ToolRunner,
  guard: RepetitionGuard,
  conversation: Conversation,
  signal: AbortSignal,
) {
  const { id, name } = read.call;
  const annotate = (text: string): string => {
    const note = guard.record(name, read.arguments, text);
    return note === undefined ? text : `${text}\n${note}`;
  };
  conversation.addResult(id, await runner.run(read, annotate, signal));
}

/** What the server counted, or an estimate of four characters a token where it counts nothing. */
function spentTokens(usage: Usage, conversation: Conversation): number {
  return usage.promptTokens === null && usage.completionTokens === null
    ? Math.ceil(conversation.length / 4)
    : totalTokens(usage);
}

function warnAboutAnswer(turn: Turn, emit: (event: AgentEvent) => void): void {
  if (turn.reason === 'length') {
    emit({
      type: 'warning',
      code: 'answer-truncated',
      message: 'The answer was cut off: the model reached its length limit.',
    });
  }
  if (turn.text.trim() !== '') return;
  if (turn.reasoning.trim() === '') {
    emit({ type: 'warning', code: 'empty-answer', message: 'The model ended without an answer.' });
  } else {
    emit({
      type: 'warning',
      code: 'reasoning-only-answer',
      message: 'The model only reasoned and gave no answer; its reasoning stands above.',
    });
  }
}

/** Chat templates parse the arguments of earlier calls and fail on broken ones; the tool's result tells what was wrong. */
function replayable(argumentsText: string): string {
  const parsed = parseJson(argumentsText);
  return parsed.ok && isJsonObject(parsed.value) ? argumentsText : '{}';
}

/** The messages of a run. They only ever grow, so that each request has the last one as its exact beginning. */
class Conversation {
  readonly #messages: Message[];
  readonly #ids = new Set<string>();

  constructor(messages: readonly Message[]) {
    this.#messages = [...messages];
  }

  get messages(): readonly Message[] {
    return this.#messages;
  }

  /** Characters in all messages. */
  get length(): number {
    return this.#messages.reduce((sum, message) => sum + JSON.stringify(message).length, 0);
  }

  /** Adds the model's answer; returns its calls under the ids that they have from now on. */
  addTurn(turn: Turn) {
    const calls = turn.calls.map((call) => ({
      id: this.#uniqueId(call.id),
      name: call.name,
      arguments: call.arguments,
      recovered: call.recovered,
      isCutOff: turn.reason === 'length',
    }));
    this.#messages.push({
      role: 'assistant',
      content: turn.text,
      // Servers refuse a conversation with a nameless call; its result says that there is no such tool.
      toolCalls: calls.map(({ id, name, arguments: text }) => ({
        id,
        name: name || 'unknown',
        arguments: replayable(text),
      })),
    });
    return calls;
  }

  addResult(toolCallId: string, content: string): void {
    this.#messages.push({ role: 'tool', toolCallId, content });
  }

  /** The server's id, or one in its form (nine digits, which all templates take) where it is missing or used already. */
  #uniqueId(given: string): string {
    let id = given;
    for (let next = this.#ids.size + 1; id === '' || this.#ids.has(id); next++) id = String(next).padStart(9, '0');
    this.#ids.add(id);
    return id;
  }
}
