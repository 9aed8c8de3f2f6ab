/** The routes beside the models and chat completions. */
import { answerNativeChat } from './apiV1Chat';
import type { Profile } from './chatEndpoint';
import { answerCompletions } from './completionsEndpoint';
import { embed } from './embeddingsEndpoint';
import { unexpectedEndpoint } from './failures';
import { answerMessages } from './messagesEndpoint';
import { answerResponses } from './responsesEndpoint';
import type { Answer, Route } from './routes';
import type { JsonObject } from './json';

const EVERY: readonly Profile[] = ['0.3', '0.4', 'openai-only'];
// §0: REST v1 since 0.4.0, /v1/messages since 0.4.1, /v1/responses since 0.3.29 (profile 0.3 is older).
const SINCE_04: readonly Profile[] = ['0.4'];

const pretty = (body: JsonObject): Answer => ({ status: 200, body, pretty: true });

export const MORE_ROUTES: readonly Route[] = [
  {
    method: 'POST',
    path: '/api/v1/chat',
    profiles: SINCE_04,
    handler: (context, body) => (response, clientGone) =>
      answerNativeChat({ ...context, ...context.more }, response, body, clientGone),
  },
  {
    method: 'POST',
    path: '/v1/responses',
    profiles: SINCE_04,
    handler: (context, body) => {
      if (!context.more.responses) throw unexpectedEndpoint('POST', '/v1/responses');
      return (response, clientGone) => answerResponses({ ...context, ...context.more }, response, body, clientGone);
    },
  },
  {
    method: 'POST',
    path: '/v1/completions',
    profiles: EVERY,
    handler: (context, body) => (response, clientGone) => answerCompletions(context, response, body, clientGone),
  },
  {
    method: 'POST',
    path: '/v1/embeddings',
    profiles: EVERY,
    handler: async ({ host }, body) => pretty(await embed(host, body)),
  },
  {
    method: 'POST',
    path: '/v1/messages',
    profiles: SINCE_04,
    handler: (context, body) => (response, clientGone) => answerMessages(context, response, body, clientGone),
  },
  {
    method: 'POST',
    path: '/api/v1/models/download',
    profiles: SINCE_04,
    handler: ({ more }, body) => pretty(more.downloads.start(body)),
  },
  {
    method: 'GET',
    path: '/api/v1/models/download/status/*',
    profiles: SINCE_04,
    handler: ({ more }, _, id) => pretty(more.downloads.status(id)),
  },
];
