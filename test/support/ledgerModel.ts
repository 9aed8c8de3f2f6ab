/** A model that appends `line 1` … `line N` to the ledger of test/support/mcp/ledger.mjs, careful as it is told to be. */
import type { ChatRequest } from '../simulator/chatRequest';
import type { Turn } from '../simulator/turn';

/**
 * What the model does next, from nothing but the messages it sees: it looks at the ledger before its first line and
 * whenever the result of an append does not say that the line was appended; a line that it knows of is never appended
 * again.
 */
export function ledgerTurn(request: Pick<ChatRequest, 'messages' | 'tools'>, count: number): Turn {
  if (request.tools.length === 0) return { text: 'The lines are being appended one by one; look at the ledger first.' };
  let known: Set<string> | undefined;
  for (const { role, content } of request.messages) {
    if (role !== 'tool') continue;
    const listed = /^entries: (\[.*\])/.exec(content)?.[1];
    const appended = /^appended (line \d+)/.exec(content)?.[1];
    if (listed !== undefined) known = new Set(JSON.parse(listed) as string[]);
    else if (appended !== undefined) known?.add(appended);
    else known = undefined;
  }
  if (!known) return { text: 'I look first.', toolCalls: [{ match: 'entries' }] };
  const missing = linesOf(count).find((line) => !known.has(line));
  if (missing === undefined) return { text: `All ${String(count)} lines are there.` };
  return {
    text: `Now ${missing}, as it is not there yet.`,
    toolCalls: [{ match: 'append', arguments: { line: missing } }],
  };
}

export function linesOf(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `line ${String(index + 1)}`);
}
