import * as l10n from '@vscode/l10n';
import * as z from 'zod/v4';
import type { ChatEvent, Usage } from '../../agent/types';
import { parseJson } from '../../base/json';
import { classifyText, errorText, plainText, serverError } from '../errors';
import { reasoningInText } from '../wire/chatStream';
import { corruptFrames, type FrameReader, type PhaseNews } from '../wire/frameReader';
import { ThinkTagSplitter } from '../wire/thinkTags';

const count = z.number().nullish().catch(null);
const text = z.string().nullish().catch(null);
const frameShape = z.object({
  type: z.string(),
  model_instance_id: text,
  progress: z.number().min(0).max(1).nullish().catch(null),
  content: text,
  result: z
    .object({
      stats: z
        .object({ input_tokens: count, total_output_tokens: count, reasoning_output_tokens: count })
        .nullish()
        .catch(null),
    })
    .nullish()
    .catch(null),
});
type Frame = z.infer<typeof frameShape>;

export interface NativeStreamOptions {
  /** Told once who answers; what it returns is an event of this answer. */
  readonly onAnswerer: (model: string) => ChatEvent | undefined;
  /** Tokens of the loaded context, where they are known. */
  readonly contextLength: number | null;
}

/** One streamed answer of `/api/v1/chat` (reference 2.6), which tells of the load of the model and the prompt. */
export class NativeChatStream implements FrameReader {
  readonly tellsPhases = true;
  readonly #tags = new ThinkTagSplitter();
  #answerer: string | undefined;
  #isAnswering = false;
  /** The last step that was told, in whole percent. */
  #told = '';
  #usage: Usage = { promptTokens: null, completionTokens: null, reasoningTokens: null };
  #corrupt = 0;
  isDone = false;

  constructor(
    private readonly where: string,
    private readonly options: NativeStreamOptions,
  ) {}

  *read(data: string, event?: string): Generator<ChatEvent | PhaseNews> {
    const json = parseJson(data);
    const frame = json.ok ? frameShape.safeParse(json.value).data : undefined;
    // `chat.end` may follow with what there is, but a part of an answer is none (reference 2.6).
    const said = json.ok ? errorText(json.value) : undefined;
    if (said !== undefined || event === 'error') throw classifyText(200, said ?? plainText(data), this.where);
    if (!frame) {
      this.#corrupt++;
      return;
    }
    this.#answerer ??= frame.model_instance_id || undefined;
    // Whoever hears the first event takes the model for loaded.
    if (!/^(chat\.start|model_load\.)/.test(frame.type)) yield* this.#nameAnswerer();
    yield* this.#take(frame);
  }

  *#take({ type, progress, content, result }: Frame): Generator<ChatEvent | PhaseNews> {
    switch (type) {
      case 'model_load.start':
      case 'model_load.progress':
        yield* this.#step('loading-model', progress ?? null);
        return;
      case 'model_load.end':
        yield* this.#step('processing-prompt', null);
        return;
      case 'prompt_processing.start':
      case 'prompt_processing.progress':
        yield* this.#step('processing-prompt', progress ?? 0);
        return;
      case 'reasoning.start':
      case 'message.start':
        yield* this.#begin();
        return;
      case 'reasoning.delta':
        yield* this.#begin();
        if (content) yield { type: 'reasoning', text: content };
        return;
      case 'message.delta':
        yield* this.#begin();
        if (content) yield* this.#tags.push(content);
        return;
      case 'chat.end':
        yield* this.#begin();
        this.isDone = true;
        this.#usage = {
          promptTokens: result?.stats?.input_tokens ?? null,
          completionTokens: result?.stats?.total_output_tokens ?? null,
          reasoningTokens: result?.stats?.reasoning_output_tokens ?? null,
        };
    }
  }

  *#nameAnswerer(): Generator<ChatEvent> {
    if (!this.#answerer) return;
    const event = this.options.onAnswerer(this.#answerer);
    if (event) yield event;
  }

  *#step(phase: 'loading-model' | 'processing-prompt', progress: number | null): Generator<PhaseNews> {
    const step = `${phase} ${progress === null ? '' : String(Math.floor(progress * 100))}`;
    if (this.#isAnswering || step === this.#told) return;
    this.#told = step;
    const news = phase === 'loading-model' ? { phase, progress } : { phase, estimatedMs: null, progress };
    yield { type: 'phase', phase: news };
  }

  *#begin(): Generator<PhaseNews> {
    if (this.#isAnswering) return;
    this.#isAnswering = true;
    yield { type: 'phase', phase: { phase: 'generating' } };
  }

  /** @throws BridgeError `stream-interrupted` where the stream ended before `chat.end`. */
  *end(): Generator<ChatEvent> {
    if (!this.isDone) {
      throw serverError('stream-interrupted', l10n.t('The server ended the answer in the middle, without a reason.'));
    }
    yield* this.#tags.end();
    if (this.#tags.hasLoneClosingTag) yield reasoningInText();
    if (this.#corrupt > 0) yield corruptFrames(this.#corrupt);
    yield { type: 'finish', reason: this.#isCutOff() ? 'length' : 'stop', usage: this.#usage };
  }

  /** This endpoint does not say why it stopped; without a limit of ours only a full context cuts an answer off. */
  #isCutOff(): boolean {
    const { promptTokens, completionTokens } = this.#usage;
    const { contextLength } = this.options;
    return contextLength !== null && (promptTokens ?? 0) + (completionTokens ?? 0) >= contextLength;
  }
}
