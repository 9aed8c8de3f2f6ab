import * as l10n from '@vscode/l10n';
import { deadline } from '../../base/abort';
import type { Clock } from '../../base/clock';
import { isBridgeError } from '../../base/errors';
import { Fallback } from '../../base/fallback';
import { isJsonObject, parseJson } from '../../base/json';
import { classifyAnswer, classifyFailure, errorText, serverError, UNEXPECTED_ENDPOINT } from '../errors';
import type { Fetch } from '../../base/http';
import { isPassingStatus, ServerPolicy } from '../resilience';
import { readRetryAfter } from '../retryAfter';
import { type Listing, LISTINGS } from './listings';
import { unknownOptions } from './loadFailure';
import { type LoadOptions, loadRequest, readLoadConfig } from './loadOptions';
import type { Model } from './model';

/** Every answer but a load's comes at once from a server that is well. */
const ANSWER_TIMEOUT_MS = 10_000;
/** As `lms` does, with room for a busy machine (reference 1.2). */
const GREETING_TIMEOUT_MS = 2_000;

export interface ServerAddress {
  /** From `normalizeServerUrl`: no trailing slash, no `/v1`. */
  readonly root: string;
  /** Sent as a bearer token to `root` only; undefined: no Authorization header at all. */
  readonly token: string | undefined;
}

export interface ModelListing {
  readonly path: Listing['path'];
  readonly models: readonly Model[];
  /** Entries of the list that could not be read and are left out. */
  readonly skipped: number;
}

export interface LoadedModel {
  readonly instanceId: string;
  /** What the server says that it applied, which can differ from what was asked (reference 2.3). */
  readonly applied: LoadOptions;
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly retryAfterMs: number | undefined;
}

/**
 * LM Studio's own REST interface at one address.
 *
 * Every method throws a `BridgeError`: `server-unreachable`, `server-timeout`, `wrong-server`, `auth-required`,
 * `bad-response`, or the signal's reason.
 */
export class ModelServer {
  readonly #fetch: Fetch;
  readonly #clock: Clock;
  readonly #listings = new Fallback<Listing>(LISTINGS, (error) => isBridgeError(error, 'wrong-server'));
  /** What is repeated, and when nobody is asked. */
  readonly policy: ServerPolicy;

  /** @param tools.policy default: one of its own with the default limits */
  constructor(
    readonly address: ServerAddress,
    tools: { readonly fetch: Fetch; readonly clock: Clock; readonly policy?: ServerPolicy },
  ) {
    this.#fetch = tools.fetch;
    this.#clock = tools.clock;
    this.policy = tools.policy ?? new ServerPolicy(tools);
  }

  /** True where LM Studio itself answers; false for anything else that answers (reference 1.2). */
  async greet(signal: AbortSignal): Promise<boolean> {
    const answer = await this.#ask('GET', '/lmstudio-greeting', undefined, GREETING_TIMEOUT_MS, signal);
    const body = parseJson(answer.body);
    // Whether the greeting stands behind authentication is not known (reference 8.1): a 401 in LM Studio's words counts.
    if (answer.status === 401) return /LM Studio/i.test(answer.body);
    return body.ok && isJsonObject(body.value) && body.value['lmstudio'] === true;
  }

  /** All models of the server, from the best list endpoint that it has. */
  async listModels(signal: AbortSignal): Promise<ModelListing> {
    return this.#listings.run((listing) => this.#list(listing, signal));
  }

  /** The ids in the OpenAI-compatible list, whichever better list there is: what a request may name (reference 2.9). */
  async listOpenAiIds(signal: AbortSignal): Promise<readonly string[]> {
    const listing = LISTINGS.find(({ path }) => path === '/v1/models');
    if (!listing) return [];
    const { models } = await this.#list(listing, signal);
    return models.map(({ key }) => key);
  }

  /** @throws LLMConnectionError `wrong-server` where the server has no such list; anything else is its real answer. */
  async #list(listing: Listing, signal: AbortSignal): Promise<ModelListing> {
    const { status, body, retryAfterMs } = await this.#ask('GET', listing.path, undefined, ANSWER_TIMEOUT_MS, signal);
    // A wrong token is wrong for every endpoint, and so is trouble: the older lists must not hide it (reference 1.7).
    if (status === 401 || status === 403 || status === 429 || (status >= 500 && status !== 501))
      throw classifyAnswer(status, body, this.address.root, retryAfterMs);
    const parsed = parseJson(body);
    const list = status === 200 && parsed.ok ? listing.read(parsed.value) : undefined;
    if (list) return { path: listing.path, ...list };
    throw serverError(
      'wrong-server',
      l10n.t('What answers at {0} is not a model server: it has no list of models.', this.address.root),
    );
  }

  /**
   * Loads one more copy of a model: not idempotent, so look at the instances first (reference 2.3).
   * Takes as long as the load takes; there is no progress to be had.
   */
  async load(key: string, options: LoadOptions, signal: AbortSignal): Promise<LoadedModel> {
    const body = await this.#command('/api/v1/models/load', loadRequest(key, options), undefined, signal);
    return {
      instanceId: typeof body['instance_id'] === 'string' ? body['instance_id'] : key,
      applied: readLoadConfig(body['load_config']),
    };
  }

  /** Takes one copy out of memory; a generation that runs on it ends with an error. */
  async unload(instanceId: string, signal: AbortSignal): Promise<void> {
    await this.#command('/api/v1/models/unload', { instance_id: instanceId }, ANSWER_TIMEOUT_MS, signal);
  }

  async #command(path: string, request: unknown, timeoutMs: number | undefined, signal: AbortSignal) {
    const answer = await this.#ask('POST', path, JSON.stringify(request), timeoutMs, signal);
    const body = parseJson(answer.body);
    const said = body.ok ? errorText(body.value) : undefined;
    if (said !== undefined && UNEXPECTED_ENDPOINT.test(said)) {
      throw serverError(
        'wrong-server',
        l10n.t('This LM Studio cannot load or unload models over HTTP: that came with version 0.4.0.'),
      );
    }
    const unknown = body.ok ? unknownOptions(body.value) : undefined;
    if (unknown) throw unknown;
    if (answer.status !== 200 || said !== undefined || !body.ok || !isJsonObject(body.value)) {
      throw classifyAnswer(answer.status, answer.body, this.address.root, answer.retryAfterMs);
    }
    return body.value;
  }

  /** One question, asked again where the policy says so: only what changes nothing, and only a passing trouble. */
  #ask(
    method: 'GET' | 'POST',
    path: string,
    body: string | undefined,
    timeoutMs: number | undefined,
    signal: AbortSignal,
  ) {
    const work = (): Promise<Answer> => this.#send(method, path, body, timeoutMs, signal);
    if (method === 'POST') return this.policy.once(work, signal);
    return this.policy.read(async () => {
      const answer = await work();
      if (!isPassingStatus(answer.status)) return answer;
      throw classifyAnswer(answer.status, answer.body, this.address.root, answer.retryAfterMs);
    }, signal);
  }

  async #send(
    method: string,
    path: string,
    body: string | undefined,
    timeoutMs: number | undefined,
    signal: AbortSignal,
  ): Promise<Answer> {
    const { root, token } = this.address;
    const limit = deadline(signal, timeoutMs, this.#clock, () =>
      serverError(
        'server-timeout',
        l10n.t('{0} accepted the request but did not answer within {1} s.', root, (timeoutMs ?? 0) / 1000),
      ),
    );
    try {
      const response = await this.#fetch(root + path, {
        method,
        signal: limit.signal,
        ...(body === undefined ? {} : { body }),
        headers: {
          accept: 'application/json',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
      });
      const retryAfterMs = readRetryAfter(response.headers);
      return { status: response.status, body: await response.text(), retryAfterMs };
    } catch (error) {
      throw classifyFailure(error, root, limit.signal);
    } finally {
      limit.dispose();
    }
  }
}
