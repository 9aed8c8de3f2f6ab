import * as l10n from '@vscode/l10n';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import * as z from 'zod/v4';
import type { ToolOutcome } from '../agent/types';
import { abortReason, deadline, raceAbort, throwIfAborted } from '../base/abort';
import type { Clock } from '../base/clock';
import type { Disposable } from '../base/disposable';
import { Emitter } from '../base/emitter';
import { BridgeError, errorMessage, isBridgeError, ToolExecutionError } from '../base/errors';
import type { JsonObject } from '../base/json';
import { withoutValues } from '../base/redact';
import type { Logger } from '../base/logger';
import { answerServer, capabilitiesOf, keepServerInformed } from './clientFeatures';
import type { ClientHost } from './clientHost';
import { readContent, type ReadContent, toOutcome, toolResultSchema } from './content';
import { Offer, type OfferPart } from './offer';
import { OutputCheck } from './outputCheck';
import { Patience } from './patience';
import { completionSchema, promptResultSchema, type PromptText } from './promptList';
import { openRequiredPages, requiredPages } from './requiredUrls';
import { ServerAsks } from './serverAsks';
import { SDK_TIMEOUT_MS, sendRequest, type ServerRequest } from './serverRequest';
import type { ResolvedServer } from './serverSpec';
import type { ServerOffer } from './serverState';
import { lastWordsOf, serverMessage, startError, startTimeoutError } from './startError';
import { Subscriptions } from './subscriptions';
import type { ServerTool } from './toolList';
import type { ServerTransport } from './transport';

export interface ConnectionOptions {
  readonly host: ClientHost;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly clientVersion: string;
  /** A line that a server wrote to stderr, without its secrets. */
  readonly onOutput?: ((server: string, line: string) => void) | undefined;
  /** From the spawn to the last tool of the list, in milliseconds; default 60 000. */
  readonly startTimeoutMs?: number | undefined;
  /** From a call, or its last sign of progress, to its result, in milliseconds; default 120 000. */
  readonly callTimeoutMs?: number | undefined;
}

const START_TIMEOUT_MS = 60_000;
const CALL_TIMEOUT_MS = 120_000;

/** For the answer to a ping, in milliseconds. */
const PING_MS = 10_000;

export type ConnectionState = 'new' | 'starting' | 'ready' | 'closed';

/** What an argument belongs to that a server can complete. */
export type CompletionOf =
  { readonly kind: 'prompt'; readonly name: string } | { readonly kind: 'template'; readonly uriTemplate: string };

const EMPTY: ServerOffer = {
  ...{ tools: [], resources: [], templates: [], prompts: [] },
  ...{ title: undefined, version: undefined, instructions: undefined },
};

const emptyResult = z.looseObject({});
const resourceResult = z.looseObject({ contents: z.array(z.unknown()) });

/**
 * One MCP server, from its start to its end: new → starting → ready → closed. It is closed by `close`, by a start that
 * fails, and by a server that goes away; there is no way back.
 *
 * What is asked of a ready server throws ToolExecutionError `tool-failed`, `tool-timeout` or `mcp-connection-lost`, or
 * the signal's reason; only `callTool` gives outcomes instead.
 */
export class McpConnection {
  readonly #asks = new ServerAsks();
  readonly #outputs = new OutputCheck();
  readonly #changed = new Emitter<OfferPart>();
  readonly #subscriptions: Subscriptions;
  #state: ConnectionState = 'new';
  /** The time-out of the start, while it runs. */
  #starting: Patience | undefined;
  #client: Client | undefined;
  #offer: Offer | undefined;
  #informing: Disposable | undefined;

  /** A list of the offer was read again, because the server said that it is another one now. */
  readonly onDidChange = this.#changed.event;

  readonly #gone = new Emitter<void>();

  /** Nothing comes from the server any more, whoever ended it. Fires once. */
  readonly onDidClose = this.#gone.event;

  constructor(
    readonly server: ResolvedServer,
    private readonly transport: ServerTransport,
    private readonly options: ConnectionOptions,
  ) {
    transport.onWaiting = (work) => {
      const starting = this.#starting?.hold();
      const calls = this.#asks.answer(new AbortController().signal, () => work).catch(() => undefined);
      void calls.finally(() => starting?.dispose());
    };
    const send = async (method: string, uri: string): Promise<void> => {
      await this.#ask({ method, params: { uri } }, emptyResult, new AbortController().signal);
    };
    this.#subscriptions = new Subscriptions({
      subscribe: (uri) => send('resources/subscribe', uri),
      unsubscribe: (uri) => send('resources/unsubscribe', uri),
    });
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Empty before the connection is ready. */
  get offer(): ServerOffer {
    return this.#offer?.now ?? EMPTY;
  }

  /** In the server's own order; empty before the connection is ready. */
  get tools(): readonly ServerTool[] {
    return this.offer.tools;
  }

  /**
   * Starts the server and asks for what it offers. May be called once.
   *
   * @throws ToolExecutionError `mcp-start-failed`, or the signal's reason; nothing of the server is left then.
   */
  async connect(signal: AbortSignal): Promise<void> {
    if (this.#state !== 'new') throw new BridgeError('internal', 'A connection is opened once.');
    this.#state = 'starting';
    const timeoutMs = this.server.startTimeoutMs ?? this.options.startTimeoutMs ?? START_TIMEOUT_MS;
    const limit = new Patience(timeoutMs, this.options.clock, signal);
    this.#starting = limit;
    try {
      const offer = await raceAbort(this.#initialize(limit.signal), limit.signal);
      if (this.#isClosed()) throw new Error('The connection was closed.');
      this.#offer = offer;
      this.#state = 'ready';
    } catch (error) {
      await this.close();
      if (signal.aborted) throw abortReason(signal);
      if (limit.isOver) throw startTimeoutError(this.server, timeoutMs, this.transport);
      throw await startError(this.server, this.transport, error);
    } finally {
      this.#starting = undefined;
      limit.dispose();
    }
  }

  async #initialize(signal: AbortSignal): Promise<Offer> {
    // While the server starts. Loaded here and not above, so that nobody pays for the SDK before a server is started.
    const { Client } = await import('@modelcontextprotocol/sdk/client/index.js');
    throwIfAborted(signal);
    const { name, secrets } = this.server;
    const { clientVersion, logger, host, clock } = this.options;
    const identity = { name: 'lmstudio-bridge', version: clientVersion };
    const client = new Client(identity, { capabilities: capabilitiesOf(host) });
    const answering = { server: name, secrets, host, asks: this.#asks, logger };
    answerServer(client, answering);
    this.#subscriptions.listen(client);
    client.onclose = () => {
      this.#onClosed();
    };
    client.onerror = (error) => {
      logger.log('debug', `MCP server "${name}": ${errorMessage(error)}`);
    };
    this.#client = client;
    const offer = new Offer({ client, server: name, clock, logger, timeout: SDK_TIMEOUT_MS });
    await client.connect(this.transport, { signal, timeout: SDK_TIMEOUT_MS });
    this.#informing = keepServerInformed(client, answering);
    await offer.read(signal);
    offer.onDidChange((part) => {
      this.#changed.fire(part);
    });
    return offer;
  }

  #onClosed(): void {
    if (this.#state === 'ready') {
      const { ending } = this.transport;
      if (ending !== undefined) {
        this.options.logger.log('warn', l10n.t('MCP server "{0}" {1}.', this.server.name, ending));
      }
    }
    this.#end();
    this.#gone.fire();
    this.#gone.dispose();
  }

  #end(): void {
    this.#state = 'closed';
    this.#informing?.dispose();
    this.#offer?.dispose();
    this.#asks.end();
  }

  /**
   * Runs one tool. Every failure of the tool or the server is an outcome: `tool-failed`, `tool-timeout` (the server is
   * told to stop) or `mcp-connection-lost`. Each sign of progress starts the time-out anew, and while the server waits
   * for an answer of ours no time passes.
   *
   * @throws the signal's reason when it fires; the server is told to stop.
   */
  async callTool(name: string, args: JsonObject, signal: AbortSignal): Promise<ToolOutcome> {
    const tool = this.tools.find((candidate) => candidate.name === name);
    try {
      const params = { name, arguments: args };
      const result = await this.#ask({ method: 'tools/call', params, tool: name }, toolResultSchema, signal);
      return toOutcome(result, this.#outputs.note(tool, result));
    } catch (error) {
      if (signal.aborted) throw abortReason(signal);
      const pages = requiredPages(isBridgeError(error, 'tool-failed') ? error.cause : undefined);
      if (pages) return this.#openPages(pages, signal);
      if (error instanceof BridgeError) return { isError: true, code: error.code, text: error.message };
      throw error;
    }
  }

  async #openPages(pages: NonNullable<ReturnType<typeof requiredPages>>, signal: AbortSignal): Promise<ToolOutcome> {
    const { elicit } = this.options.host;
    try {
      return await this.#asks.answer(signal, (both) => openRequiredPages(this.server.name, pages, elicit, both));
    } catch (error) {
      throwIfAborted(signal);
      return { isError: true, code: 'tool-failed', text: errorMessage(error) };
    }
  }

  /** The contents of a resource, its pictures as data URLs. */
  async readResource(uri: string, signal: AbortSignal): Promise<ReadContent> {
    const { contents } = await this.#ask({ method: 'resources/read', params: { uri } }, resourceResult, signal);
    const content = readContent({ content: contents.map((resource) => ({ type: 'resource', resource })) });
    return { ...content, text: withoutValues(content.text, this.server.secrets) };
  }

  /** Whether the server tells of changes in single resources. */
  get canSubscribe(): boolean {
    return this.#client?.getServerCapabilities()?.resources?.subscribe === true;
  }

  /** `onUpdate` after each change that the server tells of; call the result to hear no more. */
  subscribe(uri: string, onUpdate: () => void): Promise<() => Promise<void>> {
    return this.#subscriptions.add(uri, onUpdate);
  }

  /** A prompt of the server with its gaps filled in. */
  getPrompt(name: string, args: Readonly<Record<string, string>>, signal: AbortSignal): Promise<PromptText> {
    return this.#ask({ method: 'prompts/get', params: { name, arguments: { ...args } } }, promptResultSchema, signal);
  }

  /** What may stand for an argument that begins like `value`, at most 100; `known` are the other arguments. */
  async complete(
    of: CompletionOf,
    argument: { readonly name: string; readonly value: string },
    known: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    if (!this.#client?.getServerCapabilities()?.completions) return [];
    const ref =
      of.kind === 'prompt' ? { type: 'ref/prompt', name: of.name } : { type: 'ref/resource', uri: of.uriTemplate };
    const params = { ref, argument: { ...argument }, context: { arguments: { ...known } } };
    return this.#ask({ method: 'completion/complete', params }, completionSchema, signal);
  }

  /** Whether the server still answers, be it with an error. False after `ms`, ten seconds; the connection stays as it is. */
  async isAlive(signal: AbortSignal, ms = PING_MS): Promise<boolean> {
    const limit = deadline(signal, ms, this.options.clock, () => new BridgeError('tool-timeout', 'No answer.'));
    try {
      await this.#ask({ method: 'ping' }, emptyResult, limit.signal);
      return true;
    } catch (error) {
      throwIfAborted(signal);
      return isBridgeError(error, 'tool-failed');
    } finally {
      limit.dispose();
    }
  }

  async #ask<T>(asked: ServerRequest, schema: z.ZodType<T>, signal: AbortSignal): Promise<T> {
    throwIfAborted(signal);
    const client = this.#client;
    if (!client || this.#state !== 'ready') throw this.lost();
    const { clock, host, callTimeoutMs = CALL_TIMEOUT_MS } = this.options;
    const timeoutMs = this.server.callTimeoutMs ?? callTimeoutMs;
    try {
      const surroundings = { client, server: this.server.name, asks: this.#asks, clock, host, timeoutMs };
      return await sendRequest(asked, schema, surroundings, signal);
    } catch (error) {
      throwIfAborted(signal);
      if (error instanceof BridgeError) throw error;
      // One that cannot be written to is on its way out; its last words are complete when it is gone.
      if (this.transport.ending !== undefined) await this.close();
      if (this.#isClosed()) throw this.lost();
      throw new ToolExecutionError('tool-failed', serverMessage(error), { cause: error });
    }
  }

  /** A method of its own, because the compiler does not see that the state changes while somebody waits. */
  #isClosed(): boolean {
    return this.#state === 'closed';
  }

  /** What there is to say when it is closed. */
  lost(): ToolExecutionError {
    const how = this.transport.ending ?? l10n.t('is not running');
    const text = l10n.t('MCP server "{0}" {1}; its tools are no longer available.', this.server.name, how);
    return new ToolExecutionError('mcp-connection-lost', text + lastWordsOf(this.transport));
  }

  /** Ends the server with everything that it started. Settles when that is done; never rejects. */
  async close(): Promise<void> {
    this.#end();
    await this.transport.close();
  }
}
