/** Streams as servers send them, for tests of the wire. */
import type { ChatEvent } from '../../src/agent/types';
import type { FrameReader } from '../../src/llm/wire/frameReader';
import { readServerSentEvents } from '../../src/llm/wire/sse';
import { systemClock } from '../../src/base/clock';

const chunk = (fields: object): string =>
  JSON.stringify({ id: 'chatcmpl-x', object: 'chat.completion.chunk', created: 1786000000, model: 'm', ...fields });
const delta = (fields: object, finish: string | null = null): string =>
  chunk({ choices: [{ index: 0, delta: fields, logprobs: null, finish_reason: finish }] });
const data = (...frames: string[]): string => frames.map((frame) => `data: ${frame}\n\n`).join('');
const typed = (...frames: (Readonly<Record<string, unknown>> & { readonly type: string })[]): string =>
  frames
    .map((frame, index) => `event: ${frame.type}\ndata: ${JSON.stringify({ ...frame, sequence_number: index })}\n\n`)
    .join('');

const USAGE = { prompt_tokens: 120, completion_tokens: 22, completion_tokens_details: { reasoning_tokens: 3 } };
const CRASH = 'The model has crashed without additional information. (Exit code: 11)';

/** Reference 3.2 and 3.4, by what each shows. */
export const CHAT_STREAMS = {
  'reasoning, text and a call': data(
    delta({ role: 'assistant', reasoning_content: 'The' }),
    delta({ content: "I'll look. Größe 漢字 👍" }),
    delta({
      tool_calls: [{ index: 0, id: '931693397', type: 'function', function: { name: 'read_file', arguments: '' } }],
    }),
    delta({ tool_calls: [{ index: 0, type: 'function', function: { arguments: '{"path":' } }] }),
    delta({ tool_calls: [{ index: 0, type: 'function', function: { arguments: '"a.ts"}' } }] }),
    delta({}, 'tool_calls'),
    chunk({ choices: [], usage: USAGE }),
    '[DONE]',
  ),
  'empty id, no index, repeated names': data(
    delta({ tool_calls: [{ id: '', function: { name: 'f', arguments: '{' } }] }),
    delta({ tool_calls: [{ function: { name: '', arguments: '}' } }] }),
    delta({}, 'tool_calls'),
    '[DONE]',
  ),
  'inline tags': data(
    delta({ content: '<th' }),
    delta({ content: 'ink>Hm</thi' }),
    delta({ content: 'nk>\n\nHi' }, 'stop'),
    '[DONE]',
  ),
  'a lone closing tag': data(delta({ content: 'Hm\n' }), delta({ content: '</think>\n\nHi' }, 'stop'), '[DONE]'),
  'only reasoning': data(delta({ reasoning: 'Forty-two', content: '' }), delta({}, 'stop'), '[DONE]'),
  'a spliced line': data(
    delta({ content: 'a' }),
    '{"choices":[{"del{"choices":[]}',
    delta({ content: 'b' }, 'stop'),
    '[DONE]',
  ),
  'an error frame': `${data(delta({ content: 'Hel' }))}event: error\ndata: ${JSON.stringify({ error: { message: CRASH }, message: CRASH })}\n\n`,
  'an early end': data(delta({ content: 'Hel' })),
  'line ends of both kinds': `: comment\r\n\r\ndata: ${delta({ content: 'Hi' }, 'stop')}\r\n\r\ndata: [DONE]\r\n\r\n`,
} as const;

const RESPONSE = { id: 'resp_1f', object: 'response', model: 'm', status: 'in_progress', error: null, output: [] };
const REASONING = { id: 'rs_1', type: 'reasoning', summary: [], content: [] };
const MESSAGE = { id: 'msg_1', type: 'message', role: 'assistant', content: [] };
const CALL = { id: 'fc_1', type: 'function_call', call_id: 'call_1234567890123456', name: 'read_file' };
const COMPLETED = {
  ...RESPONSE,
  status: 'completed',
  usage: { input_tokens: 50, output_tokens: 9, total_tokens: 59, output_tokens_details: { reasoning_tokens: 2 } },
};

/** Reference 3.6, in the recorded order. */
export const RESPONSE_STREAMS = {
  'reasoning, text and a call': typed(
    { type: 'response.created', response: RESPONSE },
    { type: 'response.in_progress', response: RESPONSE },
    { type: 'response.output_item.added', output_index: 0, item: { ...REASONING, status: 'in_progress' } },
    { type: 'response.content_part.added', item_id: 'rs_1', part: { type: 'reasoning_text', text: '' } },
    { type: 'response.reasoning_text.delta', item_id: 'rs_1', delta: 'Hm 漢' },
    { type: 'response.reasoning_text.done', item_id: 'rs_1', text: 'Hm 漢' },
    { type: 'response.content_part.done', item_id: 'rs_1' },
    { type: 'response.output_item.done', output_index: 0, item: { ...REASONING, status: 'completed' } },
    { type: 'response.output_item.added', output_index: 1, item: { ...MESSAGE, status: 'in_progress' } },
    { type: 'response.content_part.added', item_id: 'msg_1', part: { type: 'output_text', text: '' } },
    { type: 'response.output_text.delta', item_id: 'msg_1', delta: "I'll ", logprobs: [] },
    { type: 'response.output_text.delta', item_id: 'msg_1', delta: 'look.', logprobs: [] },
    { type: 'response.output_text.done', item_id: 'msg_1', text: "I'll look." },
    { type: 'response.content_part.done', item_id: 'msg_1' },
    { type: 'response.output_item.done', output_index: 1, item: { ...MESSAGE, status: 'completed' } },
    { type: 'response.output_item.added', output_index: 2, item: { ...CALL, status: 'in_progress', arguments: '' } },
    { type: 'response.function_call_arguments.done', item_id: 'fc_1', output_index: 2, arguments: '{"path":"a"}' },
    {
      type: 'response.output_item.done',
      output_index: 2,
      item: { ...CALL, status: 'completed', arguments: '{"path":"a"}' },
    },
    { type: 'response.completed', response: COMPLETED },
  ),
  'arguments in pieces': typed(
    { type: 'response.created', response: RESPONSE },
    { type: 'response.output_item.added', output_index: 0, item: { ...CALL, arguments: '' } },
    { type: 'response.function_call_arguments.delta', item_id: 'fc_1', delta: '{"path":' },
    { type: 'response.function_call_arguments.delta', item_id: 'fc_1', delta: '"a"}' },
    { type: 'response.completed', response: COMPLETED },
  ),
  'cut off': typed(
    { type: 'response.created', response: RESPONSE },
    { type: 'response.output_text.delta', item_id: 'msg_1', delta: 'Hel' },
    {
      type: 'response.incomplete',
      response: { ...COMPLETED, status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } },
    },
  ),
  'a failed response': typed(
    { type: 'response.created', response: RESPONSE },
    { type: 'response.failed', response: { ...RESPONSE, error: { code: 'unknown', message: CRASH } } },
  ),
  'an error event': typed(
    { type: 'response.created', response: RESPONSE },
    { type: 'error', code: 'unknown', message: CRASH, param: null },
  ),
  'an early end': typed({ type: 'response.created', response: RESPONSE }),
} as const;

const STATS = { input_tokens: 30, total_output_tokens: 9, reasoning_output_tokens: 2, tokens_per_second: 60 };
const START = { type: 'chat.start', model_instance_id: 'm' };

/** Reference 2.6, in the documented order. */
export const NATIVE_STREAMS = {
  'a load, a prompt, reasoning and text': typed(
    START,
    { type: 'model_load.start', model_instance_id: 'm' },
    { type: 'model_load.progress', model_instance_id: 'm', progress: 0.5 },
    { type: 'model_load.end', model_instance_id: 'm', load_time_seconds: 2.1 },
    { type: 'prompt_processing.start' },
    { type: 'prompt_processing.progress', progress: 0.375 },
    { type: 'prompt_processing.progress', progress: 0.3751 },
    { type: 'prompt_processing.progress', progress: 1 },
    { type: 'prompt_processing.end' },
    { type: 'reasoning.start' },
    { type: 'reasoning.delta', content: 'Hm 漢' },
    { type: 'reasoning.end' },
    { type: 'message.start' },
    { type: 'message.delta', content: "I'll " },
    { type: 'message.delta', content: 'look.' },
    { type: 'message.end' },
    { type: 'chat.end', result: { model_instance_id: 'm', output: [], stats: STATS } },
  ),
  'an error, and what there is': typed(
    START,
    { type: 'error', error: { type: 'internal_error', message: CRASH } },
    { type: 'chat.end', result: { model_instance_id: 'm', output: [], stats: {} } },
  ),
  'nothing after its start': typed(START),
  'odd fields': typed(
    { type: 'chat.start', model_instance_id: 7 },
    { type: 'prompt_processing.progress', progress: 'half' },
    { type: 'message.delta', content: 'Hi' },
    { type: 'message.delta', content: null },
    { type: 'something.new', progress: 3 },
    { type: 'chat.end' },
  ),
} as const;

/** What a reader makes of a body that arrives in these pieces; throws what the reader throws. */
export async function readPieces(reader: FrameReader, pieces: readonly Uint8Array[]): Promise<ChatEvent[]> {
  const events: ChatEvent[] = [];
  let next = 0;
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const piece = pieces[next++];
        if (piece) controller.enqueue(piece);
        else controller.close();
      },
    },
    { highWaterMark: 0 },
  );
  for await (const batch of readServerSentEvents(body, () => reader.isDone, systemClock)) {
    for (const frame of batch) {
      for (const event of reader.read(frame.data, frame.event)) if (event.type !== 'phase') events.push(event);
    }
    if (reader.isDone) break;
  }
  return [...events, ...reader.end()];
}

/** The bytes cut at these places. */
export function cut(bytes: Uint8Array, at: readonly number[]): Uint8Array[] {
  const ends = [...new Set([0, ...at.map((place) => Math.min(place, bytes.length)), bytes.length])].sort(
    (a, b) => a - b,
  );
  return ends.slice(1).map((end, index) => bytes.subarray(ends[index], end));
}
