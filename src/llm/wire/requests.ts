/**
 * The requests besides the agent's streamed chat (reference 3.2, 3.5). Each sends one request and takes as long as the
 * server takes; each throws a `BridgeError` for every failure, or the signal's reason.
 */
import * as l10n from '@vscode/l10n';
import * as z from 'zod/v4';
import type { ChatEvent, ChatRequest, OnPhase } from '../../agent/types';
import { BridgeError, type ErrorCode, ModelValidationError } from '../../base/errors';
import { type JsonObject, type JsonValue, parseJson } from '../../base/json';
import { compileSchema } from '../../base/jsonSchema';
import { serverError } from '../errors';
import { type Answer, answerOf } from './answer';
import { chatBody, type Sampling, samplingFields } from './chatBody';
import { ChatStream } from './chatStream';
import { streamEvents } from './streaming';
import { splitLoneClosingTag } from './thinkTags';
import { askJson, type Wire } from './transport';

const CHAT = '/v1/chat/completions';
const COMPLETIONS = '/v1/completions';
const EMBEDDINGS = '/v1/embeddings';

/** A chat answer in one piece. */
export async function completeChat(
  wire: Wire,
  model: string,
  request: ChatRequest & Sampling,
  signal: AbortSignal,
): Promise<Answer> {
  const body = { ...chatBody(model, request), ...samplingFields(request) };
  return askWhole(wire, CHAT, body, signal);
}

export interface StructuredRequest extends Sampling {
  readonly messages: ChatRequest['messages'];
  /** What the answer is, in a word: `[A-Za-z0-9_-]{1,64}`. */
  readonly name: string;
  readonly schema: JsonObject;
}

/**
 * An answer that is JSON and fits the schema, checked here as well: small models and some engines do not keep to it.
 * Only on this endpoint: LM Studio ignores schemas on `/v1/responses` and `/v1/messages`.
 *
 * @throws BridgeError `bad-response` where the answer is no JSON or does not fit; the message says what is wrong.
 */
export async function completeJson(
  wire: Wire,
  model: string,
  request: StructuredRequest,
  signal: AbortSignal,
): Promise<JsonValue> {
  const format = { type: 'json_schema', json_schema: { name: request.name, strict: true, schema: request.schema } };
  const body = {
    ...chatBody(model, { messages: request.messages, tools: [] }),
    ...samplingFields(request),
    response_format: format,
  };
  const answer = await askWhole(wire, CHAT, body, signal);
  // The whole answer can stand in the reasoning, also with a schema (reference 3.4, BT#1698).
  const said = answer.text.trim() === '' ? answer.reasoning : answer.text;
  const parsed = parseJson(said);
  if (!parsed.ok) {
    throw serverError(
      'bad-response',
      answer.reason === 'length'
        ? l10n.t('The answer was cut off before its JSON was complete.')
        : l10n.t('The answer is not the JSON that was asked for: {0}', parsed.error),
    );
  }
  const check = compileSchema(request.schema, l10n.t('the answer'))(parsed.value);
  if (check.ok) return parsed.value;
  throw serverError('bad-response', l10n.t('The answer does not fit the schema: {0}', check.problems.join('; ')));
}

export interface TextRequest extends Sampling {
  /** Goes to the model as it is, without a chat template: tokens for filling in the middle are the caller's to write. */
  readonly prompt: string;
}

export async function completeText(
  wire: Wire,
  model: string,
  request: TextRequest,
  signal: AbortSignal,
): Promise<Answer> {
  return askWhole(wire, COMPLETIONS, textBody(model, request), signal, { isRaw: true });
}

/** The same, as it is written; events and promises are those of a `ChatModel`'s stream. */
export function streamText(
  wire: Wire,
  model: string,
  request: TextRequest,
  signal: AbortSignal,
  onPhase?: OnPhase,
): AsyncGenerator<ChatEvent> {
  const body = { ...textBody(model, request), stream: true, stream_options: { include_usage: true } };
  const reader = new ChatStream(wire.address.root, { isRaw: true });
  return streamEvents(wire, COMPLETIONS, body, reader, signal, { onPhase });
}

function textBody(model: string, request: TextRequest): JsonObject {
  return { model, prompt: request.prompt, ...samplingFields(request) };
}

/** An answer in one piece has the shape of a streamed one in one frame. */
async function askWhole(wire: Wire, path: string, body: JsonObject, signal: AbortSignal, options = { isRaw: false }) {
  const { root } = wire.address;
  const reader = new ChatStream(root, options);
  const whole = await askJson(wire, path, body, signal);
  if (!Array.isArray(whole['choices']) || whole['choices'].length === 0)
    throw serverError('bad-response', l10n.t('{0} answered without any choice.', root));
  const answer = answerOf([...reader.readChunk(whole), ...reader.end(true)], reader.model);
  return options.isRaw || answer.reasoning !== '' ? answer : { ...answer, ...splitLoneClosingTag(answer.text) };
}

export interface Embeddings {
  /** One for each text, in their order. */
  readonly vectors: readonly (readonly number[])[];
  readonly model: string | undefined;
  /** Null where the server does not count, which LM Studio says as 0. */
  readonly promptTokens: number | null;
}

const embeddingsShape = z.object({
  model: z.string().optional().catch(undefined),
  data: z.array(z.object({ index: z.number().optional(), embedding: z.array(z.number()).min(1) })),
  usage: z.object({ prompt_tokens: z.number() }).optional().catch(undefined),
});

/**
 * Vectors for one text or for many, in one request; no text at all is no request.
 *
 * @throws ModelValidationError where the server refuses the model, as it does with one that chats (reference 3.5).
 */
export async function embed(
  wire: Wire,
  model: string,
  input: string | readonly string[],
  signal: AbortSignal,
): Promise<Embeddings> {
  const texts = typeof input === 'string' ? [input] : [...input];
  if (texts.length === 0) return { vectors: [], model: undefined, promptTokens: null };
  const body = { model, input: typeof input === 'string' ? input : texts, encoding_format: 'float' };
  const answer = await askJson(wire, EMBEDDINGS, body, signal).catch((error: unknown) => {
    throw error instanceof BridgeError && REFUSALS.has(error.code) ? noEmbeddings(model, error) : error;
  });
  const read = embeddingsShape.safeParse(answer).data;
  const vectors = read?.data.toSorted((a, b) => (a.index ?? 0) - (b.index ?? 0)).map(({ embedding }) => embedding);
  if (vectors?.length !== texts.length)
    throw serverError('bad-response', l10n.t('The server did not answer with {0} embedding(s).', texts.length));
  const promptTokens = read?.usage?.prompt_tokens ?? 0;
  return { vectors, model: read?.model, promptTokens: promptTokens === 0 ? null : promptTokens };
}

/** How the refusal of a chat model reads is not recorded: as an unknown model, or as anything. */
const REFUSALS: ReadonlySet<ErrorCode> = new Set(['bad-response', 'model-not-found']);

function noEmbeddings(model: string, cause: BridgeError): BridgeError {
  return new ModelValidationError(cause.code, l10n.t('"{0}" gave no embeddings. {1}', model, cause.message), {
    hint: l10n.t('Embeddings need a model that is made for them, such as text-embedding-nomic-embed-text-v1.5.'),
    cause,
  });
}
