/** Puts a played turn on the wire. Every fault of the wire is played here, and nowhere else. */
import type { ServerResponse } from 'node:http';
import type { Frame, PlayedTurn } from './chatFrames';
import { resetConnection } from './httpReply';
import type { JsonObject } from './json';
import type { Turn } from './turn';

/** What all chunks of one answer share. */
export interface Envelope {
  readonly id: string;
  readonly created: number;
  readonly model: string;
}

export interface Wire {
  readonly response: ServerResponse;
  /** Fires when the client is gone, the model was unloaded, or the server closes. */
  readonly signal: AbortSignal;
  /** Pause per token in ms; 0 for none. */
  readonly msPerToken: number;
  /** Set by the model host: the model left memory while it generated. */
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
  if (wire.unloaded.aborted) return endWithError(wire, 'Model unloaded.'); // §3.3 E15 BUG
  if (stopped) return;
  const end = ENDINGS.find((candidate) => candidate.applies(turn)) ?? regularEnd;
  await end.play(wire, turn);
  if (end !== regularEnd) return;
  await finish(wire, envelope, played, usage);
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
  { applies: (turn) => turn.cutAfter !== undefined, play: (wire) => endEarly(wire) },
];

/** True when the stream broke off. */
async function sendFrames(wire: Wire, envelope: Envelope, turn: Turn, frames: readonly Frame[]): Promise<boolean> {
  const holdAt = turn.hold === undefined ? -1 : (turn.holdAfter ?? 1);
  for (const [sent, item] of frames.entries()) {
    if (sent === holdAt) await untilEither(turn.hold, wire.signal);
    if (sent > 0) await pause(item.tokens * wire.msPerToken, wire.signal);
    if (wire.signal.aborted) return true;
    await write(wire, chunk(envelope, [choice(item.delta, null)]));
  }
  if (holdAt >= frames.length) await untilEither(turn.hold, wire.signal);
  return wire.signal.aborted;
}

async function finish(
  wire: Wire,
  envelope: Envelope,
  played: PlayedTurn,
  usage: JsonObject | undefined,
): Promise<void> {
  const lastDelta = played.frames.length === 0 ? { role: 'assistant' } : {};
  await write(wire, chunk(envelope, [choice(lastDelta, played.finish)]));
  // §3.2 REC: only with stream_options.include_usage.
  if (usage !== undefined) await write(wire, { ...chunk(envelope, []), usage });
  await writeText(wire, 'data: [DONE]\n\n');
  wire.response.end();
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

async function write(wire: Wire, body: JsonObject): Promise<void> {
  await writeText(wire, `data: ${JSON.stringify(body)}\n\n`);
}

// §3.4: no headers before the first token; §1.6 INF for the header set of a stream.
function writeText({ response }: Wire, text: string): Promise<void> {
  if (!response.headersSent) {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' });
  }
  return new Promise((resolve) => {
    if (response.destroyed) {
      resolve();
      return;
    }
    response.once('close', resolve);
    response.write(text, () => {
      response.off('close', resolve);
      resolve();
    });
  });
}

async function endWithError(wire: Wire, message = ''): Promise<void> {
  if (wire.response.destroyed) return;
  const body = { error: { message }, message };
  await writeText(wire, `event: error\ndata: ${JSON.stringify(body)}\n\n`);
  wire.response.end();
}

async function endEarly(wire: Wire): Promise<void> {
  // With nothing sent there are still headers: an empty stream, not an empty reply.
  if (!wire.response.headersSent) await writeText(wire, '\n');
  wire.response.end();
}

function resetWire({ response }: Wire): Promise<void> {
  resetConnection(response);
  return Promise.resolve();
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0) return Promise.resolve();
  return untilEither(new Promise((resolve) => setTimeout(resolve, ms).unref()), signal);
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
