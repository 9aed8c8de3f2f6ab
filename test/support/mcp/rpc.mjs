// The least that an MCP server on standard streams needs. Written without the SDK, so that the fakes can misbehave.
import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

/** Tests learn from this file which processes must be gone in the end. */
export function reportPid(pid = process.pid) {
  if (process.env.PID_FILE) appendFileSync(process.env.PID_FILE, `${pid}\n`);
}

/** Tests learn from this file what the server was told. */
export function note(text) {
  if (process.env.NOTE_FILE) appendFileSync(process.env.NOTE_FILE, `${text}\n`);
}

export const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
export const text = (value) => ({ content: [{ type: 'text', text: value }] });
export const tool = (name, more = {}) => ({
  name,
  description: `Does ${name}.`,
  inputSchema: { type: 'object' },
  ...more,
});

/** `onMessage` sees every message first and returns true for those that it has dealt with. */
export function serve({ tools = [], onCall = () => text('done'), onMessage = () => false } = {}) {
  reportPid();
  const answer = {
    initialize: ({ params }) => ({
      protocolVersion: params.protocolVersion,
      capabilities: { tools: {} },
      serverInfo: { name: 'fake', version: '1' },
    }),
    ping: () => ({}),
    'tools/list': () => ({ tools }),
    'tools/call': ({ params, id }) => onCall(params, id),
  };
  createInterface({ input: process.stdin }).on('line', (line) => {
    const message = JSON.parse(line);
    note(message.method ?? 'answer');
    if (onMessage(message) || message.id === undefined || !message.method) return;
    const result = answer[message.method]?.(message);
    if (result?.error) send({ id: message.id, error: result.error });
    else if (result) send({ id: message.id, result });
  });
}
