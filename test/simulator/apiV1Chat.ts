/** `POST /api/v1/chat` (§2.6): LM Studio's own chat, without tools of the client, with events of load and prompt. */
import type { ServerResponse } from 'node:http';
import {
  checkReasoning,
  parseNativeChat,
  unknownNativeModel,
  type InputPart,
  type NativeChatRequest,
} from './apiV1ChatRequest';
import { secondsSince, streamNativeChat } from './apiV1ChatStream';
import type { ChatContext } from './chatEndpoint';
import type { Conversations } from './conversations';
import { HttpFailure, nativeFailure } from './failures';
import { sendJson } from './httpReply';
import { infer, playPlain, textOf, type Generation, type InferenceOptions } from './inference';
import { isObject, stringOf, type JsonObject, type JsonValue } from './json';
import type { Instance, ModelHost } from './modelHost';
import { randomHex } from './wireIds';

export interface NativeChatContext extends ChatContext {
  readonly conversations: Conversations;
  readonly inputPart: InputPart;
}

/** One request on its way to its answer. */
export interface NativeChat {
  readonly request: NativeChatRequest;
  /** The instance that serves, or the one that a load will make. */
  readonly instanceId: string;
  readonly needsLoad: boolean;
  /** Finds the instance, loading where needed. @throws HttpFailure in the native form */
  resolve(): Promise<Instance>;
  /** Runs the model. @throws HttpFailure in the native form */
  infer(use: (generation: Generation) => Promise<void>, options: InferenceOptions): Promise<void>;
  /** The response of a finished generation; remembers it where the request wants that. */
  result(generation: Generation, loadSeconds: number | undefined): JsonObject;
}

export async function answerNativeChat(
  context: NativeChatContext,
  response: ServerResponse,
  body: JsonValue | undefined,
  clientGone: AbortSignal,
): Promise<void> {
  const chat = nativeChat(context, parseNativeChat(body, context.conversations, context.inputPart), clientGone);
  if (chat.request.chat.stream) {
    await streamNativeChat(chat, response, clientGone);
    return;
  }
  const started = performance.now();
  const instance = await chat.resolve();
  const loadSeconds = chat.needsLoad ? secondsSince(started) : undefined;
  const answer = async (generation: Generation): Promise<void> => {
    const ending = await playPlain(generation, response);
    if (ending.kind === 'error') throw nativeFailure(500, 'internal_error', ending.message);
    if (ending.kind === 'whole') sendJson(response, 200, chat.result(generation, loadSeconds), true);
  };
  await chat.infer(answer, { resolve: () => Promise.resolve(instance) });
}

/** @throws HttpFailure 404 for an unknown model, 400 for a way of reasoning that it has not */
function nativeChat(context: NativeChatContext, request: NativeChatRequest, clientGone: AbortSignal): NativeChat {
  const { host } = context;
  const { model, ttlSeconds } = request.chat;
  const loaded = findLoaded(host, model);
  const spec = loaded?.spec ?? host.specs.find(({ key, variants = [] }) => key === model || variants.includes(model));
  // INF: no silent substitution (E2) here.
  if (spec === undefined) throw unknownNativeModel(model, host.specs);
  checkReasoning(request.reasoning, spec);
  return {
    request,
    instanceId: loaded?.id ?? spec.key,
    needsLoad: loaded === undefined,
    // §2.1 DOC: a context of its own for the load. §8.4 INF: such a model is in the manual lane.
    resolve: () =>
      native(
        loaded === undefined && request.contextLength !== undefined
          ? host.load(spec, { context_length: request.contextLength })
          : host.resolve(model, ttlSeconds),
      ),
    infer: (use, options) => native(infer(context, request.chat, clientGone, use, options)),
    result: (generation, loadSeconds) => {
      const id = request.store ? `resp_${randomHex(48)}` : undefined;
      if (id !== undefined) context.conversations.set(id, [...request.messages, replay(generation)]);
      return nativeResult(generation, loadSeconds, id);
    },
  };
}

function findLoaded({ instances }: ModelHost, model: string): Instance | undefined {
  const named = ({ spec }: Instance): boolean => spec.key === model || (spec.variants ?? []).includes(model);
  return instances.find(({ id }) => id === model) ?? instances.find(named);
}

/** §2.6: native errors are objects whose type is `invalid_request`; INF for those of the engine. */
async function native<T>(running: Promise<T>): Promise<T> {
  try {
    return await running;
  } catch (error) {
    if (!(error instanceof HttpFailure) || !isObject(error.body)) throw error;
    const inner = error.body['error'];
    if (!isObject(inner)) throw nativeFailure(error.status, 'invalid_request', stringOf(inner) ?? error.message);
    const type = inner['type'] === 'invalid_request_error' ? 'invalid_request' : (inner['type'] ?? null);
    throw new HttpFailure(error.status, { error: { ...inner, type } });
  }
}

function replay(generation: Generation): JsonObject {
  return { role: 'assistant', content: textOf(generation, 'text') };
}

// §2.6 DOC
function nativeResult(
  generation: Generation,
  loadSeconds: number | undefined,
  responseId: string | undefined,
): JsonObject {
  const items = generation.segments.filter(({ kind }) => kind !== 'call');
  return {
    model_instance_id: generation.model,
    output: items.map(({ kind, text }) => ({ type: kind === 'text' ? 'message' : kind, content: text })),
    stats: {
      input_tokens: generation.inputTokens,
      total_output_tokens: generation.outputTokens,
      reasoning_output_tokens: generation.reasoningTokens,
      tokens_per_second: generation.msPerToken > 0 ? 1000 / generation.msPerToken : 60,
      time_to_first_token_seconds: 0.1,
      ...(loadSeconds === undefined ? {} : { model_load_time_seconds: loadSeconds }),
    },
    ...(responseId === undefined ? {} : { response_id: responseId }),
  };
}
