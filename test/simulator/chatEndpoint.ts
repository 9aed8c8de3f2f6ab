/** `POST /v1/chat/completions` and its v0 twin: validate, find the model, count the prompt, play the turn. */
import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { playTurn, type PlayedTurn } from './chatFrames';
import { parseChatRequest, type ChatRequest } from './chatRequest';
import { streamTurn, untilEither, type Envelope } from './chatStream';
import { contextOverflow03, contextOverflow04, HttpFailure, stringFailure } from './failures';
import { resetConnection, sendJson } from './httpReply';
import type { JsonObject, JsonValue } from './json';
import type { Instance, ModelHost } from './modelHost';
import { checkPictures } from './pictures';
import { countPromptTokens } from './tokens';
import type { Script, Turn } from './turn';

export type Profile = '0.3' | '0.4' | 'openai-only';

/** What the endpoint needs of the server. `script` may be exchanged while the server runs. */
export interface ChatContext {
  readonly host: ModelHost;
  readonly profile: Profile;
  /** 0: as fast as it goes. */
  readonly tokensPerSecond: number;
  nextTurn(request: ChatRequest): Promise<Turn>;
}

/** Hands out a script's turns. */
export function turnsOf(script: Script): (request: ChatRequest) => Promise<Turn> {
  let index = 0;
  return async (request) => {
    const number = index;
    index += 1;
    if (typeof script === 'function') return script(request, number);
    const turn = script[number];
    if (turn === undefined) throw stringFailure(500, `Simulator script: no turn left (it has ${script.length})`);
    return turn;
  };
}

export async function answerChat(
  context: ChatContext,
  response: ServerResponse,
  body: JsonValue | undefined,
  signal: AbortSignal,
  v0: boolean,
): Promise<void> {
  const request = parseChatRequest(body);
  const instance = await context.host.resolve(request.model, request.ttlSeconds);
  // Gone while the model loaded: the turn stays for the next request.
  if (isAborted(signal)) return;
  const release = context.host.use(instance);
  try {
    await generate(context, response, request, instance, signal, v0);
  } finally {
    release();
  }
}

async function generate(
  context: ChatContext,
  response: ServerResponse,
  request: ChatRequest,
  instance: Instance,
  clientGone: AbortSignal,
  v0: boolean,
): Promise<void> {
  checkPictures(request.body['messages'], instance.spec);
  const promptTokens = countPrompt(context, request, instance);
  const turn = await context.nextTurn(request);
  const signal = AbortSignal.any([clientGone, instance.unloaded]);
  await prefill(turn, signal);
  if (isAborted(clientGone)) return;
  if (turn.error !== undefined) throw new HttpFailure(turn.error.status, turn.error.body);

  const room = instance.config.context_length - promptTokens;
  const played = playTurn(turn, request, {
    reasoningField: instance.spec.reasoningField ?? 'reasoning_content',
    // BT#649: old builds.
    repeatEmptyName: context.profile === '0.3',
    // §3.3 E9: a full context ends the answer with `length`.
    tokenLimit: Math.min(room, request.maxTokens ?? room),
  });
  const usage = usageOf(promptTokens, played);
  // §3.2: `model` is the instance that served.
  const envelope = { id: newId(), created: Math.floor(Date.now() / 1000), model: turn.model ?? instance.id };
  const msPerToken = context.tokensPerSecond > 0 ? 1000 / context.tokensPerSecond : 0;
  if (request.stream) {
    const wire = { response, signal, msPerToken, unloaded: instance.unloaded };
    await streamTurn(wire, envelope, turn, played, request.includeUsage && !turn.omitUsage ? usage : undefined);
    return;
  }
  await untilEither(turn.hold, signal);
  if (isAborted(clientGone)) return;
  answerPlain(response, turn, instance, { envelope, played, usage, v0 });
}

/** A call, because the compiler takes what it read once for lasting. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

/** Nothing goes out meanwhile, headers included (§3.4). */
async function prefill(turn: Turn, signal: AbortSignal): Promise<void> {
  await untilEither(turn.holdHeaders, signal);
  const { delayMs = 0 } = turn;
  if (delayMs > 0) await untilEither(new Promise((resolve) => setTimeout(resolve, delayMs).unref()), signal);
}

/** @throws HttpFailure E6 (0.3) or E7 (0.4) where the prompt does not fit the loaded context */
function countPrompt(context: ChatContext, request: ChatRequest, instance: Instance): number {
  const tokens = countPromptTokens(request.body['messages'] ?? [], request.body['tools']);
  const limit = instance.config.context_length;
  if (tokens < limit) return tokens;
  throw context.profile === '0.3' ? contextOverflow03(tokens, limit) : contextOverflow04(tokens, limit);
}

function usageOf(promptTokens: number, played: PlayedTurn): JsonObject {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: played.completionTokens,
    total_tokens: promptTokens + played.completionTokens,
    completion_tokens_details: { reasoning_tokens: played.reasoningTokens },
  };
}

interface PlainAnswer {
  readonly envelope: Envelope;
  readonly played: PlayedTurn;
  readonly usage: JsonObject;
  readonly v0: boolean;
}

function answerPlain(response: ServerResponse, turn: Turn, instance: Instance, answer: PlainAnswer): void {
  if (turn.resetSocket || turn.cutAfter !== undefined) {
    resetConnection(response);
    return;
  }
  // §3.3 E10, E15: the same texts as a string error when no stream has begun.
  if (turn.midStreamError !== undefined) throw stringFailure(400, turn.midStreamError);
  if (instance.unloaded.aborted) throw stringFailure(400, 'Model unloaded.');
  sendJson(response, 200, completion(instance, turn, answer), true);
}

// §3.2 REC: this key order; §2.7 for what v0 adds.
function completion(instance: Instance, turn: Turn, { envelope, played, usage, v0 }: PlainAnswer): JsonObject {
  return {
    id: envelope.id,
    object: 'chat.completion',
    created: envelope.created,
    model: envelope.model,
    choices: [{ index: 0, message: played.message, logprobs: null, finish_reason: played.finish }],
    ...(turn.omitUsage ? {} : { usage }),
    stats: v0 ? v0Stats(played) : {},
    ...(v0 ? v0ModelInfo(instance) : {}),
    system_fingerprint: envelope.model,
  };
}

const STOP_REASONS: Record<string, string> = {
  stop: 'eosFound',
  length: 'maxPredictedTokensReached',
  tool_calls: 'toolCalls',
};

// §2.7 DOC
function v0Stats(played: PlayedTurn): JsonObject {
  return {
    tokens_per_second: 60,
    time_to_first_token: 0.1,
    generation_time: played.completionTokens / 60,
    stop_reason: STOP_REASONS[played.finish] ?? 'eosFound',
  };
}

// §2.7 DOC
function v0ModelInfo({ spec, config }: Instance): JsonObject {
  return {
    model_info: {
      arch: spec.architecture,
      quant: spec.quantization?.name ?? null,
      format: spec.format,
      context_length: config.context_length,
    },
    runtime: { name: 'lmstudio-bridge-simulator', version: '1.0.0', supported_formats: ['gguf', 'mlx'] },
  };
}

// §3.2 REC: `chatcmpl-` and about 21 lower-case alphanumerics.
function newId(): string {
  const letters = 'abcdefghijklmnopqrstuvwxyz0123456789';
  return `chatcmpl-${[...randomBytes(21)].map((byte) => letters[byte % letters.length]).join('')}`;
}
