import * as l10n from '@vscode/l10n';
import * as z from 'zod/v4';
import type { ChatEvent, FinishReason, ToolDefinition, Usage } from '../../agent/types';
import { type JsonValue, parseJson } from '../../base/json';
import { classifyText, errorText, plainText, serverError } from '../errors';
import { CallRecovery } from './callRecovery';
import { corruptFrames, type FrameReader } from './frameReader';
import { type Piece, ThinkTagSplitter } from './thinkTags';
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
        text,
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

export interface ChatStreamOptions {
  /** A completion without a template: what looks like a tag is text. */
  readonly isRaw?: boolean;
  /** Calls to these that stand in the text are taken for calls. Default: none. */
  readonly tools?: readonly ToolDefinition[];
  /** Told once who answers; what it returns is an event of this answer. */
  readonly onAnswerer?: (model: string) => ChatEvent | undefined;
}

/** One streamed answer: feed it the data of each frame, then end it. Knows nothing of sockets. */
export class ChatStream implements FrameReader {
  readonly #calls = new ToolCallAssembler();
  readonly #tags: ThinkTagSplitter;
  readonly #recovery: CallRecovery;
  #finish: string | undefined;
  #usage: Usage = { promptTokens: null, completionTokens: null, reasoningTokens: null };
  #corrupt = 0;
  /** Who answers, as soon as the server has said so. */
  model: string | undefined;
  /** `[DONE]` was read: nothing follows. */
  isDone = false;

  constructor(
    private readonly where: string,
    private readonly options: ChatStreamOptions = {},
  ) {
    this.#tags = new ThinkTagSplitter(options.isRaw);
    this.#recovery = new CallRecovery(options.tools ?? []);
  }

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
    // A spliced line: seen rarely, and the frames around it are good (reference 3.4).
    if (json.ok) yield* this.readChunk(json.value);
    else this.#corrupt++;
  }

  /** A frame's JSON, or an answer that came in one piece. */
  *readChunk(json: JsonValue): Generator<ChatEvent> {
    const chunk = chunkShape.safeParse(json).data;
    if (!chunk) {
      this.#corrupt++;
      return;
    }
    if (this.model === undefined && chunk.model) {
      this.model = chunk.model;
      const event = this.options.onAnswerer?.(chunk.model);
      if (event) yield event;
    }
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
    else if (choice?.text) yield* this.#recover(this.#tags.push(choice.text));
    this.#finish = choice?.finish_reason || this.#finish;
  }

  *#readDelta(delta: Delta): Generator<ChatEvent> {
    const reasoning = delta.reasoning_content || delta.reasoning;
    if (reasoning) yield* this.#recovery.take('reasoning', reasoning);
    if (delta.content) yield* this.#recover(this.#tags.push(delta.content));
    for (const call of delta.tool_calls ?? []) {
      this.#calls.add({
        index: call.index,
        id: call.id,
        name: call.function?.name,
        arguments: call.function?.arguments,
      });
    }
  }

  *#recover(pieces: readonly Piece[]): Generator<ChatEvent> {
    for (const { type, text: piece } of pieces) yield* this.#recovery.take(type, piece);
  }

  /**
   * `isWhole`: the answer came in one piece, which needs no end.
   * @throws BridgeError `stream-interrupted` where the stream ended without saying that it was finished.
   */
  *end(isWhole = false): Generator<ChatEvent> {
    if (this.#finish === undefined && !this.isDone && !isWhole) {
      throw serverError('stream-interrupted', l10n.t('The server ended the answer in the middle, without a reason.'));
    }
    yield* this.#recover(this.#tags.end());
    if (this.#tags.hasLoneClosingTag) yield reasoningInText();
    const rest = this.#recovery.end(this.#calls.finish());
    yield* rest;
    if (this.#corrupt > 0) yield corruptFrames(this.#corrupt);
    const hasCalls = rest.some(({ type }) => type === 'tool-call');
    yield { type: 'finish', reason: toReason(this.#finish, hasCalls), usage: this.#usage };
  }
}

function toReason(finish: string | undefined, hasCalls: boolean): FinishReason {
  if (finish === 'length') return 'length';
  return hasCalls ? 'tool-calls' : 'stop';
}

export function reasoningInText(): ChatEvent {
  return {
    type: 'warning',
    code: 'reasoning-in-text',
    message:
      l10n.t(
        'What stands before "</think>" in the answer is reasoning: the model\'s template hides where it begins. ',
      ) +
      l10n.t('LM Studio separates it with "When applicable, separate reasoning_content" in its developer settings.'),
  };
}
