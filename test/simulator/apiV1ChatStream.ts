/** The events of `POST /api/v1/chat` (§2.6 DOC). */
import type { ServerResponse } from 'node:http';
import type { NativeChat } from './apiV1Chat';
import { EventWire } from './eventWire';
import { HttpFailure } from './failures';
import { playSegments, type Generation, type Segment, type SegmentWriter } from './inference';
import { isObject, type JsonObject } from './json';
import type { Instance } from './modelHost';

/** How often a running load tells of itself. */
const PROGRESS_MS = 100;

export async function streamNativeChat(
  chat: NativeChat,
  response: ServerResponse,
  clientGone: AbortSignal,
): Promise<void> {
  const events = new NativeEvents(new EventWire(response));
  await events.send('chat.start', { model_instance_id: chat.instanceId });
  const outcome = await generate(chat, events, response).catch((error: unknown) => errorOf(error));
  if (outcome === 'silent' || clientGone.aborted) return;
  if ('error' in outcome) {
    await events.send('error', outcome);
    // §2.6 DOC: an error is followed by chat.end with what there is.
    await events.send('chat.end', { result: { model_instance_id: chat.instanceId, output: [], stats: {} } });
  } else {
    await events.send('chat.end', outcome);
  }
  response.end();
}

async function generate(
  chat: NativeChat,
  events: NativeEvents,
  response: ServerResponse,
): Promise<{ result: JsonObject } | { error: JsonObject } | 'silent'> {
  const started = performance.now();
  const instance = chat.needsLoad ? await load(chat, events) : await chat.resolve();
  const loadSeconds = chat.needsLoad ? secondsSince(started) : undefined;
  let outcome: { result: JsonObject } | { error: JsonObject } | 'silent' = 'silent';
  const use = async (generation: Generation): Promise<void> => {
    await events.send('prompt_processing.end', {});
    const segments = generation.segments.filter(({ kind }) => kind !== 'call');
    const ending = await playSegments({ ...generation, segments }, response, events);
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
  const started = performance.now();
  await events.send('model_load.start', id);
  let progress = 0;
  const tell = (): void => {
    void events.send('model_load.progress', { ...id, progress });
    progress += (1 - progress) / 2;
  };
  tell();
  const timer = setInterval(tell, PROGRESS_MS).unref();
  const instance = await chat.resolve().finally(() => clearInterval(timer));
  progress = 1;
  tell();
  await events.send('model_load.end', { ...id, load_time_seconds: secondsSince(started) });
  return instance;
}

/** An error that comes when the stream has begun. */
function errorOf(error: unknown): { error: JsonObject } {
  if (!(error instanceof HttpFailure)) return { error: { type: 'unknown', message: String(error) } };
  const inner = isObject(error.body) && isObject(error.body['error']) ? error.body['error'] : {};
  return { error: { ...inner, type: inner['type'] ?? 'unknown', message: inner['message'] ?? error.message } };
}

class NativeEvents implements SegmentWriter {
  constructor(private readonly wire: EventWire) {}

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
export function secondsSince(started: number): number {
  return Math.round(performance.now() - started) / 1000;
}
