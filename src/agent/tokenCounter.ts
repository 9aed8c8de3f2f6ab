import type { Message, ToolDefinition } from './types';

/** Of UTF-8, where nothing was counted yet; within a third of what tokenizers make of English, code and Chinese. */
export const DEFAULT_BYTES_PER_TOKEN = 4;
/** Outside of this it was not the text alone that the server counted. */
const LEAST_BYTES_PER_TOKEN = 1;
const MOST_BYTES_PER_TOKEN = 8;
/** Below this a template's own words weigh too much. */
const LEAST_TO_LEARN_FROM = 64;
/** Models take between 256 and some thousands for a picture, whatever its bytes. */
const TOKENS_PER_IMAGE = 1_024;

/** A prompt that the server counted. */
interface Counted {
  readonly messages: readonly Message[];
  readonly toolBytes: number;
  readonly tokens: number;
}

/** Counts prompts: what the server has counted is taken from there, the rest is estimated with the measure that gives. */
export class TokenCounter {
  readonly #sizes = new WeakMap<object, number>();
  #counted: Counted | undefined;

  #bytesPerToken: number;

  constructor(bytesPerToken = DEFAULT_BYTES_PER_TOKEN) {
    this.#bytesPerToken = bytesPerToken;
  }

  get bytesPerToken(): number {
    return this.#bytesPerToken;
  }

  /** Tokens of a prompt; exact as far as it is the beginning of the last one that was counted. */
  of(messages: readonly Message[], tools: readonly ToolDefinition[]): number {
    const known = this.#beginningOf(messages, tools);
    if (known) return known.tokens + this.ofMessages(messages.slice(known.messages.length));
    return this.ofMessages(messages) + this.ofTools(tools);
  }

  /** What the server counted for the beginning of this prompt; undefined where it has counted no such thing. */
  counted(messages: readonly Message[], tools: readonly ToolDefinition[]): number | undefined {
    return this.#beginningOf(messages, tools)?.tokens;
  }

  /** An estimate of messages by themselves. */
  ofMessages(messages: readonly Message[]): number {
    const bytes = messages.reduce((sum, message) => sum + this.#size(message), 0);
    return Math.ceil(bytes / this.#bytesPerToken) + imageTokens(messages);
  }

  ofTools(tools: readonly ToolDefinition[]): number {
    return Math.ceil(this.#toolBytes(tools) / this.#bytesPerToken);
  }

  /** The server counted so many tokens in this prompt. */
  learn(messages: readonly Message[], tools: readonly ToolDefinition[], tokens: number): void {
    const toolBytes = this.#toolBytes(tools);
    this.#counted = { messages: [...messages], toolBytes, tokens };
    const textTokens = tokens - imageTokens(messages);
    if (textTokens < LEAST_TO_LEARN_FROM) return;
    const bytes = messages.reduce((sum, message) => sum + this.#size(message), toolBytes);
    this.#bytesPerToken = Math.min(Math.max(bytes / textTokens, LEAST_BYTES_PER_TOKEN), MOST_BYTES_PER_TOKEN);
  }

  #beginningOf(messages: readonly Message[], tools: readonly ToolDefinition[]): Counted | undefined {
    const known = this.#counted;
    if (known?.toolBytes !== this.#toolBytes(tools)) return undefined;
    return known.messages.every((message, at) => messages[at] === message) ? known : undefined;
  }

  #toolBytes(tools: readonly ToolDefinition[]): number {
    return tools.reduce((sum, tool) => sum + this.#size(tool), 0);
  }

  #size(item: Message | ToolDefinition): number {
    const known = this.#sizes.get(item);
    if (known !== undefined) return known;
    const text = JSON.stringify(item, (key, value: unknown) => (key === 'images' ? undefined : value));
    const size = Buffer.byteLength(text);
    this.#sizes.set(item, size);
    return size;
  }
}

function imageTokens(messages: readonly Message[]): number {
  return messages.reduce((sum, message) => sum + imagesOf(message) * TOKENS_PER_IMAGE, 0);
}

function imagesOf(message: Message): number {
  return 'images' in message ? message.images.length : 0;
}
