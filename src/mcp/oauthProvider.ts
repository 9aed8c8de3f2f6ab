import * as l10n from '@vscode/l10n';
import type { OAuthClientProvider, OAuthDiscoveryState } from '@modelcontextprotocol/sdk/client/auth.js';
import type {
  OAuthClientInformationMixed,
  OAuthClientMetadata,
  OAuthTokens,
} from '@modelcontextprotocol/sdk/shared/auth.js';
import { BridgeError } from '../base/errors';
import type { OAuthMemory } from './oauthMemory';
import type { HttpSpec } from './serverSpec';

/** The name that the authorisation server shows to the person. */
const CLIENT_NAME = 'LM Studio Bridge';

export interface ProviderNeeds {
  readonly memory: OAuthMemory;
  /** A client that was registered beforehand. */
  readonly configured: HttpSpec['oauth'];
  readonly redirectUrl: string;
  readonly state: string | undefined;
  /**
   * A person is there, whose answer is to give new tokens: what is kept is left alone, and a client may be registered.
   * Without one only a refresh can come of it.
   */
  readonly mayAsk: boolean;
}

/** One sign-in, as the SDK's `auth` wants to see it. */
export class OneSignIn implements OAuthClientProvider {
  readonly redirectUrl: string;
  readonly clientMetadata: OAuthClientMetadata;
  /** Where the SDK cannot save a client it does not register one. */
  readonly saveClientInformation?: (client: OAuthClientInformationMixed) => Promise<void>;
  #verifier = '';
  #discovery: OAuthDiscoveryState | undefined;
  #page: URL | undefined;

  constructor(private readonly needs: ProviderNeeds) {
    this.redirectUrl = needs.redirectUrl;
    this.clientMetadata = {
      client_name: CLIENT_NAME,
      redirect_uris: [needs.redirectUrl],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    };
    if (needs.mayAsk && !needs.configured) {
      this.saveClientInformation = (client) =>
        needs.memory.change({ client, redirectUrl: needs.redirectUrl, tokens: undefined });
    }
  }

  /** The page to open; undefined before the SDK has named it. */
  get page(): URL | undefined {
    return this.#page;
  }

  get discovered(): OAuthDiscoveryState | undefined {
    return this.#discovery;
  }

  state(): string {
    return this.needs.state ?? '';
  }

  async clientInformation(): Promise<OAuthClientInformationMixed | undefined> {
    const { configured, memory, redirectUrl, mayAsk } = this.needs;
    const kept = await memory.read();
    if (configured) {
      const client = { client_id: configured.clientId, ...(kept.issuer === undefined ? {} : { issuer: kept.issuer }) };
      return configured.clientSecret === undefined ? client : { ...client, client_secret: configured.clientSecret };
    }
    // A client is registered with its page: for another page there has to be another one.
    return mayAsk && kept.redirectUrl !== redirectUrl ? undefined : kept.client;
  }

  async tokens(): Promise<OAuthTokens | undefined> {
    return this.needs.mayAsk ? undefined : (await this.needs.memory.read()).tokens;
  }

  async saveTokens(tokens: OAuthTokens): Promise<void> {
    const { configured, memory } = this.needs;
    const issuer =
      configured && 'issuer' in tokens && typeof tokens.issuer === 'string' ? { issuer: tokens.issuer } : {};
    await memory.change({ tokens, ...issuer });
  }

  redirectToAuthorization(page: URL): void {
    this.#page = page;
  }

  saveCodeVerifier(verifier: string): void {
    this.needs.memory.addSecret(verifier);
    this.#verifier = verifier;
  }

  codeVerifier(): string {
    return this.#verifier;
  }

  async invalidateCredentials(scope: 'all' | 'client' | 'tokens' | 'verifier' | 'discovery'): Promise<void> {
    if (scope === 'discovery') this.#discovery = undefined;
    if (scope === 'tokens') await this.needs.memory.change({ tokens: undefined });
    if (scope === 'all' || scope === 'client') await this.needs.memory.change({ tokens: undefined, client: undefined });
  }

  discoveryState(): OAuthDiscoveryState | undefined {
    return this.#discovery;
  }

  /**
   * RFC 8414, 3.3: metadata is that of the server that it was asked from, or it is not used. Without this a server could
   * send the person to one authorisation server, and the code and its verifier to another. A server of 2025-03-26, which
   * has no resource metadata, may be an issuer below its own root.
   */
  saveDiscoveryState(found: OAuthDiscoveryState): void {
    const { authorizationServerUrl, authorizationServerMetadata: metadata, resourceMetadata } = found;
    const isSame = resourceMetadata ? isSameIssuer : isSameOrigin;
    if (metadata && !isSame(metadata.issuer, authorizationServerUrl)) {
      throw new BridgeError(
        'auth-required',
        l10n.t(
          'the authorisation server {0} says that it is another one ({1}).',
          hostOf(authorizationServerUrl),
          hostOf(metadata.issuer),
        ),
        { hint: l10n.t('Do not sign in; ask whoever runs the server.') },
      );
    }
    this.#discovery = found;
  }

  /**
   * RFC 9207: an answer that comes from another authorisation server than the one that was asked is not used.
   *
   * @throws BridgeError `auth-required`
   */
  checkIssuer(iss: string | undefined): void {
    const metadata = this.#discovery?.authorizationServerMetadata;
    const promised: unknown = metadata && Reflect.get(metadata, 'authorization_response_iss_parameter_supported');
    const expected = metadata?.issuer ?? this.#discovery?.authorizationServerUrl ?? '';
    if (iss === undefined ? promised !== true : metadata ? iss === expected : isSameIssuer(iss, expected)) return;
    throw new BridgeError(
      'auth-required',
      l10n.t('the answer of the sign-in page is from another authorisation server.'),
      {
        hint: l10n.t('Sign in again; if it happens again, ask whoever runs the server.'),
      },
    );
  }
}

/** But for a slash at the end, which one of them may not have written. */
function isSameIssuer(a: string, b: string): boolean {
  const [one, other] = [a, b].map((text) => (URL.canParse(text) ? new URL(text).href : text).replace(/\/$/, ''));
  return one === other;
}

function isSameOrigin(a: string, b: string): boolean {
  return URL.canParse(a) && URL.canParse(b) && new URL(a).origin === new URL(b).origin;
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : l10n.t('an address that is none');
}
