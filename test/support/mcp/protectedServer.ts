/**
 * An authorisation server (OAuth 2.1 with PKCE, dynamic registration, refresh, RFC 9207 and 9728) and an MCP server that
 * wants its tokens. What they must not accept they refuse, so that a flow that passes is a right one.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { answerTo, type Handler, json, type Seen, serve, speakMcp, type TestServer } from './httpServer';

export interface ProtectedOptions {
  /** What a tool call wants in addition to `read`. */
  readonly callScope?: string;
  /** What the page answers as `iss`; default: itself. Null: nothing. */
  readonly iss?: string | null;
  /** What the metadata says as its issuer; default: itself. */
  readonly issuer?: string;
  /** Clients that are known without registration, with their secrets. Given: nobody else can register. */
  readonly clients?: Readonly<Record<string, string>>;
  /** Where the metadata of the MCP server says that the authorisation server is; default: there. */
  readonly authorizationServer?: string;
  readonly host?: string;
  /** Says no to whoever comes to the page. */
  readonly denies?: boolean;
  /** Takes no code, and repeats what it was sent. */
  readonly refusesCodes?: boolean;
}

export interface ProtectedServer {
  /** Of MCP. */
  readonly url: string;
  readonly mcp: TestServer;
  readonly authorization: TestServer;
  /** Every token, code and secret that was given out. */
  readonly secrets: readonly string[];
  /** From now on nobody has a good access token; refreshing still works. */
  expireAccess(): void;
  /** From now on nothing works that was given out. */
  revokeAll(): void;
  close(): Promise<void>;
}

interface Grant {
  readonly client: string;
  readonly scope: string;
  readonly resource: string | null;
}

interface Code extends Grant {
  readonly challenge: string;
  readonly redirectUri: string;
}

class Authorization {
  readonly secrets: string[] = [];
  readonly clients: Map<string, { secret?: string; redirectUris?: string[] }>;
  readonly codes = new Map<string, Code>();
  readonly access = new Map<string, Grant>();
  readonly refresh = new Map<string, Grant>();
  url = '';

  constructor(private readonly options: ProtectedOptions) {
    this.clients = new Map(Object.entries(options.clients ?? {}).map(([id, secret]) => [id, { secret }]));
  }

  readonly handle: Handler = (seen, response) => {
    const url = new URL(seen.path, this.url);
    if (url.pathname === '/.well-known/oauth-authorization-server') json(response, this.#metadata());
    else if (url.pathname === '/register') this.#register(seen, response);
    else if (url.pathname === '/authorize') this.#authorize(url.searchParams, response);
    else if (url.pathname === '/token') this.#token(seen, response);
    else response.writeHead(404).end();
  };

  #metadata(): object {
    return {
      issuer: this.options.issuer ?? this.url,
      authorization_endpoint: `${this.url}/authorize`,
      token_endpoint: `${this.url}/token`,
      ...(this.options.clients ? {} : { registration_endpoint: `${this.url}/register` }),
      response_types_supported: ['code'],
      grant_types_supported: ['authorization_code', 'refresh_token'],
      code_challenge_methods_supported: ['S256'],
      token_endpoint_auth_methods_supported: ['none', 'client_secret_post'],
      authorization_response_iss_parameter_supported: true,
    };
  }

  #register({ message }: Seen, response: ServerResponse): void {
    const redirectUris = Array.isArray(message?.['redirect_uris']) ? message['redirect_uris'].map(String) : [];
    const id = `client-${randomBytes(6).toString('hex')}`;
    this.clients.set(id, { redirectUris });
    json(response, { ...message, client_id: id }, 201);
  }

  #authorize(query: URLSearchParams, response: ServerResponse): void {
    const given = Object.fromEntries(query);
    const client = this.clients.get(given['client_id'] ?? '');
    const redirectUri = given['redirect_uri'] ?? '';
    if (!client || (client.redirectUris && !client.redirectUris.includes(redirectUri))) {
      response.writeHead(400).end('unknown client');
      return;
    }
    if (given['response_type'] !== 'code' || given['code_challenge_method'] !== 'S256') {
      response.writeHead(400).end('bad request');
      return;
    }
    const code = this.#secret();
    this.codes.set(code, {
      client: given['client_id'] ?? '',
      scope: given['scope'] ?? '',
      resource: given['resource'] ?? null,
      challenge: given['code_challenge'] ?? '',
      redirectUri,
    });
    const back = new URL(redirectUri);
    if (this.options.denies) back.searchParams.set('error', 'access_denied');
    else back.searchParams.set('code', code);
    back.searchParams.set('state', given['state'] ?? '');
    if (this.options.iss !== null) back.searchParams.set('iss', this.options.iss ?? this.url);
    response.writeHead(302, { location: back.href }).end();
  }

  #token({ body }: Seen, response: ServerResponse): void {
    const given = Object.fromEntries(new URLSearchParams(body));
    const refuse = (error: string): void => {
      // As a careless server would: with all that it was sent.
      json(response, { error, error_description: `refused: ${body}` }, 400);
    };
    const client = this.clients.get(given['client_id'] ?? '');
    if (!client || (client.secret !== undefined && client.secret !== given['client_secret'])) {
      refuse('invalid_client');
      return;
    }
    if (this.options.refusesCodes) {
      refuse('invalid_request');
      return;
    }
    const grant =
      given['grant_type'] === 'refresh_token'
        ? this.#take(this.refresh, given['refresh_token'])
        : this.#redeem(given['code'], given['code_verifier'], given['redirect_uri']);
    if (grant?.client !== given['client_id'] || grant?.resource !== (given['resource'] ?? null)) {
      refuse('invalid_grant');
      return;
    }
    const [access, refresh] = [this.#secret(), this.#secret()];
    this.access.set(access, grant);
    this.refresh.set(refresh, grant);
    json(response, { access_token: access, refresh_token: refresh, token_type: 'Bearer', scope: grant.scope });
  }

  #redeem(code = '', verifier = '', redirectUri = ''): Grant | undefined {
    const found = this.#take(this.codes, code);
    const challenge = createHash('sha256').update(verifier).digest('base64url');
    return found?.challenge === challenge && found.redirectUri === redirectUri ? found : undefined;
  }

  #take<T>(map: Map<string, T>, key = ''): T | undefined {
    const found = map.get(key);
    map.delete(key);
    return found;
  }

  #secret(): string {
    const secret = `canary${randomBytes(12).toString('hex')}`;
    this.secrets.push(secret);
    return secret;
  }
}

export async function protectedServer(options: ProtectedOptions = {}): Promise<ProtectedServer> {
  const rules = new Authorization(options);
  const authorization = await serve(rules.handle, options.host);
  rules.url = authorization.url;
  const resource = (): string => `${mcp.url}/mcp`;
  const handle: Handler = (seen, response) => {
    if (seen.path.startsWith('/.well-known/oauth-protected-resource')) {
      const servers = [options.authorizationServer ?? authorization.url];
      json(response, { resource: resource(), authorization_servers: servers, scopes_supported: ['read'] });
      return;
    }
    const token = seen.headers.authorization?.replace('Bearer ', '') ?? '';
    const grant = rules.access.get(token);
    const metadata = `resource_metadata="${mcp.url}/.well-known/oauth-protected-resource/mcp"`;
    if (grant?.resource !== resource()) {
      json(response, { error: `no such token: ${token}` }, 401, {
        'www-authenticate': `Bearer ${metadata}, scope="read"`,
      });
      return;
    }
    const isCall = seen.message?.['method'] === 'tools/call';
    if (isCall && options.callScope !== undefined && !grant.scope.split(' ').includes(options.callScope)) {
      const challenge = `Bearer error="insufficient_scope", scope="${options.callScope}", ${metadata}`;
      json(response, { error: 'insufficient_scope' }, 403, { 'www-authenticate': challenge });
      return;
    }
    if (isCall && seen.body.includes('what is my token')) {
      json(response, answerTo({ ...seen.message, params: { arguments: { text: token } } }));
    } else speakMcp(seen, response);
  };
  const mcp = await serve(handle, options.host);
  return {
    url: `${mcp.url}/mcp`,
    mcp,
    authorization,
    secrets: rules.secrets,
    expireAccess: () => {
      rules.access.clear();
    },
    revokeAll: () => {
      for (const map of [rules.access, rules.refresh, rules.codes, rules.clients]) map.clear();
    },
    close: async () => {
      await Promise.all([mcp.close(), authorization.close()]);
    },
  };
}
