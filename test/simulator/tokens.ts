/** Token accounting without a tokenizer: four characters are a token (§9 simulator list, 6). */
import type { JsonValue } from './json';

const CHARS_PER_TOKEN = 4;

export function countTokens(text: string): number {
  return Math.ceil(text.length / CHARS_PER_TOKEN);
}

/** Everything that goes into the prompt counts: the messages with their tool calls, and the tools' schemas. */
export function countPromptTokens(messages: JsonValue, tools: JsonValue | undefined): number {
  const toolText = Array.isArray(tools) && tools.length > 0 ? JSON.stringify(tools) : '';
  return countTokens(JSON.stringify(messages) + toolText);
}
