/** A server's request to a model: read, asked through the host, and answered as the wire has it. */
import * as z from 'zod/v4';
import type { ClientHost, SamplingRequest } from './clientHost';
import { readContent } from './content';
import { RefusedRequest } from './refusedRequest';

export type Sample = NonNullable<ClientHost['sample']>;

const text = z.string().optional().catch(undefined);

export const samplingRequestSchema = z.looseObject({
  method: z.literal('sampling/createMessage'),
  params: z.looseObject({
    messages: z.array(z.looseObject({ role: z.enum(['user', 'assistant']), content: z.unknown() })),
    systemPrompt: text,
    maxTokens: z.number(),
    temperature: z.number().optional().catch(undefined),
    stopSequences: z.array(z.string()).optional().catch(undefined),
    tools: z.unknown().optional(),
    toolChoice: z.unknown().optional(),
  }),
});

export type SamplingParams = z.infer<typeof samplingRequestSchema>['params'];

/** As the wire has it. */
export interface SamplingResult extends Record<string, unknown> {
  readonly role: 'assistant';
  readonly model: string;
  readonly content: { readonly type: 'text'; readonly text: string };
  readonly stopReason: 'endTurn' | 'maxTokens';
}

const MAX_MESSAGES = 100;
const MAX_CHARS = 200_000;
const MAX_STOPS = 4;

/** @throws RefusedRequest where it cannot be read or was declined, or what the host throws */
export async function sample(
  server: string,
  params: SamplingParams,
  ask: Sample,
  signal: AbortSignal,
): Promise<SamplingResult> {
  const answer = await ask(readSampling(server, params), signal);
  if (answer.kind === 'declined') throw new RefusedRequest('declined', answer.reason);
  const stopReason = answer.isCutOff ? 'maxTokens' : 'endTurn';
  return { role: 'assistant', model: answer.model, content: { type: 'text', text: answer.text }, stopReason };
}

/** @throws RefusedRequest */
export function readSampling(server: string, params: SamplingParams): SamplingRequest {
  if (params.tools !== undefined || params.toolChoice !== undefined)
    throw new RefusedRequest('params', 'This client announced no tools for sampling.');
  if (params.messages.length === 0) throw new RefusedRequest('params', 'There is no message.');
  if (params.messages.length > MAX_MESSAGES)
    throw new RefusedRequest('params', `There are more than ${String(MAX_MESSAGES)} messages.`);
  const messages = params.messages.map(({ role, content }) => ({
    role,
    ...readContent({ content: Array.isArray(content) ? content : [content] }),
  }));
  const chars = messages.reduce((sum, message) => sum + message.text.length, params.systemPrompt?.length ?? 0);
  if (chars > MAX_CHARS)
    throw new RefusedRequest('params', `The messages are longer than ${String(MAX_CHARS)} characters.`);
  return {
    server,
    systemPrompt: params.systemPrompt,
    messages,
    maxTokens: Math.max(1, Math.floor(params.maxTokens)),
    temperature: params.temperature,
    stopSequences: (params.stopSequences ?? []).filter((stop) => stop !== '').slice(0, MAX_STOPS),
  };
}
