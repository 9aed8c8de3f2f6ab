/**
 * An MCP server that takes its time to be ready, as one does that asks the network first: START_MS after its start it
 * answers. Written without the SDK, so that it hardly needs the processor.
 */
import { createInterface } from 'node:readline';

const startMs = Number(process.env['START_MS'] ?? 0);
const ready = new Promise((resolve) => setTimeout(resolve, startMs - process.uptime() * 1_000));

interface Request {
  readonly id?: number;
  readonly method: string;
  readonly params?: { readonly protocolVersion?: string };
}

const tools = [{ name: 'ping', description: 'Answers.', inputSchema: { type: 'object' } }];
const serverInfo = { name: 'slow', version: '1.0.0' };

createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line) as Request;
  if (id === undefined) return;
  const result =
    method === 'initialize'
      ? { protocolVersion: params?.protocolVersion, capabilities: { tools: {} }, serverInfo }
      : { tools };
  void ready.then(() => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, result })}\n`));
});
