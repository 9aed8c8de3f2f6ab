/** A chat request, checked as strictly as LM Studio does: what passes here is what a real server would accept. */
import { badMessages, badResponseFormat, badToolChoice, missingMessages, stringFailure } from './failures';
import { isObject, numberOf, objectsOf, stringOf, type JsonObject, type JsonValue } from './json';

export interface OfferedTool {
  readonly name: string;
  readonly description: string;
  readonly parameters: JsonObject;
}

export interface ChatToolCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
}

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  /** Text parts joined; pictures are dropped. */
  readonly content: string;
  readonly toolCalls: readonly ChatToolCall[];
  readonly toolCallId: string | undefined;
}

export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  /** What the model may call: empty with `tool_choice: "none"`. */
  readonly tools: readonly OfferedTool[];
  readonly stream: boolean;
  readonly includeUsage: boolean;
  readonly maxTokens: number | undefined;
  readonly ttlSeconds: number | undefined;
  /** The body as it came. */
  readonly body: JsonObject;
}

/** @throws HttpFailure with the exact 400 body of §3.2 */
export function parseChatRequest(body: JsonValue | undefined): ChatRequest {
  if (!isObject(body)) throw missingMessages();
  const raw = body['messages'];
  if (raw === undefined || raw === null) throw missingMessages();
  checkToolChoice(body['tool_choice']);
  checkResponseFormat(body['response_format']);
  const options = isObject(body['stream_options']) ? body['stream_options'] : {};
  const tools = parseTools(body['tools']);
  return {
    model: stringOf(body['model']) ?? '',
    messages: parseMessages(raw),
    tools: body['tool_choice'] === 'none' ? [] : tools,
    stream: body['stream'] === true,
    includeUsage: options['include_usage'] === true,
    maxTokens: positive(numberOf(body['max_completion_tokens']) ?? numberOf(body['max_tokens'])),
    ttlSeconds: numberOf(body['ttl']),
    body,
  };
}

// §3.2 DOC: -1 means unlimited.
function positive(value: number | undefined): number | undefined {
  return value !== undefined && value > 0 ? value : undefined;
}

// §3.2 REC
function checkToolChoice(choice: JsonValue | undefined): void {
  if (choice === undefined || choice === null) return;
  if (typeof choice !== 'string') throw badToolChoice(typeof choice);
  if (!['none', 'auto', 'required'].includes(choice)) throw badToolChoice(choice);
}

// §3.2 REC
function checkResponseFormat(format: JsonValue | undefined): void {
  if (format === undefined || format === null) return;
  if (!isObject(format) || (format['type'] !== 'json_schema' && format['type'] !== 'text')) throw badResponseFormat();
  if (format['type'] === 'text') return;
  const wrapper = isObject(format['json_schema']) ? format['json_schema'] : {};
  // INF: the wording.
  if (!isObject(wrapper['schema'])) throw stringFailure(400, "'response_format.json_schema.schema' must be an object");
}

function parseTools(raw: JsonValue | undefined): OfferedTool[] {
  if (raw === undefined || raw === null) return [];
  // INF: the wording for a bad `tools` is not recorded.
  if (!Array.isArray(raw)) throw stringFailure(400, "'tools' must be an array");
  return raw.map((tool) => {
    const fn = isObject(tool) && tool['type'] === 'function' ? tool['function'] : undefined;
    const name = isObject(fn) ? stringOf(fn['name']) : undefined;
    if (!isObject(fn) || !name)
      throw stringFailure(400, "Invalid 'tools' in payload. Each tool needs a function with a name");
    const parameters = isObject(fn['parameters']) ? fn['parameters'] : { type: 'object', properties: {} };
    return { name, description: stringOf(fn['description']) ?? '', parameters };
  });
}

function parseMessages(raw: JsonValue): ChatMessage[] {
  if (!Array.isArray(raw)) throw badMessages();
  const callIds = new Set<string>();
  return raw.map((message) => {
    const parsed = parseMessage(message);
    // §3.4 BT#830: a result must answer a call that the conversation holds.
    if (parsed.role === 'tool' && !callIds.has(parsed.toolCallId ?? '')) throw badMessages();
    for (const call of parsed.toolCalls) callIds.add(call.id);
    return parsed;
  });
}

function parseMessage(message: JsonValue): ChatMessage {
  if (!isObject(message)) throw badMessages();
  const role = parseRole(message['role']);
  const toolCalls = role === 'assistant' ? parseToolCalls(message['tool_calls']) : [];
  const mayBeEmpty = role === 'assistant';
  return {
    role,
    content: parseContent(message['content'], mayBeEmpty),
    toolCalls,
    toolCallId: role === 'tool' ? stringOf(message['tool_call_id']) : undefined,
  };
}

function parseRole(role: JsonValue | undefined): ChatMessage['role'] {
  // §3.2: `developer` is turned into `system`.
  if (role === 'developer') return 'system';
  if (role === 'system' || role === 'user' || role === 'assistant' || role === 'tool') return role;
  throw badMessages();
}

function parseContent(content: JsonValue | undefined, mayBeEmpty: boolean): string {
  if (typeof content === 'string') return content;
  if ((content === null || content === undefined) && mayBeEmpty) return '';
  if (!Array.isArray(content)) throw badMessages();
  const texts = content.map((part) => {
    if (!isObject(part)) throw badMessages();
    if (part['type'] === 'text' && typeof part['text'] === 'string') return part['text'];
    if (part['type'] === 'image_url' && isObject(part['image_url'])) return '';
    throw badMessages();
  });
  return texts.join('\n');
}

// §3.4 BT#830: a replayed call with an empty id is refused.
function parseToolCalls(raw: JsonValue | undefined): ChatToolCall[] {
  if (raw === undefined || raw === null) return [];
  if (!Array.isArray(raw)) throw badMessages();
  const calls = objectsOf(raw).map((call) => {
    const fn = isObject(call['function']) ? call['function'] : {};
    return { id: stringOf(call['id']), name: stringOf(fn['name']), arguments: stringOf(fn['arguments']) };
  });
  if (calls.length !== raw.length) throw badMessages();
  return calls.map(({ id, name, arguments: args }) => {
    if (!id || !name || args === undefined) throw badMessages();
    return { id, name, arguments: args };
  });
}
