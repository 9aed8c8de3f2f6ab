/** Small HTTP servers for tests: what arrives is kept, and each test says what is answered. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isJsonObject, type JsonObject, parseJson } from '../../../src/base/json';
import { givenSource, type HttpSpec, type ServerSpec } from '../../../src/mcp/serverSpec';

export interface Seen {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** Of a message of MCP. */
  readonly message: JsonObject | undefined;
  /** The connection of this request was closed before its answer was complete. */
  readonly aborted: Promise<void>;
}

export interface TestServer {
  readonly url: string;
  readonly seen: Seen[];
  close(): Promise<void>;
}

export type Handler = (seen: Seen, response: ServerResponse) => void | Promise<void>;

export async function serve(handler: Handler, host = '127.0.0.1'): Promise<TestServer> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const body = Buffer.concat(chunks).toString('utf8');
      const parsed = parseJson(body);
      const message = parsed.ok && isJsonObject(parsed.value) ? parsed.value : undefined;
      const aborted = new Promise<void>((resolve) => {
        response.once('close', () => {
          if (!response.writableFinished) resolve();
        });
      });
      const { method = '', url = '', headers } = request;
      const one: Seen = { method, path: url, headers, body, message, aborted };
      seen.push(one);
      await handler(one, response);
    })();
  });
  server.listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host}:${port}`,
    seen,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

export function json(
  response: ServerResponse,
  body: unknown,
  status = 200,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

export function eventStream(response: ServerResponse, ...events: readonly string[]): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.flushHeaders();
  for (const event of events) response.write(event);
}

/** One event of a stream. */
export function event(message: unknown, id?: string): string {
  return `${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(message)}\n\n`;
}

const TOOL = { name: 'echo', inputSchema: { type: 'object', properties: { text: { type: 'string' } } } };

/** What a small MCP server answers; undefined where there is nothing to say. Its tool gives back its `text`. */
export function answerTo(message: JsonObject | undefined, tools: readonly object[] = [TOOL]): object | undefined {
  const { id, method, params } = message ?? {};
  if (id === undefined) return undefined;
  const reply = (result: object): object => ({ jsonrpc: '2.0', id, result });
  const given = isJsonObject(params) ? params : {};
  if (method === 'initialize') {
    const serverInfo = { name: 'small', version: '1' };
    return reply({ protocolVersion: given['protocolVersion'], capabilities: { tools: {} }, serverInfo });
  }
  if (method === 'tools/list') return reply({ tools });
  if (method === 'tools/call') {
    const args = isJsonObject(given['arguments']) ? given['arguments'] : {};
    return reply({ content: [{ type: 'text', text: `echo ${typeof args['text'] === 'string' ? args['text'] : ''}` }] });
  }
  return reply({});
}

/** The usual answer over streamable HTTP: JSON, 202 for what needs none, and no stream of the server's own. */
export function speakMcp({ method, message }: Seen, response: ServerResponse, session?: string): void {
  if (method !== 'POST') {
    response.writeHead(method === 'DELETE' ? 200 : 405).end();
    return;
  }
  const answer = answerTo(message);
  if (!answer) response.writeHead(202).end();
  else json(response, answer, 200, session === undefined ? {} : { 'mcp-session-id': session });
}

export function httpSpec(url: string, more: Partial<HttpSpec> = {}): ServerSpec {
  const file = '/project/.mcp.json';
  return {
    name: 'remote',
    transport: { kind: 'http', url, headers: {}, protocol: 'auto', ...more },
    ...{ disabled: false, origin: { file, line: 4, column: 5 }, source: givenSource(file), inputs: [] },
  };
}
