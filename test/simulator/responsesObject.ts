/** The response object of `/v1/responses` and its output items, key by key in the recorded order (§3.6 REC). */
import type { Segment } from './inference';
import { isObject, type JsonObject } from './json';
import { randomDigits, randomHex } from './wireIds';

/** An output item whose ids are given once, for the stream and the whole object alike. */
export interface OutputItem {
  readonly segment: Segment;
  readonly id: string;
  readonly callId: string;
}

const PREFIXES: Record<Segment['kind'], string> = { reasoning: 'rs', text: 'msg', call: 'fc' };

export function outputItem(segment: Segment): OutputItem {
  return { segment, id: `${PREFIXES[segment.kind]}_${randomHex(48)}`, callId: `call_${randomDigits(16)}` };
}

/** As it is when it is complete. */
export function completeItem({ segment, id, callId }: OutputItem): JsonObject {
  switch (segment.kind) {
    case 'reasoning':
      return { id, type: 'reasoning', status: 'completed', summary: [], content: [contentPart(segment, segment.text)] };
    case 'text': {
      const content = [contentPart(segment, segment.text)];
      return { id, type: 'message', role: 'assistant', status: 'completed', content };
    }
    case 'call': {
      const { text, name } = segment;
      return { id, type: 'function_call', status: 'completed', arguments: text, call_id: callId, name };
    }
  }
}

/** As it is when it begins: without content. */
export function begunItem(item: OutputItem): JsonObject {
  const empty = item.segment.kind === 'call' ? { arguments: '' } : { content: [] };
  return { ...completeItem(item), status: 'in_progress', ...empty };
}

export function contentPart({ kind }: Segment, text: string): JsonObject {
  if (kind === 'reasoning') return { type: 'reasoning_text', text };
  return { type: 'output_text', text, annotations: [], logprobs: [] };
}

export interface ResponseState {
  readonly id: string;
  /** In seconds. */
  readonly createdAt: number;
  readonly model: string;
  readonly status: 'in_progress' | 'completed' | 'incomplete' | 'failed';
  readonly output: readonly JsonObject[];
  readonly usage: JsonObject | null;
  readonly error?: JsonObject;
}

/** The request's own fields come back in it. */
export function responseObject(body: JsonObject, state: ResponseState): JsonObject {
  const over = state.status !== 'in_progress';
  const reasoning = isObject(body['reasoning']) ? body['reasoning'] : {};
  const text = isObject(body['text']) ? body['text'] : {};
  return {
    id: state.id,
    object: 'response',
    created_at: state.createdAt,
    completed_at: over ? Math.floor(Date.now() / 1000) : null,
    status: state.status,
    incomplete_details: state.status === 'incomplete' ? { reason: 'max_output_tokens' } : null,
    model: state.model,
    previous_response_id: body['previous_response_id'] ?? null,
    instructions: body['instructions'] ?? null,
    output: [...state.output],
    error: state.error ?? null,
    tools: body['tools'] ?? [],
    tool_choice: body['tool_choice'] ?? 'auto',
    truncation: 'auto',
    parallel_tool_calls: true,
    text: { format: text['format'] ?? { type: 'text' } },
    // §3.6 REC: `false`, not null.
    top_p: body['top_p'] ?? false,
    presence_penalty: 0,
    frequency_penalty: 1.1,
    top_logprobs: 0,
    temperature: body['temperature'] ?? 0.8,
    reasoning: { summary: reasoning['summary'] ?? null, effort: reasoning['effort'] ?? null },
    usage: state.usage,
    max_output_tokens: body['max_output_tokens'] ?? null,
    max_tool_calls: null,
    store: body['store'] !== false,
    background: false,
    service_tier: 'default',
    metadata: body['metadata'] ?? {},
    safety_identifier: null,
    prompt_cache_key: null,
  };
}
