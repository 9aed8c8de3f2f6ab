/**
 * One generation for the endpoints beside chat completions. They all run on the same models, scripts and accounting:
 * each turns its request into a chat request, and its answer is made of the segments of the played turn.
 */
import type { ServerResponse } from 'node:http';
import type { ChatContext } from './chatEndpoint';
import { playTurn, type Frame, type PlayedTurn } from './chatFrames';
import type { ChatRequest } from './chatRequest';
import { untilEither } from './chatStream';
import { contextOverflow03, contextOverflow04, HttpFailure } from './failures';
import { resetConnection } from './httpReply';
import { isObject, objectsOf, stringOf, type JsonObject } from './json';
import type { Instance } from './modelHost';
import { checkPictures } from './pictures';
import { countPromptTokens } from './tokens';
import type { Turn } from './turn';

/** A part of the answer: all its reasoning, all its text, or one tool call, whose deltas are the arguments. */
export interface Segment {
  readonly kind: 'reasoning' | 'text' | 'call';
  readonly deltas: readonly { readonly text: string; readonly tokens: number }[];
  /** The whole text, or the arguments. */
  readonly text: string;
  /** Of a tool call; else empty. */
  readonly id: string;
  readonly name: string;
}

export interface Generation {
  readonly instance: Instance;
  readonly turn: Turn;
  readonly segments: readonly Segment[];
  readonly finish: 'stop' | 'length' | 'tool_calls';
  /** The model id of the answer: the instance that served (§3.2), unless the turn says otherwise. */
  readonly model: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly reasoningTokens: number;
  /** The client is gone, or the model left memory. */
  readonly signal: AbortSignal;
  readonly msPerToken: number;
}

export interface InferenceOptions {
  /** Default: as chat completions find it (E1 to E5). */
  readonly resolve?: () => Promise<Instance>;
  /** What is thrown where the prompt does not fit. Default E6 or E7, by profile. */
  readonly overflow?: (promptTokens: number, contextLength: number) => HttpFailure;
  /** Told while the prompt is read, from 0 to 1. */
  readonly onPrompt?: (progress: number) => Promise<void>;
}

/**
 * Runs `use` with the generation, while its instance counts as used. Nothing runs where the client has gone before.
 * @throws HttpFailure where there is no model, the prompt does not fit, or the turn is an error
 */
export async function infer(
  context: ChatContext,
  request: ChatRequest,
  clientGone: AbortSignal,
  use: (generation: Generation) => Promise<void>,
  options: InferenceOptions = {},
): Promise<void> {
  const instance = await (options.resolve?.() ?? context.host.resolve(request.model, request.ttlSeconds));
  if (isAborted(clientGone)) return;
  const release = context.host.use(instance);
  try {
    const inputTokens = countPrompt(context, request, instance, options.overflow);
    const turn = await context.nextTurn(request);
    const signal = AbortSignal.any([clientGone, instance.unloaded]);
    await readPrompt(turn, signal, options.onPrompt);
    if (isAborted(clientGone)) return;
    if (turn.error !== undefined) throw new HttpFailure(turn.error.status, turn.error.body);
    const room = instance.config.context_length - inputTokens;
    const tokenLimit = Math.min(room, request.maxTokens ?? room);
    const played = playTurn(plain(turn), request, {
      reasoningField: 'reasoning_content',
      repeatEmptyName: false,
      tokenLimit,
    });
    await use({
      instance,
      turn,
      segments: segmentsOf(played),
      finish: played.finish as Generation['finish'],
      model: turn.model ?? instance.id,
      inputTokens,
      outputTokens: played.completionTokens,
      reasoningTokens: played.reasoningTokens,
      signal,
      msPerToken: context.tokensPerSecond > 0 ? 1000 / context.tokensPerSecond : 0,
    });
  } finally {
    release();
  }
}

function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

function countPrompt(
  { profile }: ChatContext,
  request: ChatRequest,
  instance: Instance,
  overflow = profile === '0.3' ? contextOverflow03 : contextOverflow04,
): number {
  const messages = request.body['messages'];
  checkPictures(messages, instance.spec);
  const tokens = countPromptTokens(messages ?? [], request.body['tools']);
  const limit = instance.config.context_length;
  if (tokens >= limit) throw overflow(tokens, limit);
  return tokens;
}

const PROMPT_STEPS = 4;

async function readPrompt(turn: Turn, signal: AbortSignal, onPrompt?: (progress: number) => Promise<void>) {
  await onPrompt?.(0);
  await untilEither(turn.holdHeaders, signal);
  const { delayMs = 0 } = turn;
  for (let step = 1; step <= PROMPT_STEPS; step += 1) {
    await pause(delayMs / PROMPT_STEPS, signal);
    if (!signal.aborted) await onPrompt?.(step / PROMPT_STEPS);
  }
}

/** The faults of the chat stream's JSON are none of the other endpoints. */
function plain(turn: Turn): Turn {
  return { ...turn, reasoningField: 'reasoning_content', omitIndex: false, repeatEmptyName: false };
}

function segmentsOf(played: PlayedTurn): Segment[] {
  const groups: Segment[] = [];
  for (const frame of played.frames) {
    const piece = pieceOf(frame);
    const last = groups.at(-1);
    const joins = last?.kind === piece.kind && piece.id === '';
    const deltas = piece.text === '' ? [] : [{ text: piece.text, tokens: frame.tokens }];
    if (!joins) groups.push({ ...piece, deltas });
    else groups[groups.length - 1] = { ...last, text: last.text + piece.text, deltas: [...last.deltas, ...deltas] };
  }
  return groups;
}

function pieceOf({ delta }: Frame): Omit<Segment, 'deltas'> {
  const reasoning = stringOf(delta['reasoning_content']);
  if (reasoning !== undefined) return { kind: 'reasoning', text: reasoning, id: '', name: '' };
  const [call] = objectsOf(delta['tool_calls']);
  if (call === undefined) return { kind: 'text', text: stringOf(delta['content']) ?? '', id: '', name: '' };
  const fn: JsonObject = isObject(call['function']) ? call['function'] : {};
  const text = stringOf(fn['arguments']) ?? '';
  return { kind: 'call', text, id: stringOf(call['id']) ?? '', name: stringOf(fn['name']) ?? '' };
}

/** Writes the events of one segment. */
export interface SegmentWriter {
  start(segment: Segment): Promise<void>;
  delta(segment: Segment, text: string): Promise<void>;
  end(segment: Segment): Promise<void>;
}

/**
 * How a stream came to its end. `silent`: nothing more is to be sent (the client is gone, the connection was reset or
 * the stream was cut); `error`: an error is to be told.
 */
export type Ending =
  { readonly kind: 'whole' } | { readonly kind: 'silent' } | { readonly kind: 'error'; readonly message: string };

/** Plays the segments with their pace, and the faults of the turn. */
export async function playSegments(
  generation: Generation,
  response: ServerResponse,
  writer: SegmentWriter,
): Promise<Ending> {
  const { turn, signal, segments, msPerToken } = generation;
  const holdAfter = turn.holdAfter ?? 1;
  let sent = 0;
  for (const segment of segments) {
    await writer.start(segment);
    for (const delta of segment.deltas) {
      if (sent === turn.cutAfter) return endingOf(turn, response);
      if (sent === holdAfter) await untilEither(turn.hold, signal);
      if (sent > 0) await pause(delta.tokens * msPerToken, signal);
      if (signal.aborted) return broken(generation);
      await writer.delta(segment, delta.text);
      sent += 1;
    }
    await writer.end(segment);
  }
  if (sent <= holdAfter) await untilEither(turn.hold, signal);
  return signal.aborted ? broken(generation) : endingOf(turn, response);
}

function endingOf(turn: Turn, response: ServerResponse): Ending {
  if (turn.resetSocket) {
    resetConnection(response);
    return { kind: 'silent' };
  }
  // §3.3 E10 BUG
  if (turn.midStreamError !== undefined) return { kind: 'error', message: turn.midStreamError };
  if (turn.cutAfter === undefined) return { kind: 'whole' };
  response.end();
  return { kind: 'silent' };
}

// §3.3 E15 BUG
function broken({ instance }: Generation): Ending {
  return instance.unloaded.aborted ? { kind: 'error', message: 'Model unloaded.' } : { kind: 'silent' };
}

/** The same for an answer in one piece: a cut stream is a broken connection. */
export async function playPlain(generation: Generation, response: ServerResponse): Promise<Ending> {
  const { turn, signal } = generation;
  await untilEither(turn.hold, signal);
  if (signal.aborted) return broken(generation);
  return endingOf({ ...turn, resetSocket: turn.resetSocket === true || turn.cutAfter !== undefined }, response);
}

/** All text of one kind. */
export function textOf({ segments }: Generation, kind: Segment['kind']): string {
  return segments
    .filter((segment) => segment.kind === kind)
    .map((segment) => segment.text)
    .join('');
}

/** All segments, without a tool call that the token limit has cut. */
export function wholeSegments({ segments, finish }: Generation): readonly Segment[] {
  return finish === 'length' && segments.at(-1)?.kind === 'call' ? segments.slice(0, -1) : segments;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0) return Promise.resolve();
  return untilEither(new Promise((resolve) => setTimeout(resolve, ms).unref()), signal);
}
