import * as l10n from '@vscode/l10n';
import * as z from 'zod/v4';
import type { ChatEvent, Usage } from '../../agent/types';
import { parseJson } from '../../base/json';
import { classifyText, errorText, plainText, serverError } from '../errors';
import { corruptFrames, type FrameReader } from './frameReader';

const count = z.number().nullish().catch(null);
const text = z.string().nullish().catch(null);
const frameShape = z.object({
  type: z.string(),
  delta: text,
  message: text,
  item_id: text,
  output_index: count,
  arguments: text,
  item: z.object({ type: text, id: text, call_id: text, name: text, arguments: text }).nullish().catch(null),
  response: z
    .object({
      id: text,
      model: text,
      error: z.unknown(),
      incomplete_details: z.object({ reason: text }).nullish().catch(null),
      usage: z
        .object({
          input_tokens: count,
          output_tokens: count,
          output_tokens_details: z.object({ reasoning_tokens: count }).nullish().catch(null),
        })
        .nullish()
        .catch(null),
    })
    .nullish()
    .catch(null),
});
type Frame = z.infer<typeof frameShape>;

interface OpenCall {
  /** The item's id, else its place in the output. */
  readonly key: string;
  id: string;
  name: string;
  arguments: string;
}

/**
 * One streamed answer of `/v1/responses` (reference 3.6). LM Studio sends the arguments of a call whole, in
 * `function_call_arguments.done` and again in `output_item.done`; other servers send pieces first. The last one counts.
 */
export class ResponsesStream implements FrameReader {
  readonly #calls: OpenCall[] = [];
  #usage: Usage = { promptTokens: null, completionTokens: null, reasoningTokens: null };
  #isCutOff = false;
  #corrupt = 0;
  /** To be given as `previous_response_id` next time; undefined until the server says it. */
  id: string | undefined;
  model: string | undefined;
  isDone = false;

  constructor(private readonly where: string) {}

  *read(data: string, event?: string): Generator<ChatEvent> {
    if (data.trim() === '[DONE]') return;
    const json = parseJson(data);
    const frame = json.ok ? frameShape.safeParse(json.value).data : undefined;
    const said = json.ok ? errorText(json.value) : undefined;
    if (said !== undefined || event === 'error')
      throw classifyText(200, said ?? frame?.message ?? plainText(data), this.where);
    if (!frame) {
      this.#corrupt++;
      return;
    }
    this.id ??= frame.response?.id || undefined;
    this.model ??= frame.response?.model || undefined;
    yield* this.#take(frame);
  }

  *#take(frame: Frame): Generator<ChatEvent> {
    switch (frame.type) {
      case 'response.output_text.delta':
        if (frame.delta) yield { type: 'text', text: frame.delta };
        return;
      case 'response.reasoning_text.delta':
      case 'response.reasoning_summary_text.delta':
        if (frame.delta) yield { type: 'reasoning', text: frame.delta };
        return;
      case 'response.output_item.added':
      case 'response.output_item.done':
        if (frame.item?.type === 'function_call') this.#takeCall(frame, frame.item);
        return;
      case 'response.function_call_arguments.delta':
        this.#call(frame).arguments += frame.delta ?? '';
        return;
      case 'response.function_call_arguments.done':
        this.#call(frame).arguments = frame.arguments ?? '';
        return;
      case 'response.completed':
      case 'response.incomplete':
        this.#takeEnd(frame);
        return;
      case 'response.failed':
      case 'error':
        throw classifyText(
          200,
          errorText(frame.response) ?? frame.message ?? l10n.t('The server gave no reason.'),
          this.where,
        );
    }
  }

  #takeCall(frame: Frame, item: NonNullable<Frame['item']>): void {
    const call = this.#call(frame);
    call.id = item.call_id || call.id;
    call.name = item.name || call.name;
    call.arguments = item.arguments || call.arguments;
  }

  #call(frame: Frame): OpenCall {
    const key = frame.item_id || frame.item?.id || String(frame.output_index ?? this.#calls.length);
    const known = this.#calls.find((call) => call.key === key);
    if (known) return known;
    const call = { key, id: '', name: '', arguments: '' };
    this.#calls.push(call);
    return call;
  }

  #takeEnd({ type, response }: Frame): void {
    this.isDone = true;
    this.#isCutOff = type === 'response.incomplete' || response?.incomplete_details?.reason === 'max_output_tokens';
    this.#usage = {
      promptTokens: response?.usage?.input_tokens ?? null,
      completionTokens: response?.usage?.output_tokens ?? null,
      reasoningTokens: response?.usage?.output_tokens_details?.reasoning_tokens ?? null,
    };
  }

  /** @throws BridgeError `stream-interrupted` where the stream ended before the response was completed. */
  *end(): Generator<ChatEvent> {
    if (!this.isDone)
      throw serverError('stream-interrupted', l10n.t('The server ended the answer in the middle, without a reason.'));
    const calls = this.#calls.filter(({ name }) => name !== '');
    for (const { id, name, arguments: args } of calls)
      yield { type: 'tool-call', id, name, arguments: args, recovered: false };
    if (this.#corrupt > 0) yield corruptFrames(this.#corrupt);
    yield {
      type: 'finish',
      reason: this.#isCutOff ? 'length' : calls.length > 0 ? 'tool-calls' : 'stop',
      usage: this.#usage,
    };
  }
}
