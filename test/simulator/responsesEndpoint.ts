/** `POST /v1/responses` (§3.6): stateful, with function tools, in one piece or as a stream. */
import type { ServerResponse } from 'node:http';
import type { ChatContext } from './chatEndpoint';
import type { Conversations } from './conversations';
import { sendJson } from './httpReply';
import { infer, playPlain, wholeSegments, type Generation } from './inference';
import type { JsonObject, JsonValue } from './json';
import { completeItem, outputItem, responseObject, type OutputItem, type ResponseState } from './responsesObject';
import { parseResponsesRequest, responsesFailure, responsesOverflow, type ResponsesRequest } from './responsesRequest';
import { streamResponse } from './responsesStream';
import { randomHex } from './wireIds';

export async function answerResponses(
  context: ChatContext & { readonly conversations: Conversations },
  response: ServerResponse,
  body: JsonValue | undefined,
  clientGone: AbortSignal,
): Promise<void> {
  const request = parseResponsesRequest(body, context.conversations);
  // §3.6 BUG: the overflow is a 500 here.
  await infer(context, request.chat, clientGone, (generation) => answer(context, response, request, generation), {
    overflow: responsesOverflow,
  });
}

async function answer(
  context: { readonly conversations: Conversations },
  response: ServerResponse,
  request: ResponsesRequest,
  generation: Generation,
): Promise<void> {
  const items = wholeSegments(generation).map(outputItem);
  const id = `resp_${randomHex(48)}`;
  const begun: ResponseState = {
    id,
    createdAt: Math.floor(Date.now() / 1000),
    model: generation.model,
    status: 'in_progress',
    output: [],
    usage: null,
  };
  const done: ResponseState = {
    ...begun,
    status: generation.finish === 'length' ? 'incomplete' : 'completed',
    output: items.map(completeItem),
    usage: usageOf(generation),
  };
  const remember = (): void => {
    if (request.body['store'] !== false) context.conversations.set(id, [...request.messages, ...replay(items)]);
  };
  if (request.chat.stream) {
    await streamResponse(response, request.body, generation, { items, begun, done, remember });
    return;
  }
  const ending = await playPlain(generation, response);
  if (ending.kind === 'error') throw responsesFailure(500, ending.message, { type: 'internal_error', code: 'unknown' });
  if (ending.kind === 'silent') return;
  remember();
  sendJson(response, 200, responseObject(request.body, done), true);
}

/** The answer as the next request's messages hold it. */
function replay(items: readonly OutputItem[]): JsonObject[] {
  return items.flatMap(({ segment, callId }): JsonObject[] => {
    if (segment.kind === 'reasoning') return [];
    if (segment.kind === 'text') return [{ role: 'assistant', content: segment.text }];
    const fn = { name: segment.name, arguments: segment.text };
    return [{ role: 'assistant', content: '', tool_calls: [{ id: callId, type: 'function', function: fn }] }];
  });
}

function usageOf({ inputTokens, outputTokens, reasoningTokens }: Generation): JsonObject {
  return {
    input_tokens: inputTokens,
    output_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens_details: { reasoning_tokens: reasoningTokens },
  };
}
