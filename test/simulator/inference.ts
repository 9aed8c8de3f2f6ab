/**
 * One generation for the endpoints beside chat completions. They all run on the same models, scripts and accounting:
 * each turns its request into a chat request, and its answer is made of the segments of the played turn.
 */
import type { ServerResponse } from 'node:http';
import { play, type ChatContext } from './chatEndpoint';
import type { Frame, PlayedTurn } from './chatFrames';
import type { ChatRequest } from './chatRequest';
import { untilEither } from './chatStream';
import { sleep, type SimulatorClock } from './clock';
import { MODEL_UNLOADED } from './engineTexts';
import type { EventWire } from './eventWire';
import { HttpFailure } from './failures';
import { resetConnection } from './httpReply';
import type { Instance } from './instance';
import { isObject, objectsOf, stringOf, type JsonObject } from './json';
import { checkPictures } from './pictures';
import { PROFILES } from './profiles';
import type { Ragged } from './ragged';
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
  readonly clock: SimulatorClock;
  readonly msPerToken: number;
  readonly ragged: Ragged;
}

export interface InferenceOptions {
  /** Default: as chat completions find it (E1 to E5). */
  readonly resolve?: () => Promise<Instance>;
  /** What is thrown where the prompt does not fit. Default E6, E7 or E8, by profile. */
  readonly overflow?: (promptTokens: number, contextLength: number) => HttpFailure;
  /** Told while the prompt is read, from 0 to 1. */
  readonly onPrompt?: (progress: number) => Promise<void>;
}

/**
 * Runs `use` with the generation, at a seat of its instance. Nothing runs where the client has gone before.
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
  const seat = await context.host.enter(instance, 'processingPrompt', clientGone);
  if (seat === undefined) return;
  try {
    const inputTokens = countPrompt(request, instance, options.overflow ?? PROFILES[context.profile].overflow);
    const scripted = await context.nextTurn(request);
    const signal = AbortSignal.any([clientGone, instance.unloaded]);
    await readPrompt(context, scripted, { inputTokens, signal, unloaded: instance.unloaded }, options.onPrompt);
    if (isAborted(clientGone)) return;
    if (scripted.error !== undefined) throw new HttpFailure(scripted.error.status, scripted.error.body);
    seat.become('generating');
    const { turn, played } = play(context, plain(scripted), request, instance, inputTokens);
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
      clock: context.clock,
      msPerToken: context.tokensPerSecond > 0 ? 1000 / context.tokensPerSecond : 0,
      ragged: turn.ragged ?? context.ragged,
    });
  } finally {
    seat.end();
  }
}

function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

function countPrompt(
  request: ChatRequest,
  instance: Instance,
  overflow: NonNullable<InferenceOptions['overflow']>,
): number {
  const messages = request.body['messages'];
  checkPictures(messages, instance.spec);
  const tokens = countPromptTokens(messages ?? [], request.body['tools']);
  const limit = instance.config.context_length;
  if (tokens >= limit) throw overflow(tokens, limit);
  return tokens;
}

const PROMPT_STEPS = 4;

interface Prompt {
  readonly inputTokens: number;
  readonly signal: AbortSignal;
  readonly unloaded: AbortSignal;
}

/** As with chat completions: the prompt is read to its end, client or not; the turn's own silence ends with the client. */
async function readPrompt(
  { clock, promptTokensPerSecond: speed }: ChatContext,
  turn: Turn,
  { inputTokens, signal, unloaded }: Prompt,
  onPrompt: (progress: number) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const readMs = speed > 0 ? (inputTokens / speed) * 1000 : 0;
  await onPrompt(0);
  await untilEither(turn.holdHeaders, signal);
  for (let step = 1; step <= PROMPT_STEPS; step += 1) {
    await sleep(clock, readMs / PROMPT_STEPS, unloaded);
    await sleep(clock, (turn.delayMs ?? 0) / PROMPT_STEPS, signal);
    if (!signal.aborted) await onPrompt(step / PROMPT_STEPS);
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
 * How an answer came to its end. `gone`: nothing more is to be sent (the client is gone, the connection was reset or
 * the stream was cut); `error`: an error is to be told.
 */
export type Ending =
  { readonly kind: 'whole' } | { readonly kind: 'gone' } | { readonly kind: 'error'; readonly message: string };

/** Plays the segments with their pace, and the faults of the turn. */
export async function playSegments(generation: Generation, wire: EventWire, writer: SegmentWriter): Promise<Ending> {
  const { turn, signal, segments, clock, msPerToken } = generation;
  const holdAfter = turn.holdAfter ?? 1;
  const hold = async (): Promise<void> => {
    await wire.flush();
    await untilEither(turn.hold, signal);
  };
  let sent = 0;
  for (const segment of segments) {
    await writer.start(segment);
    for (const delta of segment.deltas) {
      if (sent === turn.cutAfter) return streamEnding(generation, wire);
      if (sent === holdAfter) await hold();
      if (sent > 0) await sleep(clock, delta.tokens * msPerToken, signal);
      if (signal.aborted) return streamEnding(generation, wire);
      await writer.delta(segment, delta.text);
      sent += 1;
    }
    await writer.end(segment);
  }
  if (sent <= holdAfter) await hold();
  return streamEnding(generation, wire);
}

/** The same for an answer in one piece: where a stream would be cut, the connection breaks. */
export async function playPlain(generation: Generation, response: ServerResponse): Promise<Ending> {
  await untilEither(generation.turn.hold, generation.signal);
  const fate = fateOf(generation);
  if (fate !== 'cut' && fate !== 'reset') return fate;
  resetConnection(response);
  return { kind: 'gone' };
}

async function streamEnding(generation: Generation, wire: EventWire): Promise<Ending> {
  const fate = fateOf(generation);
  if (fate !== 'cut' && fate !== 'reset') return fate;
  if (fate === 'cut') await wire.end();
  else resetConnection(wire.response);
  return { kind: 'gone' };
}

function fateOf({ turn, signal, instance: { unloaded } }: Generation): Ending | 'cut' | 'reset' {
  // §3.3 E15 BUG, BT#671: in words, or by an abrupt end.
  if (unloaded.aborted) return unloaded.reason === 'silence' ? 'cut' : { kind: 'error', message: MODEL_UNLOADED };
  if (signal.aborted) return { kind: 'gone' };
  if (turn.resetSocket) return 'reset';
  // §3.3 E10 BUG
  if (turn.midStreamError !== undefined) return { kind: 'error', message: turn.midStreamError };
  // §3.3: "some failures are just an early EOF".
  return turn.cutAfter === undefined ? { kind: 'whole' } : 'cut';
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
