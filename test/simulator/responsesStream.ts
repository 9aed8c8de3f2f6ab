/** The events of `/v1/responses`, in the recorded order (§3.6 REC: Vercel AI fixtures). */
import type { ServerResponse } from 'node:http';
import { EventWire } from './eventWire';
import { playSegments, type Generation, type Segment, type SegmentWriter } from './inference';
import type { JsonObject } from './json';
import {
  begunItem,
  completeItem,
  contentPart,
  responseObject,
  type OutputItem,
  type ResponseState,
} from './responsesObject';

export interface StreamedResponse {
  readonly items: readonly OutputItem[];
  readonly begun: ResponseState;
  readonly done: ResponseState;
  /** Called before the last event, so that a client may go on from it at once. */
  readonly remember: () => void;
}

export async function streamResponse(
  response: ServerResponse,
  body: JsonObject,
  generation: Generation,
  { items, begun, done, remember }: StreamedResponse,
): Promise<void> {
  const events = new ResponseEvents(new EventWire(response), items);
  await events.send('response.created', { response: responseObject(body, begun) });
  await events.send('response.in_progress', { response: responseObject(body, begun) });
  const whole = { ...generation, segments: items.map((item) => item.segment) };
  const ending = await playSegments(whole, response, events);
  if (ending.kind === 'silent') return;
  if (ending.kind === 'error') {
    // INF: how a failure in mid-stream looks here is not recorded.
    const error = { code: 'unknown', message: ending.message };
    await events.send('error', { ...error, param: null });
    const failed = responseObject(body, { ...done, status: 'failed', output: [], usage: null, error });
    await events.send('response.failed', { response: failed });
  } else {
    remember();
    // INF for `incomplete`, as OpenAI names it.
    await events.send(`response.${done.status}`, { response: responseObject(body, done) });
  }
  // §8.5: no [DONE] (INF).
  response.end();
}

class ResponseEvents implements SegmentWriter {
  private sequence = 0;

  constructor(
    private readonly wire: EventWire,
    private readonly items: readonly OutputItem[],
  ) {}

  // §8.5: whether `event:` lines are sent is not known; here they are (INF).
  async send(type: string, fields: JsonObject): Promise<void> {
    await this.wire.send({ type, sequence_number: this.sequence, ...fields }, type);
    this.sequence += 1;
  }

  async start(segment: Segment): Promise<void> {
    const { item, place } = this.find(segment);
    await this.send('response.output_item.added', { output_index: place['output_index'], item: begunItem(item) });
    if (segment.kind === 'call') return;
    await this.send('response.content_part.added', { ...place, content_index: 0, part: contentPart(segment, '') });
  }

  async delta(segment: Segment, text: string): Promise<void> {
    // §3.6 REC: the arguments of a call come at once, in their `done`.
    if (segment.kind === 'call') return;
    const logprobs = segment.kind === 'text' ? { logprobs: [] } : {};
    const { place } = this.find(segment);
    await this.send(`response.${textName(segment)}.delta`, { ...place, content_index: 0, delta: text, ...logprobs });
  }

  async end(segment: Segment): Promise<void> {
    const { item, place } = this.find(segment);
    if (segment.kind === 'call') {
      await this.send('response.function_call_arguments.done', { ...place, arguments: segment.text });
    } else {
      const logprobs = segment.kind === 'text' ? { logprobs: [] } : {};
      const at = { ...place, content_index: 0 };
      await this.send(`response.${textName(segment)}.done`, { ...at, text: segment.text, ...logprobs });
      await this.send('response.content_part.done', { ...at, part: contentPart(segment, segment.text) });
    }
    await this.send('response.output_item.done', { output_index: place['output_index'], item: completeItem(item) });
  }

  private find(segment: Segment): { readonly item: OutputItem; readonly place: JsonObject } {
    const index = this.items.findIndex((candidate) => candidate.segment === segment);
    const item = this.items[index];
    if (item === undefined) throw new Error('A segment without an output item');
    return { item, place: { item_id: item.id, output_index: index } };
  }
}

function textName(segment: Segment): string {
  return segment.kind === 'reasoning' ? 'reasoning_text' : 'output_text';
}
