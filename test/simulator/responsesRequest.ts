/** `POST /v1/responses`: its request, and the chat request that is made of it (§3.6). */
import { parseChatRequest, type ChatRequest } from './chatRequest';
import type { Conversations } from './conversations';
import { HttpFailure } from './failures';
import { isObject, objectsOf, stringOf, type JsonObject, type JsonValue } from './json';

export interface ResponsesRequest {
  readonly body: JsonObject;
  /** With the earlier messages and the instructions. */
  readonly chat: ChatRequest;
  /** What is remembered for the next request: the earlier messages and the input. */
  readonly messages: readonly JsonValue[];
}

/** The object form of an error on this endpoint. */
export function responsesFailure(
  status: number,
  message: string,
  fields: { readonly type?: string; readonly param?: string; readonly code?: string },
): HttpFailure {
  const { type = 'invalid_request_error', param = null, code = null } = fields;
  return new HttpFailure(status, { error: { message, type, param, code } });
}

// §3.6 BUG, exact
export const responsesOverflow = (): HttpFailure =>
  responsesFailure(500, 'Engine protocol predict stream returned an error: Context size has been exceeded.', {
    type: 'internal_error',
    code: 'unknown',
  });

/** @throws HttpFailure 400; the wordings are INF, but for what the chat request refuses itself */
export function parseResponsesRequest(raw: JsonValue | undefined, stored: Conversations): ResponsesRequest {
  const body = isObject(raw) ? raw : {};
  const { input } = body;
  if (input === undefined || input === null) {
    throw responsesFailure(400, "Missing required parameter: 'input'.", {
      param: 'input',
      code: 'missing_required_parameter',
    });
  }
  const messages = [...earlier(body['previous_response_id'], stored), ...messagesOf(input)];
  const instructions = stringOf(body['instructions']);
  const system = instructions ? [{ role: 'system', content: instructions }] : [];
  const format = isObject(body['text']) ? body['text']['format'] : undefined;
  const chat = parseChatRequest({
    model: body['model'],
    messages: [...system, ...messages],
    tools: toolsOf(body['tools']),
    tool_choice: body['tool_choice'],
    stream: body['stream'],
    max_tokens: body['max_output_tokens'],
    response_format: formatOf(format),
    ttl: body['ttl'],
  });
  return { body, chat, messages };
}

// INF: as OpenAI answers; LM Studio's own text is not recorded.
function earlier(id: JsonValue | undefined, stored: Conversations): readonly JsonValue[] {
  if (id === undefined || id === null) return [];
  const messages = stored.get(String(stringOf(id)));
  if (messages !== undefined) return messages;
  throw responsesFailure(400, `Previous response with id '${String(stringOf(id))}' not found.`, {
    param: 'previous_response_id',
    code: 'previous_response_not_found',
  });
}

function messagesOf(input: JsonValue): JsonValue[] {
  if (typeof input === 'string') return [{ role: 'user', content: input }];
  if (!Array.isArray(input)) throw badInput();
  return input.flatMap((item) => {
    if (!isObject(item)) throw badInput();
    return messageOf(item);
  });
}

// §3.6 DOC: a subset of OpenAI's items.
function messageOf(item: JsonObject): JsonValue[] {
  switch (item['type'] ?? 'message') {
    case 'message':
      return [{ role: item['role'], content: contentOf(item['content']) }];
    case 'function_call': {
      const fn = { name: item['name'], arguments: item['arguments'] };
      return [
        { role: 'assistant', content: '', tool_calls: [{ id: item['call_id'], type: 'function', function: fn }] },
      ];
    }
    case 'function_call_output': {
      const { output } = item;
      const content = typeof output === 'string' ? output : contentOf(output);
      return [{ role: 'tool', tool_call_id: item['call_id'], content }];
    }
    case 'reasoning':
      return [];
    default:
      throw badInput();
  }
}

function contentOf(content: JsonValue | undefined): JsonValue | undefined {
  if (!Array.isArray(content)) return content;
  return objectsOf(content).map((part): JsonObject => {
    if (part['type'] === 'input_text' || part['type'] === 'output_text') return { type: 'text', text: part['text'] };
    if (part['type'] === 'input_image') return { type: 'image_url', image_url: { url: part['image_url'] } };
    throw badInput();
  });
}

function badInput(): HttpFailure {
  return responsesFailure(400, "Invalid 'input'.", { param: 'input', code: 'invalid_union' });
}

function toolsOf(raw: JsonValue | undefined): JsonValue | undefined {
  if (!Array.isArray(raw)) return raw;
  return raw.map((tool) => {
    const { type, ...fn } = isObject(tool) ? tool : {};
    // §1.7 3P: remote MCP servers need a server setting, which is off here.
    if (type === 'mcp') throw responsesFailure(403, `Permission denied to use plugin "${label(fn)}".`, {});
    if (type !== 'function') throw responsesFailure(400, 'Invalid tool type.', { param: 'tools' });
    return { type, function: fn };
  });
}

function label(tool: JsonObject): string {
  return stringOf(tool['server_label']) ?? '';
}

/** `text.format` holds the schema itself where chat completions have an object around it. */
function formatOf(format: JsonValue | undefined): JsonValue | undefined {
  if (!isObject(format) || format['type'] !== 'json_schema') return format;
  const { name, strict, schema } = format;
  return { type: 'json_schema', json_schema: { name, strict, schema } };
}
