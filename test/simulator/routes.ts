/** Which path answers what, per version profile. */
import type { ServerResponse } from 'node:http';
import type { ChatContext } from './chatEndpoint';
import { HttpFailure, modelFailure, unexpectedEndpoint } from './failures';
import type { JsonObject, JsonValue } from './json';
import { loadModel, unloadModel } from './loadEndpoint';
import { findOpenAi, findV0, listOpenAi, listV0, listV1 } from './modelListings';
import type { MoreEndpoints } from './moreEndpoints';
import { MORE_ROUTES } from './moreRoutes';
import { EVERY, LM_STUDIO, PROFILES, SINCE_04, type Profile } from './profiles';

export interface Answer {
  readonly status: number;
  readonly body: JsonValue;
  readonly pretty: boolean;
}

export interface RouteContext extends ChatContext {
  readonly more: MoreEndpoints;
}

/** Answers by itself, because it may stream. */
export type OwnAnswer = (response: ServerResponse, clientGone: AbortSignal) => Promise<void>;

type Handler = (
  context: RouteContext,
  body: JsonValue | undefined,
  id: string,
) => Promise<Answer> | Answer | OwnAnswer | 'chat' | 'chat-v0';

export interface Route {
  readonly method: string;
  /** A path; with `/*` at the end, the rest of it is the id. */
  readonly path: string;
  readonly profiles: readonly Profile[];
  readonly handler: Handler;
}

const ROUTES: readonly Route[] = [
  // §1.2 SRC, REC: exactly these 17 bytes, compact.
  { method: 'GET', path: '/lmstudio-greeting', profiles: LM_STUDIO, handler: () => compact({ lmstudio: true }) },
  { method: 'GET', path: '/api/v1/models', profiles: SINCE_04, handler: ({ host }) => pretty(listV1(host)) },
  {
    method: 'POST',
    path: '/api/v1/models/load',
    profiles: SINCE_04,
    handler: async ({ host, clock }, body) => pretty(await loadModel(host, body, clock)),
  },
  {
    method: 'POST',
    path: '/api/v1/models/unload',
    profiles: SINCE_04,
    handler: async ({ host }, body) => pretty(await unloadModel(host, body)),
  },
  {
    method: 'GET',
    path: '/api/v0/models',
    profiles: LM_STUDIO,
    handler: ({ host, profile }) => pretty(listV0(host, PROFILES[profile])),
  },
  {
    method: 'GET',
    path: '/api/v0/models/*',
    profiles: LM_STUDIO,
    handler: ({ host, profile }, _, id) => one(id, findV0(host, id, PROFILES[profile])),
  },
  { method: 'POST', path: '/api/v0/chat/completions', profiles: LM_STUDIO, handler: () => 'chat-v0' },
  { method: 'GET', path: '/v1/models', profiles: EVERY, handler: ({ host }) => pretty(listOpenAi(host)) },
  { method: 'GET', path: '/v1/models/*', profiles: EVERY, handler: ({ host }, _, id) => one(id, findOpenAi(host, id)) },
  { method: 'POST', path: '/v1/chat/completions', profiles: EVERY, handler: () => 'chat' },
  ...MORE_ROUTES,
];

/** `chat`: the chat endpoint answers itself, because it streams. */
export async function route(
  context: RouteContext,
  method: string,
  path: string,
  body: JsonValue | undefined,
): Promise<Answer | OwnAnswer | 'chat' | 'chat-v0'> {
  for (const candidate of ROUTES) {
    const id = match(candidate, method, path);
    if (id !== undefined && candidate.profiles.includes(context.profile)) return candidate.handler(context, body, id);
  }
  if (context.profile === 'openai-only')
    throw new HttpFailure(404, { error: { message: 'Not Found', type: 'not_found_error' } });
  throw unexpectedEndpoint(method, path);
}

function match(candidate: Route, method: string, path: string): string | undefined {
  if (candidate.method !== method) return undefined;
  if (!candidate.path.endsWith('/*')) return candidate.path === path ? '' : undefined;
  const prefix = candidate.path.slice(0, -1);
  // A model key holds slashes, encoded or not.
  return path.startsWith(prefix) && path.length > prefix.length ? safeDecode(path.slice(prefix.length)) : undefined;
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function pretty(body: JsonObject): Answer {
  return { status: 200, body, pretty: true };
}

function compact(body: JsonObject): Answer {
  return { status: 200, body, pretty: false };
}

// §3.1: an unknown id is 404; its wording is INF.
function one(id: string, model: JsonObject | undefined): Answer {
  if (model === undefined) throw modelFailure(404, `Model "${id}" not found`, 'model_not_found');
  return pretty(model);
}
