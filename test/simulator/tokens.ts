/** Token accounting without a tokenizer: four characters are a token (§9 simulator list, 6). */
import type { JsonValue } from './json';
import { picturesIn, TOKENS_PER_PICTURE } from './pictures';

const CHARS_PER_TOKEN = 4;

export function countTokens(text: string): number {
  return Math.ceil(text.length / CHARS_PER_TOKEN);
}

/** Everything that goes into the prompt counts: the messages with their tool calls and pictures, and the tools' schemas. */
export function countPromptTokens(messages: JsonValue, tools: JsonValue | undefined): number {
  const toolText = Array.isArray(tools) && tools.length > 0 ? JSON.stringify(tools) : '';
  const pictures = picturesIn(messages);
  const messageText = JSON.stringify(messages, pictures.length > 0 ? withoutData : undefined);
  return countTokens(messageText + toolText) + pictures.length * TOKENS_PER_PICTURE;
}

/** The bytes of a picture are no text of the prompt. */
function withoutData(_: string, value: unknown): unknown {
  return typeof value === 'string' && value.startsWith('data:image/') ? '' : value;
}
