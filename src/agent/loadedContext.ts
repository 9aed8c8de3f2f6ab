import { ContextOverflowError } from '../base/errors';
import { lastingMessages, type Round } from './blocks';
import { type Compacted, compact } from './compaction';
import type { ContextKeeper } from './contextKeeper';
import { compactionNotice, overflowHint, overflowText, rolledNotice } from './contextNotices';
import { type ContextSizes, contextSizes } from './contextShares';
import type { Conversation } from './conversation';
import { isStub, type KeepText } from './shortening';
import { summarise } from './summariser';
import { listOfCalls } from './summary';
import { TokenCounter } from './tokenCounter';
import type { Turn } from './turn';
import type { AgentEvent, ChatModel, ContextSource, Message, ToolDefinition, Usage } from './types';
import { addUsage, NO_USAGE } from './usage';

export interface LoadedContextOptions {
  /** Tokens. */
  readonly limit: number;
  readonly source: ContextSource;
  /** Writes the summaries. */
  readonly model: ChatModel;
  readonly emit: (event: AgentEvent) => void;
  /** As this model's prompts were measured before; absent: not yet. */
  readonly bytesPerToken?: number | undefined;
  /** Hears of what the prompts of this model measure. */
  readonly onMeasure?: ((bytesPerToken: number) => void) | undefined;
  /** Asked once, after the first answer, where `limit` is not what the model is loaded with. Null: not known. */
  readonly askLimit?: ((signal: AbortSignal) => Promise<number | null>) | undefined;
  /** Where results that are left out can be read again. Absent: nowhere. */
  readonly keep?: KeepText | undefined;
}

/** Prompt and answer that come this near to the limit have filled it. */
const FULL_SHARE = 0.98;
/** After an overflow the prompt must become at most so long, measured by the one that was too long … */
const SHORTER_SHARE = 0.9;
/** … and this is aimed at. */
const MUCH_SHORTER_SHARE = 0.6;
/** A prompt that only grew, and of which the server counts less than this share of what it counted last … */
const ROLLED_SHARE = 0.95;
/** … has lost its beginning; a server that counts even less than this counts only what was new to its cache … */
const ONLY_NEWS_SHARE = 0.3;
/** … and so does one that has room left, where its limit is known. */
const NEARLY_FULL_SHARE = 0.75;
/** Of a first prompt that looks too long for the limit, an estimate is not so wrong. */
const UNEXPECTED_SHARE = 0.5;

interface ToSummarise {
  readonly rounds: readonly Round[];
  /** The same rounds with short results. */
  readonly stubs: readonly Round[];
  readonly task: string;
  readonly sizes: ContextSizes;
}

interface Sent {
  readonly messages: readonly Message[];
  readonly tools: readonly ToolDefinition[];
  readonly tokens: number;
}

/** Measures a run's prompts against the context, and makes the conversation shorter before it is too long. */
export class LoadedContext implements ContextKeeper {
  readonly #counter: TokenCounter;
  #limit: number;
  #source: ContextSource;
  #sent: Sent = { messages: [], tools: [], tokens: 0 };
  #isMeasured: boolean;
  #longestAnswer = 0;
  #isRolled = false;
  #hasAsked = false;
  #spent: Usage = NO_USAGE;

  constructor(private readonly options: LoadedContextOptions) {
    this.#counter = new TokenCounter(options.bytesPerToken);
    this.#limit = options.limit;
    this.#source = options.source;
    this.#isMeasured = options.bytesPerToken !== undefined;
  }

  async prepare(conversation: Conversation, tools: readonly ToolDefinition[], signal: AbortSignal): Promise<void> {
    await this.#askLimit(signal);
    if (this.#isRolled || this.#counter.of(conversation.messages, tools) > this.#sizes().trigger) {
      const shorter = await this.#compact(conversation.messages, tools, signal);
      if (shorter) this.#replace(conversation, tools, shorter);
      this.#isRolled = false;
    }
    const tokens = this.#counter.of(conversation.messages, tools);
    if (this.#isHopeless(tokens)) throw this.#tooLong(tokens, tools);
    this.#remember(conversation, tools);
  }

  learn({ usage, reason, text }: Turn): boolean {
    const { messages, tools, tokens } = this.#sent;
    const { promptTokens, completionTokens } = usage;
    const answer = completionTokens ?? this.#counter.ofMessages([{ role: 'assistant', content: text, toolCalls: [] }]);
    this.#longestAnswer = Math.max(this.#longestAnswer, answer);
    if (promptTokens !== null && promptTokens > 0) {
      if (this.#hasLostItsBeginning(promptTokens)) this.#tellRolled(promptTokens, answer);
      else {
        this.#counter.learn(messages, tools, promptTokens);
        this.options.onMeasure?.(this.#counter.bytesPerToken);
        this.#isMeasured = true;
      }
    }
    const usedTokens = (promptTokens === null || promptTokens === 0 ? tokens : promptTokens) + answer;
    this.options.emit({ type: 'context', usedTokens, limit: this.#limit, source: this.#source });
    return reason === 'length' && this.#isCertain && usedTokens >= this.#limit * FULL_SHARE;
  }

  async overflowed(
    error: ContextOverflowError | undefined,
    conversation: Conversation,
    tools: readonly ToolDefinition[],
    signal: AbortSignal,
  ): Promise<boolean> {
    if (error) this.#learnLimit(error, conversation.messages, tools);
    const before = this.#counter.of(conversation.messages, tools);
    const shorter = await this.#compact(conversation.messages, tools, signal, before);
    if (!shorter || shorter.tokens > Math.min(this.#sizes().trigger, before * SHORTER_SHARE)) return false;
    this.#replace(conversation, tools, shorter);
    this.#remember(conversation, tools);
    return true;
  }

  explain(error: ContextOverflowError): ContextOverflowError {
    const { messages, tools, tokens } = this.#sent;
    const needed = error.requestTokens ?? Math.max(tokens, this.#counter.of(messages, tools));
    return this.#tooLong(needed, tools, error);
  }

  takeSpent(): Usage {
    const spent = this.#spent;
    this.#spent = NO_USAGE;
    return spent;
  }

  /** The model was loaded anew, with this context; null: nobody knows. */
  reloaded(limit: number | null): void {
    if (limit !== null) this.#setLimit(limit, 'loaded-instance');
  }

  /** What the server says itself, not a guess. */
  get #isCertain(): boolean {
    return this.#source === 'loaded-instance' || this.#source === 'server-error';
  }

  /** @param fixed tokens that can never be left out; matters for the target only */
  #sizes(fixed = 0): ContextSizes {
    return contextSizes(this.#limit, fixed, this.#longestAnswer);
  }

  /** A first prompt that nobody has measured may be shorter than it looks: the server decides. */
  #isHopeless(tokens: number): boolean {
    return this.#isCertain && this.#isMeasured && tokens > this.#sizes().most;
  }

  #remember(conversation: Conversation, tools: readonly ToolDefinition[]): void {
    const messages = [...conversation.messages];
    this.#sent = { messages, tools, tokens: this.#counter.of(messages, tools) };
  }

  async #askLimit(signal: AbortSignal): Promise<void> {
    if (this.#hasAsked || this.#isCertain || this.#sent.messages.length === 0) return;
    this.#hasAsked = true;
    const limit = await this.options.askLimit?.(signal);
    if (typeof limit === 'number') this.#setLimit(limit, 'loaded-instance');
  }

  #setLimit(limit: number, source: ContextSource): void {
    if (limit === this.#limit && this.#isCertain) return;
    this.#limit = limit;
    this.#source = source;
  }

  #learnLimit(error: ContextOverflowError, messages: readonly Message[], tools: readonly ToolDefinition[]): void {
    const { contextLength, requestTokens } = error;
    const thought = this.#counter.of(messages, tools);
    if (contextLength !== null) this.#setLimit(contextLength, 'server-error');
    if (requestTokens !== null) this.#counter.learn(messages, tools, requestTokens);
    this.#isMeasured = true;
    if (contextLength !== null || requestTokens !== null) return;
    // No numbers: where the limit is known the measure was wrong, else the limit.
    if (this.#isCertain) this.#counter.learn(messages, tools, Math.max(thought, this.#limit));
    else this.#setLimit(Math.floor(Math.min(this.#limit, thought * SHORTER_SHARE)), 'server-error');
  }

  /** @param refused tokens of a prompt that the server has refused; undefined: the prompt was not sent */
  async #compact(
    messages: readonly Message[],
    tools: readonly ToolDefinition[],
    signal: AbortSignal,
    refused = Infinity,
  ): Promise<Compacted | undefined> {
    const sizes = this.#sizes(this.#counter.ofTools(tools) + this.#counter.ofMessages(lastingMessages(messages)));
    const goal = {
      target: Math.min(sizes.target, refused * MUCH_SHORTER_SHARE),
      enough: Math.min(sizes.enough, refused * MUCH_SHORTER_SHARE),
      most: Math.min(sizes.trigger, refused * SHORTER_SHARE),
      summary: sizes.summary,
    };
    const compacted = await compact(messages, goal, {
      count: (some) => this.#counter.of(some, tools),
      summarise: (rounds, stubs, task) => this.#summarise({ rounds, stubs, task, sizes }, signal),
      keep: this.options.keep,
    });
    return compacted && compacted.tokens < this.#counter.of(messages, tools) ? compacted : undefined;
  }

  #replace(conversation: Conversation, tools: readonly ToolDefinition[], { messages, stage, tokens }: Compacted): void {
    const before = this.#counter.of(conversation.messages, tools);
    conversation.replace(messages);
    const message = compactionNotice(stage, before, tokens, this.#limit);
    this.options.emit({ type: 'warning', code: 'context-compacted', message });
  }

  async #summarise({ rounds, stubs, task, sizes }: ToSummarise, signal: AbortSignal): Promise<string> {
    const { model, emit } = this.options;
    const { bytesPerToken } = this.#counter;
    const maxChars = Math.floor(sizes.summary * bytesPerToken);
    const list = (): string => listOfCalls(stubs, maxChars);
    if (this.#lossOf(rounds) < sizes.worthARequest) return list();
    const request = { task, rounds, maxChars, recordChars: Math.floor(sizes.record * bytesPerToken) };
    const { text, usage } = await summarise(model, request, (phase) => emit({ type: 'phase', ...phase }), signal);
    this.#spent = addUsage(this.#spent, usage);
    emit({ type: 'usage', ...usage, prefixShare: null });
    return text ?? list();
  }

  /** Tokens that a list of the calls does not say: what the model said, and the results that were not left out before. */
  #lossOf(rounds: readonly Round[]): number {
    const lost = rounds.flatMap(({ answer, results }): Message[] => [
      { ...answer, toolCalls: [] },
      ...results.filter(({ content }) => !isStub(content)),
    ]);
    return this.#counter.ofMessages(lost);
  }

  /** The conversation only grew, but the server counts less than before: it has dropped the beginning without a word. */
  #hasLostItsBeginning(promptTokens: number): boolean {
    const { messages, tools, tokens } = this.#sent;
    const counted = this.#counter.counted(messages, tools);
    if (counted === undefined) return tokens > this.#limit && promptTokens < tokens * UNEXPECTED_SHARE;
    if (this.#isCertain && tokens < this.#limit * NEARLY_FULL_SHARE) return false;
    return promptTokens < counted * ROLLED_SHARE && promptTokens > counted * ONLY_NEWS_SHARE;
  }

  #tellRolled(promptTokens: number, answer: number): void {
    const { messages, tools, tokens } = this.#sent;
    const counted = this.#counter.counted(messages, tools) ?? 0;
    this.#isRolled = true;
    if (!this.#isCertain) this.#limit = Math.min(this.#limit, Math.max(counted, promptTokens + answer));
    const message = rolledNotice(promptTokens, tokens);
    this.options.emit({ type: 'warning', code: 'context-rolled', message });
  }

  #tooLong(needed: number, tools: readonly ToolDefinition[], cause?: ContextOverflowError): ContextOverflowError {
    return new ContextOverflowError(
      overflowText(this.#limit, needed, this.#counter.ofTools(tools)),
      { requestTokens: needed, contextLength: this.#limit },
      { hint: overflowHint(), cause },
    );
  }
}
