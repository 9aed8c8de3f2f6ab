/** Signing in to a server that asks for it: OAuth 2.1 as MCP has it, on the SDK's own flow. */
import * as l10n from '@vscode/l10n';
import { abortReason, raceAbort } from '../base/abort';
import { Emitter } from '../base/emitter';
import { BridgeError, errorMessage, systemErrorCode } from '../base/errors';
import type { Fetch } from '../base/http';
import { redact } from '../base/redact';
import { visibleText } from '../base/visibleText';
import type { SignIn } from './clientHost';
import { assertWithinReach, type Lookup } from './networkReach';
import { OAuthMemory } from './oauthMemory';
import { OneSignIn } from './oauthProvider';
import type { HttpSpec } from './serverSpec';

/** Metadata and tokens are small; more than this is something else. */
const MAX_ANSWER_BYTES = 1024 * 1024;

/** Used only for refreshing, where no page is opened and nothing is registered. */
const NO_PAGE = 'http://127.0.0.1/callback';

export interface OAuthNeeds {
  readonly name: string;
  readonly url: URL;
  readonly configured: HttpSpec['oauth'];
  readonly signIn: SignIn | undefined;
  readonly fetch: Fetch;
  readonly lookup: Lookup;
}

/** What a server says when it does not let a request in. */
export interface Challenge {
  readonly resourceMetadataUrl?: URL | undefined;
  readonly scope?: string | undefined;
  /** The token is good, but not for this (403 `insufficient_scope`). */
  readonly wantsMore: boolean;
}

interface Flight {
  readonly work: Promise<void>;
  readonly ending: AbortController;
  /** A person is waited for, until the promise settles. */
  readonly onAsk: Emitter<Promise<unknown>>;
  asked: Promise<unknown> | undefined;
  waiting: number;
}

/** Where a sign-in is kept. */
export function signInKey(name: string, url: URL): string {
  return `${name} ${url.origin}${url.pathname}`;
}

/** The sign-in to one server, for all its connections: the person is asked once, however many requests wait for it. */
export class OAuth {
  readonly #memory: OAuthMemory;
  #flight: Flight | undefined;

  constructor(private readonly needs: OAuthNeeds) {
    this.#memory = new OAuthMemory(needs.signIn?.store, signInKey(needs.name, needs.url));
    this.#memory.addSecret(needs.configured?.clientSecret);
  }

  /** Values that must not be shown: tokens, verifiers, secrets of clients. */
  get secrets(): readonly string[] {
    return this.#memory.secrets;
  }

  /** A message of the server, in which our own tokens do not come back. */
  hide(text: string): string {
    let result = text;
    for (const secret of this.#memory.secrets) result = result.replaceAll(secret, '[redacted]');
    return result;
  }

  async token(): Promise<string | undefined> {
    // Signed out, or signed in by another window.
    return (await this.#memory.reload()).tokens?.access_token;
  }

  /**
   * Gets a token that is better than `refused`: refreshed where that does, else from a person. `onAsk` is told when a
   * person begins to be waited for; what it gets settles when that is over.
   *
   * @throws BridgeError `auth-required`, or the signal's reason; nobody is asked any more when nobody waits.
   */
  async improve(
    refused: string | undefined,
    challenge: Challenge,
    onAsk: (work: Promise<unknown>) => void,
    signal: AbortSignal,
  ): Promise<void> {
    if ((await this.token()) !== refused) return;
    const flight = (this.#flight ??= this.#begin(challenge));
    flight.waiting++;
    if (flight.asked) onAsk(flight.asked);
    const following = flight.onAsk.event(onAsk);
    try {
      await raceAbort(flight.work, signal);
    } finally {
      following.dispose();
      flight.waiting--;
      if (flight.waiting === 0) flight.ending.abort(new BridgeError('cancelled', 'Nobody waits for the sign-in.'));
    }
  }

  #begin(challenge: Challenge): Flight {
    const ending = new AbortController();
    const onAsk = new Emitter<Promise<unknown>>();
    const ask = <T>(work: Promise<T>): Promise<T> => {
      flight.asked = work.catch(() => undefined);
      onAsk.fire(flight.asked);
      return work;
    };
    const work = this.#run(challenge, ask, ending.signal)
      .catch((error: unknown) => {
        throw this.#failure(error);
      })
      .finally(() => {
        this.#flight = undefined;
      });
    work.catch(() => undefined);
    const flight: Flight = { work, ending, onAsk, asked: undefined, waiting: 0 };
    return flight;
  }

  async #run(challenge: Challenge, ask: <T>(work: Promise<T>) => Promise<T>, signal: AbortSignal): Promise<void> {
    if (!challenge.wantsMore && (await this.#refresh(challenge, signal))) return;
    const { signIn, name, configured, url, lookup } = this.needs;
    if (!signIn) {
      throw new BridgeError('auth-required', l10n.t('somebody has to sign in.'), {
        hint: l10n.t('Start it in the editor, where you can sign in, or give it a token in "headers" of its entry.'),
      });
    }
    const session = await signIn.begin({ name, url });
    try {
      const kept = await this.#memory.read();
      const scope = challenge.wantsMore ? union(kept.scope, challenge.scope) : challenge.scope;
      const { redirectUrl, state } = session;
      const provider = new OneSignIn({ memory: this.#memory, configured, redirectUrl, state, mayAsk: true });
      const options = { ...(await this.#options(challenge, signal)), ...(scope === undefined ? {} : { scope }) };
      const { auth } = await import('@modelcontextprotocol/sdk/client/auth.js');
      await auth(provider, options);
      const { page } = provider;
      if (!page) throw new Error('The SDK named no page.');
      await assertWithinReach(url, page, lookup);
      const { code, iss } = await ask(session.authorize(page, signal));
      this.#memory.addSecret(code);
      provider.checkIssuer(iss);
      await auth(provider, { ...options, authorizationCode: code });
      await this.#memory.change({ scope: page.searchParams.get('scope') ?? undefined });
    } finally {
      session.dispose();
    }
  }

  /** Whether the kept refresh token gave a new one. */
  async #refresh(challenge: Challenge, signal: AbortSignal): Promise<boolean> {
    const { tokens, redirectUrl } = await this.#memory.read();
    if (tokens?.refresh_token === undefined) return false;
    const { auth } = await import('@modelcontextprotocol/sdk/client/auth.js');
    const provider = new OneSignIn({
      memory: this.#memory,
      configured: this.needs.configured,
      redirectUrl: redirectUrl ?? NO_PAGE,
      state: undefined,
      mayAsk: false,
    });
    try {
      return (await auth(provider, await this.#options(challenge, signal))) === 'AUTHORIZED';
    } catch (error) {
      if (signal.aborted) throw abortReason(signal);
      if (error instanceof BridgeError || systemErrorCode(error) !== undefined) throw error;
      // Whatever is wrong with what is kept, a person can put it right.
      return false;
    }
  }

  async #options({ resourceMetadataUrl }: Challenge, signal: AbortSignal) {
    if (resourceMetadataUrl) await assertWithinReach(this.needs.url, resourceMetadataUrl, this.needs.lookup);
    const fetchFn = (input: string | URL, init?: RequestInit): Promise<Response> => this.#ask(input, init, signal);
    const { url } = this.needs;
    return { serverUrl: url, fetchFn, ...(resourceMetadataUrl ? { resourceMetadataUrl } : {}) };
  }

  /** Requests of the flow itself. They carry nothing that belongs to the MCP server. */
  async #ask(input: string | URL, init: RequestInit | undefined, signal: AbortSignal): Promise<Response> {
    const url = new URL(input);
    await assertWithinReach(this.needs.url, url, this.needs.lookup);
    const response = await this.needs.fetch(url, { ...init, signal });
    if (!response.body) return response;
    let bytes = 0;
    const limit = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        bytes += chunk.length;
        if (bytes > MAX_ANSWER_BYTES) controller.error(new Error(`${url.host} sent more than an answer.`));
        else controller.enqueue(chunk);
      },
    });
    const { status, headers } = response;
    return new Response(response.body.pipeThrough(limit), { status, headers });
  }

  /** The SDK quotes whole answers, which may hold anything: its errors are cleaned, and kept no further. */
  #failure(error: unknown): BridgeError {
    if (error instanceof BridgeError) return error;
    const text = redact(visibleText(errorMessage(error)), this.secrets).slice(0, 300);
    return new BridgeError('auth-required', l10n.t('the sign-in failed: {0}', text), {
      hint: l10n.t(
        'Try again; if it stays so, ask whoever runs the server, or give it a token in "headers" of its entry.',
      ),
    });
  }
}

/** Scopes that are asked for in addition, so that what was allowed before stays so. */
function union(before: string | undefined, wanted: string | undefined): string | undefined {
  const scopes = [...(before ?? '').split(' '), ...(wanted ?? '').split(' ')].filter((scope) => scope !== '');
  return scopes.length === 0 ? undefined : [...new Set(scopes)].join(' ');
}

/** The sign-ins of a door, one for each server. */
const signIns = new WeakMap<SignIn, Map<string, OAuth>>();

/** The sign-in to a server that all its connections of this door share. */
export function sharedOAuth(needs: OAuthNeeds): OAuth {
  const { signIn, name, url, configured } = needs;
  if (!signIn) return new OAuth(needs);
  const known = signIns.get(signIn) ?? new Map<string, OAuth>();
  signIns.set(signIn, known);
  const key = JSON.stringify([signInKey(name, url), configured]);
  const oauth = known.get(key) ?? new OAuth(needs);
  known.set(key, oauth);
  return oauth;
}
