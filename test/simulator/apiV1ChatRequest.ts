/** `POST /api/v1/chat`: its request, checked with the native errors, and the chat request that is made of it (§2.6). */
import { parseChatRequest, type ChatRequest } from './chatRequest';
import type { Conversations } from './conversations';
import { invalidModelIdentifier, nativeFailure, type HttpFailure } from './failures';
import { isObject, numberOf, stringOf, type JsonObject, type JsonValue } from './json';
import type { ModelSpec } from './models';

/** What a builds's input items of text are called: `Expected 'message' | 'image'` or `Expected 'text' | 'image'`. */
export type InputPart = 'text' | 'message';

export interface NativeChatRequest {
  /** With the earlier messages and the system prompt. */
  readonly chat: ChatRequest;
  /** What is remembered for the next request: the earlier messages and the input. */
  readonly messages: readonly JsonValue[];
  readonly store: boolean;
  readonly contextLength: number | undefined;
  readonly reasoning: string | undefined;
}

type FieldType = 'string' | 'number' | 'boolean' | 'object' | 'any';

// §2.6 DOC
const FIELDS: Readonly<Record<string, FieldType>> = {
  model: 'string',
  input: 'any',
  system_prompt: 'string',
  integrations: 'object',
  stream: 'boolean',
  temperature: 'number',
  top_p: 'number',
  top_k: 'number',
  min_p: 'number',
  repeat_penalty: 'number',
  max_output_tokens: 'number',
  reasoning: 'string',
  context_length: 'number',
  store: 'boolean',
  previous_response_id: 'string',
};

const REASONING = ['off', 'low', 'medium', 'high', 'on'];

const invalid = (message: string, param: string, code: string): HttpFailure =>
  nativeFailure(400, 'invalid_request', message, { param, code });

/** @throws HttpFailure 400 of §2.6; the wordings are INF where no other origin stands */
export function parseNativeChat(
  raw: JsonValue | undefined,
  stored: Conversations,
  inputPart: InputPart,
): NativeChatRequest {
  const body = isObject(raw) ? raw : {};
  checkFields(body);
  checkIntegrations(body['integrations']);
  const messages = [...earlier(stringOf(body['previous_response_id']), stored), inputMessage(body['input'], inputPart)];
  const system = stringOf(body['system_prompt']);
  const chat = parseChatRequest({
    model: body['model'],
    messages: [...(system ? [{ role: 'system', content: system }] : []), ...messages],
    stream: body['stream'],
    max_tokens: body['max_output_tokens'],
  });
  return {
    chat,
    messages,
    store: body['store'] !== false,
    contextLength: numberOf(body['context_length']),
    reasoning: stringOf(body['reasoning']),
  };
}

function checkFields(body: JsonObject): void {
  for (const name of ['model', 'input']) {
    // §2.6 REC
    if (body[name] === undefined) throw invalid(`"${name}" is required`, name, 'missing_required_parameter');
  }
  const unknown = Object.keys(body).filter((key) => !(key in FIELDS));
  if (unknown.length > 0) {
    const list = unknown.map((key) => `'${key}'`).join(', ');
    throw nativeFailure(400, 'invalid_request', `Unrecognized key(s) in object: ${list}`, {
      code: 'unrecognized_keys',
    });
  }
  for (const [key, type] of Object.entries(FIELDS)) {
    const value = body[key];
    if (value === undefined || type === 'any' || typeof value === type) continue;
    throw invalid(`Invalid type for "${key}": expected ${type}, received ${typeof value}`, key, 'invalid_type');
  }
  // §2.6 DOC: from 0 to 1 here.
  const temperature = numberOf(body['temperature']) ?? 0;
  if (temperature < 0 || temperature > 1)
    throw invalid('"temperature" must be from 0 to 1', 'temperature', 'invalid_range');
  const reasoning = stringOf(body['reasoning']);
  if (reasoning !== undefined && !REASONING.includes(reasoning)) throw badReasoning(reasoning, REASONING);
}

/** @throws HttpFailure 400 where the model has no such way of reasoning (§2.6 REC: code and param) */
export function checkReasoning(reasoning: string | undefined, spec: ModelSpec): void {
  const options = spec.reasoning?.options ?? [];
  if (reasoning !== undefined && !options.includes(reasoning)) throw badReasoning(reasoning, options);
}

function badReasoning(value: string, options: readonly string[]): HttpFailure {
  const list = options.map((option) => `'${option}'`).join(' | ') || 'none';
  return invalid(`Invalid value '${value}' for "reasoning". Expected ${list}`, 'reasoning', 'invalid_enum_value');
}

// §1.7 3P: calling MCP servers needs a server setting, which is off here.
function checkIntegrations(integrations: JsonValue | undefined): void {
  const [first] = Array.isArray(integrations) ? integrations : [];
  if (first === undefined) return;
  const plugin = isObject(first) ? (stringOf(first['id']) ?? stringOf(first['server_label'])) : stringOf(first);
  throw nativeFailure(403, 'invalid_request', `Permission denied to use plugin '${plugin ?? ''}'.`);
}

function earlier(id: string | undefined, stored: Conversations): readonly JsonValue[] {
  const messages = id === undefined ? [] : stored.get(id);
  if (messages !== undefined) return messages;
  throw invalid(`Response with id '${id ?? ''}' not found`, 'previous_response_id', 'previous_response_not_found');
}

function inputMessage(input: JsonValue | undefined, inputPart: InputPart): JsonValue {
  if (typeof input === 'string') return { role: 'user', content: input };
  if (!Array.isArray(input)) throw invalid('Invalid input', 'input', 'invalid_union');
  const content = input.map((item): JsonObject => {
    const { type, content: text, data_url: url } = isObject(item) ? item : {};
    if (type === inputPart && typeof text === 'string') return { type: 'text', text };
    if (type === 'image' && typeof url === 'string') return { type: 'image_url', image_url: { url } };
    // §2.6 REC: both texts were seen, in different builds.
    throw invalid(`Invalid discriminator value. Expected '${inputPart}' | 'image'`, 'input', 'invalid_union');
  });
  return { role: 'user', content };
}

// §2.6 REC, 3P: a 404 here, with the text of E1.
export function unknownNativeModel(id: string, specs: readonly ModelSpec[]): HttpFailure {
  const example = specs.find((spec) => spec.type === 'llm');
  const examples = example ? [...(example.variants ?? []), example.key].slice(0, 3) : [];
  const { body } = invalidModelIdentifier(id, examples);
  const message = isObject(body) && isObject(body['error']) ? (stringOf(body['error']['message']) ?? '') : '';
  return nativeFailure(404, 'invalid_request', message, { param: 'model', code: 'model_not_found' });
}
