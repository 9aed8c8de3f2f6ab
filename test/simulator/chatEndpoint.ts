/** `POST /v1/chat/completions` and its v0 twin: validate, find the model, count the prompt, play the turn. */
import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { playTurn, type PlayedTurn } from './chatFrames';
import { parseChatRequest, type ChatRequest } from './chatRequest';
import { streamTurn, untilEither, type Envelope } from './chatStream';
import { sleep, type SimulatorClock } from './clock';
import { contextFull, MODEL_UNLOADED } from './engineTexts';
import { HttpFailure, stringFailure } from './failures';
import { resetConnection, sendJson } from './httpReply';
import type { JsonObject, JsonValue } from './json';
import type { Instance } from './instance';
import type { ModelHost } from './modelHost';
import { checkPictures } from './pictures';
import { PROFILES, type Profile } from './profiles';
import type { Ragged } from './ragged';
import type { Seat } from './seats';
import { type ServerLog, tellPrompt } from './serverLog';
import { SseWriter } from './sseWriter';
import { countPromptTokens } from './tokens';
import type { Script, Turn } from './turn';

/** What the endpoint needs of the server. `script` may be exchanged while the server runs. */
export interface ChatContext {
  readonly host: ModelHost;
  readonly profile: Profile;
  /** 0: as fast as it goes. */
  readonly tokensPerSecond: number;
  /** How long a prompt takes to read, in silence (§3.4). 0: no time. */
  readonly promptTokensPerSecond: number;
  /** How the bytes of every stream arrive, where its turn does not say. */
  readonly ragged: Ragged;
  readonly clock: SimulatorClock;
  readonly log: ServerLog;
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
  const seat = await context.host.enter(instance, 'processingPrompt', signal);
  if (seat === undefined) return;
  try {
    await generate({ context, response, request, instance, seat, clientGone: signal, v0 });
  } finally {
    seat.end();
  }
}

/** One request at its model. */
interface Job {
  readonly context: ChatContext;
  readonly response: ServerResponse;
  readonly request: ChatRequest;
  readonly instance: Instance;
  readonly seat: Seat;
  readonly clientGone: AbortSignal;
  readonly v0: boolean;
}

async function generate(job: Job): Promise<void> {
  const { context, response, request, instance, seat, clientGone } = job;
  const { unloaded } = instance;
  checkPictures(request.body['messages'], instance.spec);
  const promptTokens = countPrompt(context, request, instance);
  const scripted = await context.nextTurn(request);
  await readPrompt(context, promptTokens, instance);
  const signal = AbortSignal.any([clientGone, unloaded]);
  await prefill(context, scripted, signal);
  if (isAborted(clientGone)) return;
  if (scripted.error !== undefined) throw new HttpFailure(scripted.error.status, scripted.error.body);
  seat.become('generating');

  const { turn, played } = play(context, scripted, request, instance, promptTokens);
  const usage = usageOf(promptTokens, played, turn);
  // §3.2: `model` is the instance that served.
  const envelope = { id: newId(), created: Math.floor(Date.now() / 1000), model: turn.model ?? instance.id };
  if (request.stream) {
    const msPerToken = context.tokensPerSecond > 0 ? 1000 / context.tokensPerSecond : 0;
    const writer = new SseWriter(response, turn.ragged ?? context.ragged);
    const wire = { response, writer, clock: context.clock, signal, msPerToken, unloaded };
    await streamTurn(wire, envelope, turn, played, request.includeUsage && !turn.omitUsage ? usage : undefined);
    return;
  }
  await untilEither(turn.hold, signal);
  if (isAborted(clientGone)) return;
  answerPlain(response, turn, instance, { envelope, played, usage, v0: job.v0 });
}

/** The turn within the room that the context and `max_tokens` leave. */
export function play(
  context: ChatContext,
  turn: Turn,
  request: ChatRequest,
  { spec, config }: Instance,
  promptTokens: number,
): { turn: Turn; played: PlayedTurn } {
  const room = config.context_length - promptTokens;
  const limit = Math.min(room, request.maxTokens ?? room);
  const played = playTurn(turn, request, {
    reasoningField: spec.reasoningField ?? 'reasoning_content',
    repeatEmptyName: PROFILES[context.profile].repeatsEmptyName,
    tokenLimit: limit,
  });
  // §3.3 E9 BT#1024: gpt-oss fails when the context is full; other architectures end the answer with `length`.
  const breaks = !played.whole && limit === room && spec.architecture === 'gpt-oss';
  if (!breaks) return { turn, played };
  return { turn: { ...turn, midStreamError: contextFull(config.context_length, spec.architecture) }, played };
}

/** A call, because the compiler takes what it read once for lasting. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

/** §3.4 REC (log): prefill is not interrupted when its client goes away; it keeps its slot to the end. */
function readPrompt(context: ChatContext, promptTokens: number, { id, unloaded }: Instance): Promise<void> {
  const { promptTokensPerSecond, clock, log } = context;
  if (promptTokensPerSecond === 0) return Promise.resolve();
  const ms = (promptTokens / promptTokensPerSecond) * 1000;
  tellPrompt(log, id, ms, clock, unloaded);
  return sleep(clock, ms, unloaded);
}

/** The turn's own silence: nothing goes out meanwhile, headers included (§3.4). It ends with its client. */
async function prefill({ clock }: ChatContext, turn: Turn, signal: AbortSignal): Promise<void> {
  await untilEither(turn.holdHeaders, signal);
  await sleep(clock, turn.delayMs ?? 0, signal);
}

/** @throws HttpFailure E6, E7 or E8, by profile, where the prompt does not fit the loaded context */
function countPrompt(context: ChatContext, request: ChatRequest, instance: Instance): number {
  const tokens = countPromptTokens(request.body['messages'] ?? [], request.body['tools']);
  const limit = instance.config.context_length;
  if (tokens < limit) return tokens;
  throw PROFILES[context.profile].overflow(tokens, limit);
}

function usageOf(prompt: number, counted: PlayedTurn, turn: Turn): JsonObject {
  const { zeroUsage = false } = turn;
  const promptTokens = zeroUsage ? 0 : (turn.promptTokens ?? prompt);
  const played = zeroUsage ? { completionTokens: 0, reasoningTokens: 0 } : counted;
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
  if (instance.unloaded.aborted) {
    if (instance.unloaded.reason === 'silence') resetConnection(response);
    throw stringFailure(400, MODEL_UNLOADED);
  }
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
