/** `POST /v1/messages`: its request, and the chat request that is made of it (§3.7). */
import { parseChatRequest, type ChatRequest } from './chatRequest';
import { HttpFailure } from './failures';
import { isObject, objectsOf, stringOf, type JsonObject, type JsonValue } from './json';

export interface MessagesRequest {
  readonly chat: ChatRequest;
  /** False with `thinking: {type: "disabled"}`. */
  readonly thinking: boolean;
}

/** The error body of Anthropic's API. */
export function anthropicFailure(status: number, type: string, message: string): HttpFailure {
  return new HttpFailure(status, { type: 'error', error: { type, message } });
}

// §3.7 REC: a 500, which Anthropic's SDK repeats for minutes; the text is INF.
export const messagesOverflow = (prompt: number, context: number): HttpFailure =>
  anthropicFailure(500, 'api_error', `Context size has been exceeded. (${prompt} tokens, context ${context})`);

const invalid = (message: string): HttpFailure => anthropicFailure(400, 'invalid_request_error', message);

/** Any failure of the models and the engine, in the shape of this endpoint. INF: types after Anthropic's own. */
export function asAnthropic(error: unknown): unknown {
  if (!(error instanceof HttpFailure) || !isObject(error.body) || error.body['type'] === 'error') return error;
  const inner = error.body['error'];
  const message = (isObject(inner) ? stringOf(inner['message']) : stringOf(inner)) ?? error.message;
  const types: Record<number, string> = { 400: 'invalid_request_error', 404: 'not_found_error' };
  return anthropicFailure(error.status, types[error.status] ?? 'api_error', message);
}

/** @throws HttpFailure 400 */
export function parseMessagesRequest(raw: JsonValue | undefined): MessagesRequest {
  const body = isObject(raw) ? raw : {};
  const { thinking, tool_choice: choice } = body;
  const thinkingType = isObject(thinking) ? thinking['type'] : 'enabled';
  // §3.7 REC
  if (thinkingType !== 'enabled' && thinkingType !== 'disabled') {
    throw invalid("request.thinking.type: Invalid discriminator value. Expected 'enabled' | 'disabled'");
  }
  // INF: the wording.
  if (!Array.isArray(body['messages'])) throw invalid('request.messages: Required');
  const system = textOf(body['system']);
  const messages = body['messages'].flatMap((message) => messagesOf(message));
  const chat = parseChatRequest({
    model: body['model'],
    messages: [...(system === '' ? [] : [{ role: 'system', content: system }]), ...messages],
    tools: toolsOf(body['tools']),
    tool_choice: isObject(choice) ? choiceOf(choice) : undefined,
    stream: body['stream'],
    max_tokens: body['max_tokens'],
  });
  return { chat, thinking: thinkingType === 'enabled' };
}

function choiceOf({ type }: JsonObject): string {
  return type === 'any' || type === 'tool' ? 'required' : type === 'none' ? 'none' : 'auto';
}

function toolsOf(raw: JsonValue | undefined): JsonValue[] {
  return objectsOf(raw).map(({ name, description, input_schema: parameters }) => {
    return { type: 'function', function: { name, description, parameters } };
  });
}

/** One message of theirs may be several of ours: results of tools are messages of their own. */
function messagesOf(raw: JsonValue): JsonValue[] {
  const message = isObject(raw) ? raw : {};
  const { role, content } = message;
  // §3.7 REC: a system message is accepted since 0.4.15 only (BT#2204); here it is refused.
  if (role !== 'user' && role !== 'assistant')
    throw invalid("Invalid discriminator value. Expected 'user' | 'assistant'");
  if (typeof content === 'string') return [{ role, content }];
  const blocks = objectsOf(content);
  return role === 'user' ? userMessages(blocks) : [assistantMessage(blocks)];
}

function userMessages(blocks: readonly JsonObject[]): JsonValue[] {
  const results = blocks.filter(({ type }) => type === 'tool_result');
  const rest = blocks.filter(({ type }) => type !== 'tool_result').map(partOf);
  return [
    ...results.map(({ tool_use_id: id, content }) => ({ role: 'tool', tool_call_id: id, content: textOf(content) })),
    ...(rest.length > 0 ? [{ role: 'user', content: rest }] : []),
  ];
}

function partOf(block: JsonObject): JsonObject {
  const { source } = block;
  if (block['type'] !== 'image' || !isObject(source)) return { type: 'text', text: block['text'] };
  const url = `data:${stringOf(source['media_type']) ?? ''};base64,${stringOf(source['data']) ?? ''}`;
  return { type: 'image_url', image_url: { url } };
}

function assistantMessage(blocks: readonly JsonObject[]): JsonObject {
  const calls = blocks.filter(({ type }) => type === 'tool_use');
  return {
    role: 'assistant',
    content: textOf(blocks.filter(({ type }) => type === 'text')),
    tool_calls: calls.map(({ id, name, input }) => {
      return { id, type: 'function', function: { name, arguments: JSON.stringify(input ?? {}) } };
    }),
  };
}

function textOf(content: JsonValue | readonly JsonObject[] | undefined): string {
  if (typeof content === 'string') return content;
  return objectsOf(content)
    .map(({ text }) => stringOf(text) ?? '')
    .join('\n');
}
