/** The events of `POST /api/v1/chat` (§2.6 DOC). */
import type { ServerResponse } from 'node:http';
import type { NativeChat } from './apiV1Chat';
import { sleep, type SimulatorClock } from './clock';
import { EventWire } from './eventWire';
import { HttpFailure } from './failures';
import { playSegments, type Generation, type Segment, type SegmentWriter } from './inference';
import type { Instance } from './instance';
import { isObject, type JsonObject } from './json';

/** How often a running load tells of itself. */
const PROGRESS_MS = 100;

export async function streamNativeChat(
  chat: NativeChat,
  response: ServerResponse,
  clientGone: AbortSignal,
): Promise<void> {
  const wire = new EventWire(response, chat.ragged);
  const events = new NativeEvents(wire);
  await events.send('chat.start', { model_instance_id: chat.instanceId });
  const outcome = await generate(chat, events).catch((error: unknown) => errorOf(error));
  if (outcome === 'gone' || clientGone.aborted) return;
  if ('error' in outcome) {
    await events.send('error', outcome);
    // §2.6 DOC: an error is followed by chat.end with what there is.
    await events.send('chat.end', { result: { model_instance_id: chat.instanceId, output: [], stats: {} } });
  } else {
    await events.send('chat.end', outcome);
  }
  await wire.end();
}

type Outcome = { readonly result: JsonObject } | { readonly error: JsonObject } | 'gone';

async function generate(chat: NativeChat, events: NativeEvents): Promise<Outcome> {
  const started = chat.clock.now();
  const instance = chat.needsLoad ? await load(chat, events) : await chat.resolve();
  const loadSeconds = chat.needsLoad ? secondsSince(chat.clock, started) : undefined;
  let outcome: Outcome = 'gone';
  const use = async (generation: Generation): Promise<void> => {
    await events.send('prompt_processing.end', {});
    const segments = generation.segments.filter(({ kind }) => kind !== 'call');
    const ending = await playSegments({ ...generation, segments }, events.wire, events);
    if (ending.kind === 'error') outcome = { error: { type: 'internal_error', message: ending.message } };
    if (ending.kind === 'whole') outcome = { result: chat.result(generation, loadSeconds) };
  };
  const onPrompt = async (progress: number): Promise<void> => {
    if (progress === 0) await events.send('prompt_processing.start', {});
    await events.send('prompt_processing.progress', { progress });
  };
  await chat.infer(use, { resolve: () => Promise.resolve(instance), onPrompt });
  return outcome;
}

/** The progress between 0 and 1 is made up: halves of what is left. */
async function load(chat: NativeChat, events: NativeEvents): Promise<Instance> {
  const id = { model_instance_id: chat.instanceId };
  const started = chat.clock.now();
  await events.send('model_load.start', id);
  const over = new AbortController();
  const telling = tellProgress(chat, over.signal, (progress) =>
    events.send('model_load.progress', { ...id, progress }),
  );
  const instance = await chat.resolve().finally(() => over.abort());
  await telling;
  await events.send('model_load.progress', { ...id, progress: 1 });
  await events.send('model_load.end', { ...id, load_time_seconds: secondsSince(chat.clock, started) });
  return instance;
}

async function tellProgress(
  { clock }: NativeChat,
  over: AbortSignal,
  tell: (progress: number) => Promise<void>,
): Promise<void> {
  for (let left = 1; ; left /= 2) {
    await tell(1 - left);
    await sleep(clock, PROGRESS_MS, over);
    if (over.aborted) return;
  }
}

/** An error that comes when the stream has begun. */
function errorOf(error: unknown): { error: JsonObject } {
  if (!(error instanceof HttpFailure)) return { error: { type: 'unknown', message: String(error) } };
  const inner = isObject(error.body) && isObject(error.body['error']) ? error.body['error'] : {};
  return { error: { ...inner, type: inner['type'] ?? 'unknown', message: inner['message'] ?? error.message } };
}

class NativeEvents implements SegmentWriter {
  constructor(readonly wire: EventWire) {}

  send(type: string, fields: JsonObject): Promise<void> {
    return this.wire.send({ type, ...fields }, type);
  }

  start(segment: Segment): Promise<void> {
    return this.send(`${nameOf(segment)}.start`, {});
  }

  delta(segment: Segment, text: string): Promise<void> {
    return this.send(`${nameOf(segment)}.delta`, { content: text });
  }

  end(segment: Segment): Promise<void> {
    return this.send(`${nameOf(segment)}.end`, {});
  }
}

function nameOf({ kind }: Segment): string {
  return kind === 'text' ? 'message' : kind;
}

/** To the millisecond. */
export function secondsSince(clock: SimulatorClock, started: number): number {
  return Math.round(clock.now() - started) / 1000;
}
