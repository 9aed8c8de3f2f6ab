/** Puts a played turn on the wire. Every fault of the wire is played here, and nowhere else. */
import type { ServerResponse } from 'node:http';
import type { Frame, PlayedTurn } from './chatFrames';
import { sleep, type SimulatorClock } from './clock';
import { MODEL_UNLOADED } from './engineTexts';
import { resetConnection } from './httpReply';
import type { JsonObject } from './json';
import type { SseWriter } from './sseWriter';
import type { Turn } from './turn';

/** What all chunks of one answer share. */
export interface Envelope {
  readonly id: string;
  readonly created: number;
  readonly model: string;
}

export interface Wire {
  readonly response: ServerResponse;
  readonly writer: SseWriter;
  readonly clock: SimulatorClock;
  /** Fires when the client is gone, the model was unloaded, or the server closes. */
  readonly signal: AbortSignal;
  /** Pause per token in ms; 0 for none. */
  readonly msPerToken: number;
  /** Set by the model host: the model left memory while it generated. Its reason says how the client hears of it. */
  readonly unloaded: AbortSignal;
}

export async function streamTurn(
  wire: Wire,
  envelope: Envelope,
  turn: Turn,
  played: PlayedTurn,
  usage: JsonObject | undefined,
): Promise<void> {
  const frames = turn.cutAfter === undefined ? played.frames : played.frames.slice(0, turn.cutAfter);
  const stopped = await sendFrames(wire, envelope, turn, frames);
  // §3.3 E15 BUG: in words, or by an abrupt end.
  if (wire.unloaded.aborted) {
    return wire.unloaded.reason === 'silence' ? wire.writer.end() : endWithError(wire, MODEL_UNLOADED);
  }
  if (stopped) return;
  const end = ENDINGS.find((candidate) => candidate.applies(turn)) ?? regularEnd;
  await end.play(wire, turn);
  if (end !== regularEnd) return;
  await finish(wire, envelope, turn, played, usage);
}

interface Ending {
  applies(turn: Turn): boolean;
  play(wire: Wire, turn: Turn): Promise<void>;
}

const regularEnd: Ending = { applies: () => true, play: () => Promise.resolve() };

/** How a stream can end badly, the first that applies. A new fault of this kind is a line here and a field of Turn. */
const ENDINGS: readonly Ending[] = [
  { applies: (turn) => turn.resetSocket === true, play: resetWire },
  // §3.3 BUG: the error frame, usually without [DONE].
  {
    applies: (turn) => turn.midStreamError !== undefined,
    play: (wire, turn) => endWithError(wire, turn.midStreamError),
  },
  // §3.3: "some failures are just an early EOF".
  { applies: (turn) => turn.cutAfter !== undefined, play: ({ writer }) => writer.end() },
];

/** True when the stream broke off. */
async function sendFrames(wire: Wire, envelope: Envelope, turn: Turn, frames: readonly Frame[]): Promise<boolean> {
  const holdAt = turn.hold === undefined ? -1 : (turn.holdAfter ?? 1);
  for (const [sent, item] of frames.entries()) {
    if (sent === holdAt) await hold(wire, turn);
    if (sent > 0) await sleep(wire.clock, item.tokens * wire.msPerToken, wire.signal);
    if (wire.signal.aborted) return true;
    const body = chunk(envelope, [choice(item.delta, null)]);
    await write(wire, body);
    if (sent === 0 && turn.corruptLine !== undefined) await wire.writer.frame(corrupt(turn.corruptLine, body));
  }
  if (holdAt >= frames.length) await hold(wire, turn);
  return wire.signal.aborted;
}

async function hold(wire: Wire, turn: Turn): Promise<void> {
  await wire.writer.flush();
  await untilEither(turn.hold, wire.signal);
}

async function finish(
  wire: Wire,
  envelope: Envelope,
  turn: Turn,
  played: PlayedTurn,
  usage: JsonObject | undefined,
): Promise<void> {
  const lastDelta = played.frames.length === 0 ? { role: 'assistant' } : {};
  if (!turn.omitFinish) await write(wire, chunk(envelope, [choice(lastDelta, played.finish)]));
  // §3.2 REC: only with stream_options.include_usage.
  if (usage !== undefined) await write(wire, { ...chunk(envelope, []), usage });
  if (!turn.omitDone) await wire.writer.frame('data: [DONE]');
  await wire.writer.end();
}

function choice(delta: JsonObject, finishReason: string | null): JsonObject {
  return { index: 0, delta, logprobs: null, finish_reason: finishReason };
}

// §3.2 REC: this key order.
function chunk(envelope: Envelope, choices: JsonObject[]): JsonObject {
  return {
    id: envelope.id,
    object: 'chat.completion.chunk',
    created: envelope.created,
    model: envelope.model,
    system_fingerprint: envelope.model,
    choices,
  };
}

function write(wire: Wire, body: JsonObject): Promise<void> {
  return wire.writer.frame(`data: ${JSON.stringify(body)}`);
}

// §3.4: two frames run into one line, or a line that was cut off. Skipping it loses nothing.
function corrupt(kind: NonNullable<Turn['corruptLine']>, body: JsonObject): string {
  const text = JSON.stringify(body);
  const half = text.slice(0, Math.floor(text.length / 2));
  return kind === 'spliced' ? `data: ${half}data: ${text}` : `data: ${half}`;
}

async function endWithError({ writer }: Wire, message = ''): Promise<void> {
  await writer.frame(`event: error\ndata: ${JSON.stringify({ error: { message }, message })}`);
  await writer.end();
}

function resetWire({ response }: Wire): Promise<void> {
  resetConnection(response);
  return Promise.resolve();
}

/** Until the promise settles or the signal fires; never rejects. */
export async function untilEither(promise: Promise<unknown> | undefined, signal: AbortSignal): Promise<void> {
  if (signal.aborted || promise === undefined) return;
  await new Promise<void>((resolve) => {
    const done = (): void => resolve();
    signal.addEventListener('abort', done, { once: true });
    promise.then(done, done).finally(() => signal.removeEventListener('abort', done));
  });
}
