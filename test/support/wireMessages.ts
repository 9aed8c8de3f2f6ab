/** Chat requests as they go over the wire. */
import type { ChatRequest } from '../simulator/chatRequest';

export interface WireMessage {
  readonly role: string;
  readonly content: string;
  readonly tool_calls?: readonly { readonly id: string }[];
  readonly tool_call_id?: string;
}

/** The agent asks for a summary of its own work. */
export function isSummaryRequest(request: ChatRequest): boolean {
  return JSON.stringify(request.body['messages']).includes('You keep the record of an agent');
}

/** What is wrong with the pairs of calls and results; undefined: nothing. */
export function brokenBodyPair(messages: readonly WireMessage[]): string | undefined {
  let open: string[] = [];
  for (const message of messages) {
    if (message.role === 'tool') {
      const id = message.tool_call_id ?? '';
      if (!open.includes(id)) return `a result without its call: ${id}`;
      open = open.filter((other) => other !== id);
      continue;
    }
    if (open.length > 0) return `calls without results: ${open.join(', ')}`;
    open = (message.tool_calls ?? []).map(({ id }) => id);
  }
  return open.length > 0 ? `calls without results: ${open.join(', ')}` : undefined;
}
