/** What tests of requests share: a server, a wire to it, a model behind it. */
import type { ChatEvent, ChatModel, ChatRequest, OnPhase } from '../../src/agent/types';
import { type Clock, systemClock } from '../../src/base/clock';
import { type ErrorCode, isBridgeError } from '../../src/base/errors';
import { createFetch } from '../../src/base/http';
import { type ChatOptions, createChatModel } from '../../src/llm/wire/openaiChat';
import type { Wire } from '../../src/llm/wire/transport';
import assert from 'node:assert/strict';

export const ASK: ChatRequest = { messages: [{ role: 'user', content: 'Hi' }], tools: [] };
export const READ_TOOL = { name: 'read_file', description: 'Reads.', inputSchema: { type: 'object', properties: {} } };

export function wireTo(root: string, clock: Clock = systemClock): Wire {
  return { address: { root, token: undefined }, fetch: createFetch(clock), clock };
}

/** A model that may answer under any name. */
export function chatModel(wire: Wire, model: string, options: Partial<ChatOptions> = {}): ChatModel {
  return createChatModel({ ...wire, model, isExpected: () => true, ...options });
}

export async function eventsOf(stream: AsyncIterable<ChatEvent>): Promise<ChatEvent[]> {
  const events: ChatEvent[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

export function joined(events: readonly ChatEvent[], type: 'text' | 'reasoning'): string {
  return events.map((event) => (event.type === type ? event.text : '')).join('');
}

/** Notes the names of the phases. */
export function phaseLog(): { readonly names: string[]; readonly onPhase: OnPhase } {
  const names: string[] = [];
  return { names, onPhase: ({ phase }) => names.push(phase) };
}

export const failsWith = (code: ErrorCode) => (error: unknown) => {
  assert.ok(isBridgeError(error, code), String(error));
  assert.ok(error.hint, 'every failure says what to do');
  return true;
};
