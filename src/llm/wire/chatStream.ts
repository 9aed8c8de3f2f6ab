import * as z from 'zod/v4';
import type { ChatEvent, FinishReason, Usage } from '../../agent/types';
import { parseJson } from '../../base/json';
import { classifyText, errorText, plainText, serverError } from '../errors';
import { ThinkTagSplitter } from './thinkTags';
import { ToolCallAssembler } from './toolCallAssembler';

// Lenient on purpose: fields come and go between versions, and neither a missing nor an odd one is a reason to lose a
// turn. Unknown fields are not even looked at: there is a frame for every token.
const count = z.number().nullish().catch(null);
const text = z.string().nullish().catch(null);
const deltaShape = z.object({
  content: text,
  reasoning_content: text,
  reasoning: text,
  tool_calls: z
    .array(
      z.object({
        index: count,
        id: z.union([z.string(), z.number()]).nullish().catch(null),
        function: z.object({ name: text, arguments: z.unknown() }).nullish(),
      }),
    )
    .nullish(),
});
const chunkShape = z.object({
  model: text,
  choices: z
    .array(
      z.object({
        delta: deltaShape.nullish(),
        message: deltaShape.nullish(),
        finish_reason: text,
      }),
    )
    .nullish(),
  usage: z
    .object({
      prompt_tokens: count,
      completion_tokens: count,
      completion_tokens_details: z.object({ reasoning_tokens: count }).nullish().catch(null),
    })
    .nullish()
    .catch(null),
});
type Delta = z.infer<typeof deltaShape>;

/** One streamed answer: feed it the data of each frame, then end it. Knows nothing of sockets. */
export class ChatStream {
  readonly #calls = new ToolCallAssembler();
  readonly #tags = new ThinkTagSplitter();
  #finish: string | undefined;
  #usage: Usage = { promptTokens: null, completionTokens: null, reasoningTokens: null };
  #corrupt = 0;
  /** Who answers, as soon as the server has said so. */
  model: string | undefined;
  /** `[DONE]` was read: nothing follows. */
  isDone = false;

  constructor(private readonly where: string) {}

  /**
   * @throws BridgeError where the frame reports a failure. HTTP said 200 long before, so this is the only place
   * where an overflow, a crash or an unload in mid-stream shows (reference 3.3).
   */
  *read(data: string, event?: string): Generator<ChatEvent> {
    if (data.trim() === '[DONE]') {
      this.isDone = true;
      return;
    }
    const json = parseJson(data);
    const said = (json.ok ? errorText(json.value) : undefined) ?? (event === 'error' ? plainText(data) : undefined);
    if (said !== undefined) throw classifyText(200, said, this.where);
    const chunk = json.ok ? chunkShape.safeParse(json.value).data : undefined;
    if (!chunk) {
      // A spliced line: seen rarely, and the frames around it are good (reference 3.4).
      this.#corrupt++;
      return;
    }
    this.model ??= chunk.model || undefined;
    if (chunk.usage) {
      this.#usage = {
        promptTokens: chunk.usage.prompt_tokens ?? null,
        completionTokens: chunk.usage.completion_tokens ?? null,
        reasoningTokens: chunk.usage.completion_tokens_details?.reasoning_tokens ?? null,
      };
    }
    const choice = chunk.choices?.[0];
    const delta = choice?.delta ?? choice?.message;
    if (delta) yield* this.#readDelta(delta);
    this.#finish = choice?.finish_reason || this.#finish;
  }

  *#readDelta(delta: Delta): Generator<ChatEvent> {
    const reasoning = delta.reasoning_content || delta.reasoning;
    if (reasoning) yield { type: 'reasoning', text: reasoning };
    if (delta.content) yield* this.#tags.push(delta.content);
    for (const call of delta.tool_calls ?? []) {
      this.#calls.add({
        index: call.index,
        id: call.id,
        name: call.function?.name,
        arguments: call.function?.arguments,
      });
    }
  }

  /** @throws BridgeError `stream-interrupted` where the stream ended without saying that it was finished. */
  *end(): Generator<ChatEvent> {
    if (this.#finish === undefined && !this.isDone) {
      throw serverError('stream-interrupted', 'The server ended the answer in the middle, without a reason.');
    }
    yield* this.#tags.end();
    const calls = this.#calls.finish();
    for (const call of calls) yield { type: 'tool-call', ...call, recovered: false };
    if (this.#corrupt > 0) {
      const message = `${String(this.#corrupt)} unreadable frame(s) of the server's answer were skipped.`;
      yield { type: 'warning', code: 'corrupt-frames', message };
    }
    yield { type: 'finish', reason: toReason(this.#finish, calls.length > 0), usage: this.#usage };
  }
}

function toReason(finish: string | undefined, hasCalls: boolean): FinishReason {
  if (finish === 'length') return 'length';
  return hasCalls ? 'tool-calls' : 'stop';
}
