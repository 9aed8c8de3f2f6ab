/** What is kept of the sign-in to one server, and the secrets in it. */
import type { OAuthClientInformationMixed, OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js';
import * as z from 'zod/v4';
import { parseJson } from '../base/json';
import type { SignIn } from './clientHost';

/** Loose: the SDK has its own fields in both, and gets back what it gave. */
const keptSchema = z.object({
  tokens: z.looseObject({ access_token: z.string(), token_type: z.string() }).optional(),
  /** A client that we registered; one of the configuration is not kept. */
  client: z.looseObject({ client_id: z.string() }).optional(),
  /** The page that the client was registered with. */
  redirectUrl: z.string().optional(),
  /** The scopes that were asked for last, by spaces. */
  scope: z.string().optional(),
  /** The authorisation server that took the configured client; its secret goes to no other. */
  issuer: z.string().optional(),
});

export interface Kept {
  readonly tokens?: OAuthTokens | undefined;
  readonly client?: OAuthClientInformationMixed | undefined;
  readonly redirectUrl?: string | undefined;
  readonly scope?: string | undefined;
  readonly issuer?: string | undefined;
}

/** Reads once, and writes what changes. Where nobody can sign in, it holds nothing. */
export class OAuthMemory {
  #kept: Promise<Kept> | undefined;
  readonly #secrets = new Set<string>();

  constructor(
    private readonly store: SignIn['store'] | undefined,
    private readonly key: string,
  ) {}

  /** Everything secret that was seen here, also what is replaced by now. */
  get secrets(): readonly string[] {
    return [...this.#secrets];
  }

  read(): Promise<Kept> {
    this.#kept ??= this.#load();
    return this.#kept;
  }

  async change(change: Partial<Kept>): Promise<void> {
    const kept = { ...(await this.read()), ...change };
    this.#remember(kept);
    this.#kept = Promise.resolve(this.store?.set(this.key, JSON.stringify(kept))).then(() => kept);
    await this.#kept;
  }

  /** What somebody else has written, or deleted, meanwhile is what counts. */
  async reload(): Promise<Kept> {
    const before = this.#kept;
    await before;
    if (this.#kept === before) this.#kept = undefined;
    return this.read();
  }

  addSecret(secret: string | undefined): void {
    // Short ones cannot be told from common words.
    if (secret === undefined || secret.length < 8) return;
    this.#secrets.add(secret);
    // As it stands in a form or an address, which a server may repeat.
    this.#secrets.add(new URLSearchParams({ s: secret }).toString().slice(2));
    this.#secrets.add(encodeURIComponent(secret));
  }

  async #load(): Promise<Kept> {
    const parsed = parseJson((await this.store?.get(this.key)) ?? '{}');
    const kept = keptSchema.safeParse(parsed.ok ? parsed.value : {});
    const known = kept.success ? (kept.data as Kept) : {};
    this.#remember(known);
    return known;
  }

  #remember({ tokens, client }: Kept): void {
    this.addSecret(tokens?.access_token);
    this.addSecret(tokens?.refresh_token);
    this.addSecret(tokens?.id_token);
    this.addSecret(client?.client_secret);
  }
}
