/** `POST /v1/completions` (§3.5): text after text, without a chat template. */
import type { ServerResponse } from 'node:http';
import type { ChatContext } from './chatEndpoint';
import { parseChatRequest, type ChatRequest } from './chatRequest';
import { EventWire } from './eventWire';
import { stringFailure } from './failures';
import { sendJson } from './httpReply';
import { infer, playPlain, playSegments, textOf, type Generation } from './inference';
import { isObject, stringOf, type JsonObject, type JsonValue } from './json';
import { randomLetters } from './wireIds';

export async function answerCompletions(
  context: ChatContext,
  response: ServerResponse,
  body: JsonValue | undefined,
  clientGone: AbortSignal,
): Promise<void> {
  const request = chatOf(body);
  await infer(context, request, clientGone, (generation) => answer(response, request, textOnly(generation)));
}

/** @throws HttpFailure 400. INF: the wording, after that of chat completions */
function chatOf(raw: JsonValue | undefined): ChatRequest {
  const body = isObject(raw) ? raw : {};
  const given = body['prompt'];
  const prompt = stringOf(Array.isArray(given) && given.length === 1 ? given[0] : given);
  if (prompt === undefined) throw stringFailure(400, "'prompt' field is required");
  const { model, stream, stream_options, max_tokens, ttl } = body;
  return parseChatRequest({
    model,
    stream,
    stream_options,
    max_tokens,
    ttl,
    messages: [{ role: 'user', content: prompt }],
  });
}

/** There is no channel but the text. */
function textOnly(generation: Generation): Generation {
  const finish = generation.finish === 'length' ? 'length' : 'stop';
  return { ...generation, finish, segments: generation.segments.filter(({ kind }) => kind === 'text') };
}

async function answer(response: ServerResponse, request: ChatRequest, generation: Generation): Promise<void> {
  const { model } = generation;
  const envelope = {
    id: `cmpl-${randomLetters(21)}`,
    object: 'text_completion',
    created: Math.floor(Date.now() / 1000),
    model,
  };
  if (request.stream) {
    await stream(response, envelope, generation, request.includeUsage);
    return;
  }
  const ending = await playPlain(generation, response);
  if (ending.kind === 'error') throw stringFailure(400, ending.message);
  if (ending.kind === 'silent') return;
  const choices = [choice(textOf(generation, 'text'), generation.finish)];
  sendJson(response, 200, { ...envelope, choices, usage: usageOf(generation), stats: {} }, true);
}

async function stream(
  response: ServerResponse,
  envelope: JsonObject,
  generation: Generation,
  includeUsage: boolean,
): Promise<void> {
  const wire = new EventWire(response);
  const nothing = (): Promise<void> => Promise.resolve();
  const ending = await playSegments(generation, response, {
    start: nothing,
    delta: (_, text) => wire.send({ ...envelope, choices: [choice(text, null)] }),
    end: nothing,
  });
  if (ending.kind === 'silent') return;
  if (ending.kind === 'error') {
    // §3.3 BUG: the frame of chat completions.
    await wire.send({ error: { message: ending.message }, message: ending.message }, 'error');
  } else {
    await wire.send({ ...envelope, choices: [choice('', generation.finish)] });
    if (includeUsage) await wire.send({ ...envelope, choices: [], usage: usageOf(generation) });
    await wire.text('data: [DONE]\n\n');
  }
  wire.end();
}

function choice(text: string, finishReason: string | null): JsonObject {
  return { index: 0, text, logprobs: null, finish_reason: finishReason };
}

function usageOf({ inputTokens, outputTokens }: Generation): JsonObject {
  return { prompt_tokens: inputTokens, completion_tokens: outputTokens, total_tokens: inputTokens + outputTokens };
}
