/** The body of `/v1/chat/completions` (reference 3.2). */
import type { ChatRequest, Message } from '../../agent/types';
import type { JsonObject } from '../../base/json';

/** Everything else is the server's default. */
export interface Sampling {
  readonly temperature?: number | undefined;
  readonly topP?: number | undefined;
  /** Tokens of the answer, its reasoning included. */
  readonly maxTokens?: number | undefined;
  readonly stop?: readonly string[] | undefined;
}

/** Without `stream`: whole or streamed is the caller's choice. */
export function chatBody(model: string, request: ChatRequest): JsonObject {
  return {
    model,
    messages: toParams(request.messages),
    ...(request.tools.length === 0
      ? {}
      : {
          tools: request.tools.map((tool) => ({
            type: 'function',
            function: { name: tool.name, description: tool.description, parameters: tool.inputSchema },
          })),
        }),
  };
}

export function samplingFields(sampling: Sampling): JsonObject {
  return {
    ...(sampling.temperature === undefined ? {} : { temperature: sampling.temperature }),
    ...(sampling.topP === undefined ? {} : { top_p: sampling.topP }),
    ...(sampling.maxTokens === undefined ? {} : { max_tokens: sampling.maxTokens }),
    ...(sampling.stop === undefined || sampling.stop.length === 0 ? {} : { stop: [...sampling.stop] }),
  };
}

/**
 * A result is text on this wire, so the pictures of an answer's results follow them in a user message, whose place never
 * changes afterwards.
 */
function toParams(messages: readonly Message[]): JsonObject[] {
  const params: JsonObject[] = [];
  let images: string[] = [];
  const showImages = (): void => {
    if (images.length > 0) params.push({ role: 'user', content: userContent(PICTURES, images) });
    images = [];
  };
  for (const message of messages) {
    if (message.role !== 'tool') showImages();
    params.push(toParam(message));
    if (message.role === 'tool' && message.images) images.push(...message.images);
  }
  showImages();
  return params;
}

const PICTURES = 'The images of the tool results above, in their order.';

function toParam(message: Message): JsonObject {
  switch (message.role) {
    case 'system':
      return { role: 'system', content: message.content };
    case 'user':
      return { role: 'user', content: userContent(message.content, message.images ?? []) };
    case 'assistant':
      return {
        role: 'assistant',
        content: message.content,
        ...(message.toolCalls.length === 0
          ? {}
          : {
              tool_calls: message.toolCalls.map((call) => ({
                id: call.id,
                type: 'function',
                function: { name: call.name, arguments: call.arguments },
              })),
            }),
      };
    case 'tool':
      return { role: 'tool', tool_call_id: message.toolCallId, content: message.content };
  }
}

/** A plain text where there is nothing else: some templates know no parts. */
function userContent(text: string, images: readonly string[]): string | JsonObject[] {
  if (images.length === 0) return text;
  return [...images.map((url) => ({ type: 'image_url', image_url: { url } })), { type: 'text', text }];
}
