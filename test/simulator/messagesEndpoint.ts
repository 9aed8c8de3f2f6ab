/** `POST /v1/messages` (§3.7): Anthropic's form of a chat, reduced to text, thinking and tools. */
import type { ServerResponse } from 'node:http';
import type { ChatContext } from './chatEndpoint';
import { EventWire } from './eventWire';
import { sendJson } from './httpReply';
import { infer, playPlain, playSegments, wholeSegments, type Generation, type Segment } from './inference';
import { tryParse, type JsonObject, type JsonValue } from './json';
import { anthropicFailure, asAnthropic, messagesOverflow, parseMessagesRequest } from './messagesRequest';
import { randomLetters } from './wireIds';

export async function answerMessages(
  context: ChatContext,
  response: ServerResponse,
  body: JsonValue | undefined,
  clientGone: AbortSignal,
): Promise<void> {
  try {
    const { chat, thinking } = parseMessagesRequest(body);
    const answer = (generation: Generation): Promise<void> => {
      const prepared = withBlocks(generation, thinking);
      return chat.stream ? stream(response, prepared) : plain(response, prepared);
    };
    await infer(context, chat, clientGone, answer, { overflow: messagesOverflow });
  } catch (error) {
    throw asAnthropic(error);
  }
}

/** The segments as blocks. §3.7: a text block `"\n\n"` may come before a tool call. */
function withBlocks(generation: Generation, thinking: boolean): Generation {
  const segments = generation.segments.filter(({ kind }) => thinking || kind !== 'reasoning');
  const call = segments.findIndex(({ kind }) => kind === 'call');
  if (call < 0 || segments.some(({ kind }) => kind === 'text')) return { ...generation, segments };
  const gap: Segment = { kind: 'text', text: '\n\n', deltas: [{ text: '\n\n', tokens: 1 }], id: '', name: '' };
  return { ...generation, segments: segments.toSpliced(call, 0, gap) };
}

async function plain(response: ServerResponse, generation: Generation): Promise<void> {
  const ending = await playPlain(generation, response);
  if (ending.kind === 'error') throw anthropicFailure(500, 'api_error', ending.message);
  if (ending.kind === 'silent') return;
  const content = wholeSegments(generation).map(wholeBlock);
  const reason = { stop_reason: stopReason(generation), stop_sequence: null };
  sendJson(response, 200, { ...envelope(generation, content), ...reason, usage: usageOf(generation) }, true);
}

async function stream(response: ServerResponse, generation: Generation): Promise<void> {
  const wire = new EventWire(response);
  const send = (type: string, fields: JsonObject): Promise<void> => wire.send({ type, ...fields }, type);
  const usage = { ...usageOf(generation), output_tokens: 0 };
  const begun = { ...envelope(generation, []), stop_reason: null, stop_sequence: null, usage };
  await send('message_start', { message: begun });
  const indexOf = (segment: Segment): number => generation.segments.indexOf(segment);
  const ending = await playSegments(generation, response, {
    start: (segment) => send('content_block_start', { index: indexOf(segment), content_block: emptyBlock(segment) }),
    delta: (segment, text) => send('content_block_delta', { index: indexOf(segment), delta: deltaOf(segment, text) }),
    end: (segment) => send('content_block_stop', { index: indexOf(segment) }),
  });
  if (ending.kind === 'silent') return;
  if (ending.kind === 'error') {
    await send('error', { error: { type: 'api_error', message: ending.message } });
  } else {
    // §3.7 REC: this usage holds the input tokens too.
    const delta = { stop_reason: stopReason(generation), stop_sequence: null };
    await send('message_delta', { delta, usage: usageOf(generation) });
    await send('message_stop', {});
  }
  wire.end();
}

function envelope({ model }: Generation, content: JsonObject[]): JsonObject {
  return { id: `msg_${randomLetters(21)}`, type: 'message', role: 'assistant', content, model };
}

function wholeBlock({ kind, id, name, text }: Segment): JsonObject {
  if (kind === 'text') return { type: 'text', text };
  if (kind === 'reasoning') return { type: 'thinking', thinking: text, signature: '' };
  const input: JsonValue = tryParse(text) ?? {};
  return { type: 'tool_use', id, name, input };
}

function emptyBlock(segment: Segment): JsonObject {
  return wholeBlock({ ...segment, text: '' });
}

function deltaOf({ kind }: Segment, text: string): JsonObject {
  if (kind === 'text') return { type: 'text_delta', text };
  if (kind === 'reasoning') return { type: 'thinking_delta', thinking: text };
  return { type: 'input_json_delta', partial_json: text };
}

const STOP_REASONS = { stop: 'end_turn', length: 'max_tokens', tool_calls: 'tool_use' } as const;

function stopReason({ finish }: Generation): string {
  return STOP_REASONS[finish];
}

function usageOf({ inputTokens, outputTokens }: Generation): JsonObject {
  return { input_tokens: inputTokens, output_tokens: outputTokens, cache_read_input_tokens: 0 };
}
