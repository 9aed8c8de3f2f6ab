/**
 * One answer of a model in a conversation that somebody else leads, such as an editor's chat. It takes the way of the
 * turns of tasks: the same lanes, loads, retries and breaker.
 */
import * as l10n from '@vscode/l10n';
import { randomUUID } from 'node:crypto';
import { readCallArguments } from '../agent/callArguments';
import { takeTurn, type Turn, type TurnCall } from '../agent/turn';
import { TokenCounter } from '../agent/tokenCounter';
import type { AgentEvent, Answering, ChatRequest, FinishReason, Message, ToolDefinition, Usage } from '../agent/types';
import { BridgeError, ContextOverflowError, isBridgeError } from '../base/errors';
import type { JsonObject } from '../base/json';
import { compileSchema } from '../base/jsonSchema';
import { findByToolName } from '../base/toolNames';
import type { ChosenModel } from '../llm/lmstudio/selection';
import type { TokenLedger } from '../llm/tokenLedger';
import type { ToolCallMode } from '../llm/toolCallMode';
import { assignToolNames, toSnakeCase } from '../mcp/naming';
import { makeReady } from './modelLoading';
import { reloadAdvice, reloadHint } from './taskContext';
import { type ModelNeeds, openModel, type TaskModel } from './taskModel';

export interface AnswerRequest {
  /** Key or instance id. */
  readonly model: string;
  /** Names of tools in it are their owner's. */
  readonly messages: readonly Message[];
  /** Under any names: the model is told others where these would not pass its template (reference 3.4). */
  readonly tools: readonly ToolDefinition[];
  readonly answering?: Answering | undefined;
  /** Default: auto. */
  readonly toolCalls?: ToolCallMode | undefined;
}

/** A call whose arguments were read, and repaired where they had to be. They need not fit the tool's schema. */
export interface AnswerCall {
  /** No other call of the conversation has it. */
  readonly id: string;
  /** The owner's name; the model's own words where there is no such tool. */
  readonly name: string;
  readonly input: JsonObject;
}

export interface ChatAnswer {
  readonly calls: readonly AnswerCall[];
  readonly reason: FinishReason;
  readonly usage: Usage;
}

export interface AnswerEnvironment extends ModelNeeds {
  /** How long the tokens of the models are; learns from the answer. */
  readonly tokens: TokenLedger;
  /** The model is known, and has not been asked. */
  readonly onChosen?: (chosen: ChosenModel) => void;
}

/**
 * Loads the model where it is not in memory, and streams its answer as `text_delta` events; calls come with the result.
 *
 * @throws BridgeError, also `tool-arguments` where a call cannot be read and `bad-response` where the answer is empty or
 * has no call although it had to; the signal's reason
 */
export async function answerChat(
  request: AnswerRequest,
  environment: AnswerEnvironment,
  emit: (event: AgentEvent) => void,
  signal: AbortSignal,
): Promise<ChatAnswer> {
  const { validator, loading } = environment;
  const found = await validator.choose(request.model, signal);
  const using = loading?.lifecycle.hold(found.model.key);
  environment.onChosen?.(found);
  const warn = (code: string, message: string): void => {
    emit({ type: 'warning', code, message });
  };
  let chosen = found;
  try {
    chosen = await makeReady(found, loading, warn, signal);
    const asked = askedOf(request, chosen);
    const opened = openModel(chosen, request, environment, {
      warn,
      onReturn: (now) => {
        chosen = now;
      },
    });
    const turn = await take(asked, opened, environment, emit, signal);
    learn(asked, turn, chosen, environment.tokens);
    return { calls: readCalls(turn, request, asked), reason: turn.reason, usage: turn.usage };
  } catch (error) {
    throw explained(error, chosen);
  } finally {
    using?.dispose();
  }
}

/** As the model is asked: under names that it can say, and without pictures where it is blind. */
function askedOf({ messages, tools, answering }: AnswerRequest, { model }: ChosenModel): ChatRequest {
  const identities = tools.map(({ name }) => ({ server: '', tool: name }));
  const names = assignToolNames(identities, false);
  const plainNames = new Map(tools.map(({ name }, index) => [name, names[index] ?? name]));
  const plainName = (name: string): string => plainNames.get(name) ?? (toSnakeCase(name) || 'tool');
  return {
    messages: messages.map((message) => {
      const seen = model.vision === false ? withoutImages(message) : message;
      if (seen.role !== 'assistant') return seen;
      return { ...seen, toolCalls: seen.toolCalls.map((call) => ({ ...call, name: plainName(call.name) })) };
    }),
    tools: tools.map((tool) => ({ ...tool, name: plainName(tool.name) })),
    answering: answering ?? {},
  };
}

function withoutImages(message: Message): Message {
  if (!('images' in message) || message.images.length === 0) return message;
  const { images, ...rest } = message;
  const count = images.length === 1 ? 'an image' : `${String(images.length)} images`;
  return { ...rest, content: `${rest.content}\n[Here stood ${count}, which you cannot see.]`.trimStart() };
}

/** Asked again after a loss of the model only while nothing was shown: what somebody has read is not taken back. */
async function take(
  asked: ChatRequest,
  { model, recover }: TaskModel,
  { clock, server }: AnswerEnvironment,
  emit: (event: AgentEvent) => void,
  signal: AbortSignal,
): Promise<Turn> {
  const heard = { text: false };
  const listen = (event: AgentEvent): void => {
    heard.text ||= event.type === 'text_delta';
    emit(event);
  };
  const options = { model, clock, retry: server.policy.turns, emit: listen };
  try {
    return await takeTurn(asked, options, signal);
  } catch (error) {
    const mayRecover =
      !heard.text && !signal.aborted && isBridgeError(error) && !(error instanceof ContextOverflowError);
    if (!mayRecover || !(await recover(error, signal))) throw error;
    emit({ type: 'retry', code: error.code, attempt: 1, delayMs: 0 });
    return takeTurn(asked, options, signal);
  }
}

function learn({ messages, tools }: ChatRequest, { usage }: Turn, { model }: ChosenModel, tokens: TokenLedger): void {
  if (usage.promptTokens === null) return;
  const counter = new TokenCounter(tokens.bytesPerToken(model.key));
  counter.learn(messages, tools, usage.promptTokens);
  tokens.record(model.key, counter.bytesPerToken);
}

function readCalls(turn: Turn, { tools, messages, answering }: AnswerRequest, asked: ChatRequest): AnswerCall[] {
  const taken = new Set(messages.flatMap((message) => (message.role === 'assistant' ? idsOf(message) : [])));
  const calls = turn.calls.map((call) => {
    const index = asked.tools.indexOf(findByToolName(call.name, asked.tools, ({ name }) => [name]) ?? NO_TOOL);
    const id = call.id === '' || taken.has(call.id) ? `call_${randomUUID()}` : call.id;
    taken.add(id);
    return { id, name: tools[index]?.name ?? call.name, input: readInput(call, tools[index], turn.reason) };
  });
  if (calls.length === 0) checkWords(turn, answering?.mustCall === true && tools.length > 0);
  return calls;
}

const NO_TOOL: ToolDefinition = { name: '', description: '', inputSchema: {} };

function idsOf({ toolCalls }: Extract<Message, { role: 'assistant' }>): readonly string[] {
  return toolCalls.map(({ id }) => id);
}

/** Whose call it is checks it against the schema; what is not even an object cannot be given to them. */
function readInput(call: TurnCall, tool: ToolDefinition | undefined, reason: FinishReason): JsonObject {
  const demands = tool && { inputSchema: tool.inputSchema, validate: compileSchema(tool.inputSchema) };
  const read = readCallArguments({ arguments: call.arguments, isCutOff: reason === 'length' }, demands);
  if (read.ok || !read.isUnread) return read.value;
  if (reason === 'length') {
    const message = l10n.t('The model\'s call of "{0}" was cut off before its end, so it was not made.', call.name);
    const hint = l10n.t('Load the model with a larger context, or ask for less at once.');
    throw new BridgeError('tool-arguments', message, { hint });
  }
  const message = l10n.t('The model\'s call of "{0}" is not valid JSON, so it was not made.', call.name);
  throw new BridgeError('tool-arguments', message, { hint: l10n.t('Ask again.') });
}

function checkWords({ text, reasoning, reason }: Turn, mustCall: boolean): void {
  if (mustCall) {
    throw new BridgeError('bad-response', l10n.t('The model answered without calling a tool, although it had to.'), {
      hint: l10n.t('Ask again, or use a model that is trained for tools.'),
    });
  }
  if (text.trim() !== '') return;
  const isAllThought = reasoning.trim() !== '' && reason === 'length';
  throw new BridgeError(
    'bad-response',
    isAllThought
      ? l10n.t('The model thought until its answer was cut off, and said nothing.')
      : l10n.t('The model ended its answer without a word.'),
    { hint: isAllThought ? l10n.t('Give it a larger context or more tokens for the answer.') : l10n.t('Ask again.') },
  );
}

/** A prompt that was too long says what to load the model with. */
function explained(error: unknown, chosen: ChosenModel): unknown {
  const advice = error instanceof ContextOverflowError ? reloadAdvice(error, chosen) : undefined;
  if (!advice || !(error instanceof ContextOverflowError)) return error;
  return new ContextOverflowError(error.message, error, { hint: reloadHint(advice), cause: error });
}
