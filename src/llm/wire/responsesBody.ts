/** The body of `/v1/responses` (reference 3.6). */
import type { Message, ToolDefinition } from '../../agent/types';
import type { JsonObject } from '../../base/json';

export interface ResponseRequest {
  readonly model: string;
  /** What is new since the previous response: a person's message, or the results of its calls. */
  readonly messages: readonly Message[];
  readonly tools: readonly ToolDefinition[];
  /** Of the response that this one goes on from, out of its `response` event. */
  readonly previousResponseId?: string | undefined;
  readonly maxTokens?: number | undefined;
}

/** Streamed and stored, so that it can be gone on from. No `text.format`: LM Studio ignores it here. */
export function responsesBody(request: ResponseRequest, previous: string | undefined): JsonObject {
  return {
    model: request.model,
    input: request.messages.flatMap(toItems),
    ...(previous === undefined ? {} : { previous_response_id: previous }),
    ...(request.maxTokens === undefined ? {} : { max_output_tokens: request.maxTokens }),
    ...(request.tools.length === 0
      ? {}
      : {
          tools: request.tools.map((tool) => ({
            type: 'function',
            name: tool.name,
            description: tool.description,
            parameters: tool.inputSchema,
          })),
        }),
    store: true,
    stream: true,
  };
}

function toItems(message: Message): JsonObject[] {
  switch (message.role) {
    case 'system':
      return [{ role: 'system', content: message.content }];
    case 'user': {
      const images = (message.images ?? []).map((url) => ({ type: 'input_image', image_url: url }));
      const text = { type: 'input_text', text: message.content };
      return [{ role: 'user', content: images.length === 0 ? message.content : [...images, text] }];
    }
    case 'assistant':
      return [
        ...(message.content === '' ? [] : [{ role: 'assistant', content: message.content }]),
        ...message.toolCalls.map((call) => ({
          type: 'function_call',
          call_id: call.id,
          name: call.name,
          arguments: call.arguments,
        })),
      ];
    case 'tool':
      return [{ type: 'function_call_output', call_id: message.toolCallId, output: message.content }];
  }
}
