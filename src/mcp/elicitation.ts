/** A server's question to the person: read, asked through the host, and its answer checked. */
import * as z from 'zod/v4';
import { errorMessage } from '../base/errors';
import type { JsonObject } from '../base/json';
import type { ClientHost, ElicitationAnswer, ElicitationRequest } from './clientHost';
import { completeAnswer } from './elicitationAnswers';
import { readForm } from './elicitationFields';
import { RefusedRequest } from './refusedRequest';

export type Elicit = NonNullable<ClientHost['elicit']>;

export const elicitRequestSchema = z.looseObject({
  method: z.literal('elicitation/create'),
  params: z.looseObject({
    mode: z.string().optional(),
    message: z.string(),
    requestedSchema: z.unknown().optional(),
    url: z.string().optional(),
  }),
});

export type ElicitParams = z.infer<typeof elicitRequestSchema>['params'];

/** As the wire has it. */
export interface ElicitResult extends Record<string, unknown> {
  readonly action: ElicitationAnswer['kind'];
  readonly content?: JsonObject;
}

const MAX_MESSAGE = 4000;
const MAX_URL = 2000;

/** @throws RefusedRequest where the server asks for what it must not, or the signal's reason */
export async function elicit(
  server: string,
  params: ElicitParams,
  ask: Elicit,
  signal: AbortSignal,
): Promise<ElicitResult> {
  const request = readRequest(server, params);
  const answer = await ask(request, signal);
  if (answer.kind !== 'accept') return { action: answer.kind };
  if (request.kind === 'url') return { action: 'accept' };
  const { content, problem } = completeAnswer(request.fields, answer.content);
  if (problem !== undefined) throw new RefusedRequest('internal', `The form was not answered as it asks: ${problem}`);
  return { action: 'accept', content };
}

/** @throws RefusedRequest */
export function readRequest(server: string, params: ElicitParams): ElicitationRequest {
  const message = params.message.slice(0, MAX_MESSAGE);
  if (params.mode === 'url') return { kind: 'url', server, message, url: readUrl(params.url ?? '') };
  const form = readForm(params.requestedSchema);
  if (!form.ok) throw new RefusedRequest('params', form.reason);
  return { kind: 'form', server, message, fields: form.fields };
}

/** Only pages of the web, and none that looks like another host than it has. */
function readUrl(text: string): string {
  let url: URL;
  try {
    url = new URL(text);
  } catch (error) {
    throw new RefusedRequest('params', `The address cannot be read: ${errorMessage(error)}.`);
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw new RefusedRequest('params', 'Only pages at https:// or http:// are opened.');
  if (url.username !== '' || url.password !== '')
    throw new RefusedRequest('params', 'The address must not hold a user name or a password.');
  if (url.href.length > MAX_URL)
    throw new RefusedRequest('params', `The address is longer than ${String(MAX_URL)} characters.`);
  return url.href;
}
