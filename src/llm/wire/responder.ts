/** Conversations that the server remembers, over `/v1/responses` (reference 3.6), and that go on where it does not. */
import * as l10n from '@vscode/l10n';
import { randomUUID } from 'node:crypto';
import type { ChatEvent, Message, OnPhase } from '../../agent/types';
import { BridgeError, isBridgeError } from '../../base/errors';
import type { JsonObject } from '../../base/json';
import { answerOf } from './answer';
import { chatBody } from './chatBody';
import { ChatStream } from './chatStream';
import { type ResponseRequest, responsesBody } from './responsesBody';
import { ResponsesStream } from './responsesStream';
import { streamEvents } from './streaming';
import type { Wire } from './transport';

export type ResponseEvent =
  | ChatEvent
  /** Directly before `finish`. `isRemembered`: by the server; else by us alone, and only as long as this responder lives. */
  | { readonly type: 'response'; readonly id: string; readonly isRemembered: boolean };

/** Conversations that can be gone on with, the oldest forgotten first. */
const MAX_HISTORIES = 200;
/** How servers say that an id is not theirs, or not any more: stored responses die with the app (reference 3.6). */
const FORGOTTEN = /previous.?response|response.{0,80}not.?found/i;

/**
 * Asks one server. Where it has no `/v1/responses` (200 "Unexpected endpoint", 404 …), chat completions answer, with the
 * history kept here; where it has forgotten a response that was made here, the whole conversation is sent again.
 *
 * The promises of `respond` are those of a `ChatModel`'s stream.
 */
export class Responder {
  /** By response id: everything up to and with that response. */
  readonly #histories = new Map<string, readonly Message[]>();
  #hasEndpoint = true;

  constructor(private readonly wire: Wire) {}

  /** @throws BridgeError `usage` where the previous response is not known and the server cannot remember any. */
  async *respond(request: ResponseRequest, signal: AbortSignal, onPhase?: OnPhase): AsyncGenerator<ResponseEvent> {
    const { previousResponseId: previous } = request;
    const known = previous === undefined ? [] : this.#histories.get(previous);
    if (this.#canRemember(previous)) {
      let hasSpoken = false;
      try {
        for await (const event of this.#remembered(request, previous, known, signal, onPhase)) {
          hasSpoken = true;
          yield event;
        }
        return;
      } catch (error) {
        // What has been said is not said again.
        if (hasSpoken || signal.aborted || !this.#canGoOn(error, previous)) throw error;
      }
    }
    if (!known) throw unknownResponse(previous ?? '');
    const whole = { ...request, messages: [...known, ...request.messages] };
    if (this.#canRemember(previous)) yield* this.#remembered(whole, undefined, [], signal, onPhase);
    else yield* this.#stateless(whole, signal, onPhase);
  }

  #canRemember(previous: string | undefined): boolean {
    return this.#hasEndpoint && previous?.startsWith(OWN_ID) !== true;
  }

  /** Whether the server only lacks the endpoint, or the memory of the previous response. */
  #canGoOn(error: unknown, previous: string | undefined): boolean {
    if (isBridgeError(error, 'wrong-server')) {
      this.#hasEndpoint = false;
      return true;
    }
    return previous !== undefined && isBridgeError(error) && FORGOTTEN.test(error.message);
  }

  async *#remembered(
    request: ResponseRequest,
    previous: string | undefined,
    known: readonly Message[] | undefined,
    signal: AbortSignal,
    onPhase?: OnPhase,
  ): AsyncGenerator<ResponseEvent> {
    const reader = new ResponsesStream(this.wire.address.root);
    const body = responsesBody(request, previous);
    const events = streamEvents(this.wire, '/v1/responses', body, reader, signal, { onPhase });
    // Without the beginning, the history would be another conversation.
    const history = known && [...known, ...request.messages];
    yield* this.#keeping(events, history, () => ({ id: reader.id ?? newId(), isRemembered: reader.id !== undefined }));
  }

  async *#stateless(request: ResponseRequest, signal: AbortSignal, onPhase?: OnPhase): AsyncGenerator<ResponseEvent> {
    const body: JsonObject = {
      ...chatBody(request.model, request),
      ...(request.maxTokens === undefined ? {} : { max_tokens: request.maxTokens }),
      stream: true,
      stream_options: { include_usage: true },
    };
    const reader = new ChatStream(this.wire.address.root);
    const events = streamEvents(this.wire, '/v1/chat/completions', body, reader, signal, { onPhase });
    yield* this.#keeping(events, request.messages, () => ({ id: newId(), isRemembered: false }));
  }

  /** The same events, with the `response` before `finish`; keeps the conversation under its id. */
  async *#keeping(
    events: AsyncIterable<ChatEvent>,
    history: readonly Message[] | undefined,
    identify: () => { readonly id: string; readonly isRemembered: boolean },
  ): AsyncGenerator<ResponseEvent> {
    const said: ChatEvent[] = [];
    for await (const read of events) {
      const event = read.type === 'tool-call' && read.id === '' ? { ...read, id: `call_${randomUUID()}` } : read;
      said.push(event);
      if (event.type === 'finish') {
        const response = identify();
        if (history) this.#keep(response.id, [...history, assistantMessage(said)]);
        yield { type: 'response', ...response };
      }
      yield event;
    }
  }

  #keep(id: string, history: readonly Message[]): void {
    this.#histories.set(id, history);
    for (const oldest of this.#histories.keys()) {
      if (this.#histories.size <= MAX_HISTORIES) break;
      this.#histories.delete(oldest);
    }
  }
}

const OWN_ID = 'local_';

function newId(): string {
  return OWN_ID + randomUUID();
}

function assistantMessage(said: readonly ChatEvent[]): Message {
  const { text, calls } = answerOf(said, undefined);
  return { role: 'assistant', content: text, toolCalls: calls };
}

function unknownResponse(id: string): BridgeError {
  return new BridgeError(
    'usage',
    l10n.t('The response "{0}" cannot be gone on from: neither the server nor we remember it.', id),
    {
      hint: l10n.t('Begin a new conversation.'),
    },
  );
}
