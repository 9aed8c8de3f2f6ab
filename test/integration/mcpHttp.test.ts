import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Clock, systemClock } from '../../src/base/clock';
import { BridgeError, isBridgeError } from '../../src/base/errors';
import { createFetch } from '../../src/base/http';
import type { ClientHost } from '../../src/mcp/clientHost';
import type { ConnectionLease } from '../../src/mcp/connections';
import { HttpRequests } from '../../src/mcp/httpRequests';
import { systemLookup } from '../../src/mcp/networkReach';
import { OAuth } from '../../src/mcp/oauth';
import type { ServerSpec } from '../../src/mcp/serverSpec';
import {
  answerTo,
  event,
  eventStream,
  type Handler,
  httpSpec,
  json,
  serve,
  speakMcp,
  type TestServer,
} from '../support/mcp/httpServer';
import { ManualClock } from '../support/manualClock';
import { connectionsIn, eventually } from '../support/mcp/harness';

const never = new AbortController().signal;
const EVERYTHING = join(
  ...[__dirname, '..', '..', 'node_modules', '@modelcontextprotocol', 'server-everything', 'dist', 'index.js'],
);
const MEGABYTE = 1024 * 1024;

describe('mcp over http', () => {
  let logged: string[] = [];
  /** What calls said of their progress. */
  let heard: string[] = [];
  let servers: TestServer[] = [];
  let leases: ConnectionLease[] = [];

  beforeEach(() => {
    logged = [];
    heard = [];
    servers = [];
    leases = [];
  });
  afterEach(async () => {
    await Promise.all(leases.map((lease) => lease.release()));
    await Promise.all(servers.map((server) => server.close()));
  });

  async function started(handler: Handler, host?: string): Promise<TestServer> {
    const server = await serve(handler, host);
    servers.push(server);
    return server;
  }

  async function connect(spec: ServerSpec, clock: Clock = systemClock): Promise<ConnectionLease> {
    const logger = { log: (level: string, message: string) => void logged.push(`${level} ${message}`) };
    const host: ClientHost = {
      roots: { folders: ['/project'] },
      onLog: (_server, _level, text) => void heard.push(text),
    };
    const lease = await connectionsIn([], { host, clock, logger }).lease(spec, never);
    leases.push(lease);
    return lease;
  }

  async function failure(spec: ServerSpec, clock?: Clock): Promise<BridgeError> {
    const error: unknown = await connect(spec, clock).then(
      () => assert.fail('it started'),
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof BridgeError, String(error));
    assert.ok(error.message.startsWith('MCP server "remote" (/project/.mcp.json:4) '), error.message);
    assert.ok(error.hint, error.message);
    return error;
  }

  const echo = (lease: ConnectionLease, text: string, signal = never) =>
    lease.connection.callTool('echo', { text }, signal);

  describe('with the real server-everything', () => {
    let child: ChildProcess | undefined;

    afterEach(async () => {
      await Promise.all(leases.map((lease) => lease.release()));
      leases = [];
      if (child?.exitCode === null && child.signalCode === null) {
        const gone = once(child, 'exit');
        child.kill('SIGKILL');
        await gone;
      }
    });

    async function start(transport: 'streamableHttp' | 'sse'): Promise<string> {
      const free = createTcpServer().listen(0, '127.0.0.1');
      await once(free, 'listening');
      const { port } = free.address() as AddressInfo;
      free.close();
      await once(free, 'close');
      const env = { ...process.env, PORT: String(port) };
      const running = spawn(process.execPath, [EVERYTHING, transport], { env, stdio: ['ignore', 'ignore', 'pipe'] });
      child = running;
      for await (const line of createInterface({ input: running.stderr })) if (line.includes(String(port))) break;
      running.stderr.resume();
      return `http://127.0.0.1:${port}`;
    }

    for (const [transport, path, protocol] of [
      ['streamableHttp', '/mcp', 'auto'],
      ['sse', '/sse', 'auto'],
      ['sse', '/sse', 'sse'],
    ] as const) {
      it(`calls tools of ${transport}, asked for as ${protocol}, with progress`, async () => {
        const lease = await connect(httpSpec(`${await start(transport)}${path}`, { protocol }));
        assert.match((await echo2(lease, 'Grüße')).text, /Grüße/);
        const long = await lease.connection.callTool(
          'trigger-long-running-operation',
          { duration: 0.3, steps: 3 },
          never,
        );
        assert.equal(long.isError, false, long.text);
      });
    }
    const echo2 = (lease: ConnectionLease, message: string) => lease.connection.callTool('echo', { message }, never);

    it('sees that a server which kept its stream open has gone', async () => {
      const lease = await connect(httpSpec(`${await start('sse')}/sse`));
      child?.kill('SIGKILL');
      await eventually('the end', () => (lease.connection.state === 'closed' ? true : undefined));
      const outcome = await echo2(lease, 'x');
      assert.equal(outcome.isError && outcome.code, 'mcp-connection-lost');
      assert.match(outcome.text, /closed its stream of events/);
    });
  });

  describe('falls back to SSE', () => {
    /** A server of the old kind, whose POST of a message for streamable HTTP is answered with `status`. */
    async function legacy(status: number, headers: Record<string, string> = {}): Promise<TestServer> {
      return started((seen, response) => {
        if (seen.method === 'GET') {
          eventStream(response, 'event: endpoint\ndata: /messages\n\n');
          stream = response;
        } else if (seen.path === '/messages') {
          response.writeHead(202).end();
          const answer = answerTo(seen.message);
          if (answer) stream?.write(event(answer));
        } else response.writeHead(status, headers).end('no');
      });
    }
    let stream: { write(text: string): unknown } | undefined;

    for (const status of [400, 404, 405]) {
      it(`where the server answers ${status} to a message`, async () => {
        const lease = await connect(httpSpec((await legacy(status)).url));
        assert.equal((await echo(lease, 'hi')).text, 'echo hi');
      });
    }

    it('and never where the answer means something else', async () => {
      for (const [status, code, headers] of [
        [403, 'auth-required', {}],
        [500, 'mcp-start-failed', {}],
        [301, 'mcp-start-failed', { location: 'http://other.invalid/' }],
      ] as const) {
        const server = await legacy(status, headers);
        assert.equal((await failure(httpSpec(server.url))).code, code);
        assert.deepEqual([...new Set(server.seen.map(({ method }) => method))], ['POST'], String(status));
      }
    });

    it('and not where the entry says streamable', async () => {
      const server = await legacy(405);
      assert.match((await failure(httpSpec(server.url, { protocol: 'streamable' }))).message, /takes no messages/);
      assert.deepEqual(
        server.seen.map(({ method }) => method),
        ['POST'],
      );
    });

    it('and tells what was wrong at first where neither way works', async () => {
      const server = await started((_seen, response) => void response.writeHead(404).end());
      assert.match(
        (await failure(httpSpec(`${server.url}/nowhere`))).message,
        /has nothing at \/nowhere \(HTTP 404\)\.$/,
      );
    });
  });

  describe('sends headers and tokens', () => {
    const headers = { Authorization: 'Bearer canary-token-1', 'X-Api-Key': 'canary-key-2' };

    it('with every request to its own origin', async () => {
      const server = await started((seen, response) => {
        speakMcp(seen, response, 'session-1');
      });
      const lease = await connect(httpSpec(server.url, { headers }));
      await echo(lease, 'hi');
      // The client asks for the server's own stream beside everything else.
      await eventually('the stream of the server', () => server.seen.find(({ method }) => method === 'GET'));
      await lease.release();
      assert.deepEqual([...new Set(server.seen.map(({ method }) => method))].sort(), ['DELETE', 'GET', 'POST']);
      for (const { headers: got, method, message } of server.seen) {
        assert.equal(got.authorization, 'Bearer canary-token-1', method);
        assert.equal(got['x-api-key'], 'canary-key-2', method);
        if (message?.['method'] === 'initialize') continue;
        assert.equal(got['mcp-session-id'], 'session-1');
        assert.ok(got['mcp-protocol-version']);
      }
    });

    it('to no other origin, wherever it is sent on to', async () => {
      const thief = await started((seen, response) => {
        speakMcp(seen, response);
      });
      for (const status of [301, 302, 303, 307, 308]) {
        const server = await started((_seen, response) => {
          response.writeHead(status, { location: `${thief.url}/mcp?x=1` }).end();
        });
        const error = await failure(httpSpec(server.url, { headers }));
        assert.ok(error.message.includes(`sends requests on to ${thief.url}, and they are not sent`), error.message);
        const legacyError = await failure(httpSpec(server.url, { headers, protocol: 'sse' }));
        assert.ok(legacyError.message.includes(thief.url), legacyError.message);
      }
      assert.deepEqual(thief.seen, []);
    });

    it('and not to an endpoint of another origin that an SSE server names', async () => {
      const thief = await started((seen, response) => {
        speakMcp(seen, response);
      });
      const server = await started((_seen, response) => {
        eventStream(response, `event: endpoint\ndata: ${thief.url}/messages\n\n`);
      });
      await failure(httpSpec(server.url, { headers, protocol: 'sse' }));
      assert.deepEqual(thief.seen, []);
    });

    it('and not with a request to another origin, whoever makes it', async () => {
      const thief = await started((_seen, response) => void response.writeHead(401).end());
      const url = new URL('http://127.0.0.1:9/mcp');
      const fetch = createFetch(systemClock);
      const named = 'MCP server "remote"';
      const requests = new HttpRequests({
        ...{ headers, fetch, peer: { named, url, clean: (text) => text } },
        oauth: new OAuth({
          name: 'remote',
          url,
          configured: undefined,
          signIn: undefined,
          fetch,
          lookup: systemLookup,
        }),
        ...{ warn: () => undefined, onAsk: () => undefined, onGone: () => undefined },
      });
      assert.equal((await requests.send(thief.url)).status, 401);
      assert.doesNotMatch(JSON.stringify(thief.seen[0]?.headers), /canary/);
    });

    it('after a redirect within the origin', async () => {
      const server = await started((seen, response) => {
        if (seen.path === '/mcp/') speakMcp(seen, response);
        else response.writeHead(307, { location: '/mcp/' }).end();
      });
      assert.equal((await echo(await connect(httpSpec(`${server.url}/mcp`, { headers })), 'a')).text, 'echo a');
      const last = server.seen.at(-1);
      assert.equal(last?.headers.authorization, 'Bearer canary-token-1');
    });

    it('and warns where others could read them on the way', async function () {
      const address = Object.values(networkInterfaces())
        .flat()
        .find((one) => one?.family === 'IPv4' && !one.internal)?.address;
      if (address === undefined) {
        console.log('      (this machine has no address but its own)');
        this.skip();
      }
      const server = await started((seen, response) => {
        speakMcp(seen, response);
      }, address);
      await echo(await connect(httpSpec(server.url, { headers })), 'a');
      const warnings = logged.filter((line) => line.startsWith('warn'));
      assert.equal(warnings.length, 1, logged.join('\n'));
      assert.match(warnings[0] ?? '', /its token goes to .* without encryption/);
      const local = await started((seen, response) => {
        speakMcp(seen, response);
      });
      await connect(httpSpec(local.url, { headers }));
      assert.equal(logged.filter((line) => line.startsWith('warn')).length, 1);
    });
  });

  describe('says what keeps it from starting', () => {
    const answering = (status: number, text = '', headers: Record<string, string> = {}): Promise<TestServer> =>
      started((_seen, response) => void response.writeHead(status, headers).end(text));

    it('nothing listens, no such host, no TLS', async () => {
      const gone = await serve(() => undefined);
      await gone.close();
      assert.match(
        (await failure(httpSpec(gone.url))).message,
        /cannot be reached: nothing listens at 127\.0\.0\.1:\d+\.$/,
      );
      // Where a network has no names at all, it takes long until that is known: no time passes meanwhile.
      assert.match(
        (await failure(httpSpec('http://no-such-host.invalid/'), new ManualClock())).message,
        /there is no host "no-such-host\.invalid"/,
      );
      const plain = await answering(200);
      const error = await failure(httpSpec(plain.url.replace('http:', 'https:')));
      assert.match(error.message, /does not speak TLS/);
      assert.match(error.hint ?? '', /http:\/\//);
    });

    it('401, 403, 404, 429 and 5xx, with the words of the server but without secrets', async () => {
      const headers = { Authorization: 'Bearer canary-token-1' };
      const refused = await failure(httpSpec((await answering(401)).url, { headers }));
      assert.deepEqual([refused.code, refused.message.includes('wants a token (HTTP 401)')], ['auth-required', true]);
      const forbidden = await failure(httpSpec((await answering(403, 'not you, canary-token-1')).url, { headers }));
      assert.equal(forbidden.code, 'auth-required');
      assert.match(forbidden.message, /does not let you in \(HTTP 403\): not you, \[redacted\]\.$/);
      assert.match((await failure(httpSpec((await answering(429)).url))).message, /too many requests/);
      const broken = await failure(httpSpec((await answering(502, 'bad \u001b[31mgateway')).url));
      assert.match(broken.message, /answers with HTTP 502: bad gateway\.$/);
      assert.doesNotMatch(logged.join('\n'), /canary/);
    });

    it('a web page, and what is no MCP', async () => {
      const html = { 'content-type': 'text/html; charset=utf-8' };
      const page = await failure(httpSpec((await answering(200, '<!doctype html>hello', html)).url));
      assert.match(page.message, /answers with a web page, not with MCP\.$/);
      assert.match(
        (await failure(httpSpec((await answering(404, '<html>', html)).url))).message,
        /a web page \(HTTP 404\)/,
      );
      const text = await failure(httpSpec((await answering(200, 'hello', { 'content-type': 'text/plain' })).url));
      assert.match(text.message, /something that is not MCP/);
      const odd = await failure(
        httpSpec((await answering(200, '{"a":1}', { 'content-type': 'application/json' })).url),
      );
      assert.match(odd.message, /something that is not MCP/);
    });

    it('an address that is none', async () => {
      const error = await failure(httpSpec('file:///etc/passwd'));
      assert.ok(isBridgeError(error, 'mcp-config'));
    });
  });

  describe('keeps what a server sends in bounds', () => {
    for (const kind of ['json', 'events'] as const) {
      it(`refuses a result of 50 MB as ${kind}, and goes on`, async () => {
        const server = await started((seen, response) => {
          if (seen.message?.['method'] !== 'tools/call' || !seen.body.includes('big')) {
            speakMcp(seen, response);
            return;
          }
          const { id } = seen.message;
          const head = `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"content":[{"type":"text","text":"`;
          response.writeHead(200, { 'content-type': kind === 'json' ? 'application/json' : 'text/event-stream' });
          response.on('error', () => undefined);
          if (kind === 'events') response.write('data: ');
          response.write(head);
          for (let sent = 0; sent < 50; sent++) response.write('x'.repeat(MEGABYTE));
          response.end(`"}]}}${kind === 'events' ? '\n\n' : ''}`);
        });
        const lease = await connect(httpSpec(server.url));
        const outcome = await echo(lease, 'big');
        assert.equal(outcome.isError, true);
        assert.match(outcome.text, /^The answer is too large: \d+ bytes, and 16777216 are the most that is taken\.$/);
        assert.equal((await echo(lease, 'small')).text, 'echo small');
      });
    }
  });

  it('takes a cancelled call to the request itself, and does not ask for the rest of it', async () => {
    const server = await started((seen, response) => {
      const { method, params } = seen.message ?? {};
      if (method !== 'tools/call') speakMcp(seen, response);
      else {
        const { progressToken } = (params as { _meta: { progressToken: number } })._meta;
        const begun = { progressToken, progress: 1, message: 'begun' };
        const told = { jsonrpc: '2.0', method: 'notifications/progress', params: begun };
        eventStream(response, 'id: 1\nretry: 1\ndata:\n\n', event(told));
      }
    });
    const lease = await connect(httpSpec(server.url));
    await eventually('the stream of the server', () => server.seen.find(({ method }) => method === 'GET'));
    const controller = new AbortController();
    const call = echo(lease, 'slow', controller.signal);
    await eventually('the beginning of the answer', () => heard[0]);
    controller.abort(new BridgeError('cancelled', 'Enough.'));
    await assert.rejects(call, /Enough/);
    await server.seen.find(({ message }) => message?.['method'] === 'tools/call')?.aborted;
    // On a connection of its own: it may come before the end of the other one, or after it.
    await eventually('what the server is told', () =>
      server.seen.find(({ message }) => message?.['method'] === 'notifications/cancelled'),
    );
    // Long after the millisecond in which the SDK would have asked.
    for (let pings = 0; pings < 20; pings++) assert.ok(await lease.connection.isAlive(never));
    assert.deepEqual(
      server.seen.filter(({ headers }) => headers['last-event-id'] !== undefined),
      [],
    );
  });

  it('takes a cancelled call to a request that has no answer at all yet', async () => {
    const server = await started((seen, response) => {
      if (seen.message?.['method'] !== 'tools/call') speakMcp(seen, response);
    });
    const lease = await connect(httpSpec(server.url));
    const controller = new AbortController();
    const call = echo(lease, 'slow', controller.signal);
    const request = await eventually('the call', () =>
      server.seen.find(({ message }) => message?.['method'] === 'tools/call'),
    );
    controller.abort(new BridgeError('cancelled', 'Enough.'));
    await assert.rejects(call, /Enough/);
    await request.aborted;
  });

  it('takes up a stream that broke off where it was, when the server says', async () => {
    let id: unknown;
    const server = await started((seen, response) => {
      if (seen.message?.['method'] === 'tools/call') {
        id = seen.message['id'];
        eventStream(response, 'id: event-7\nretry: 1\ndata:\n\n');
        response.end();
      } else if (seen.headers['last-event-id'] === 'event-7') {
        eventStream(response, event({ jsonrpc: '2.0', id, result: { content: [{ type: 'text', text: 'resumed' }] } }));
        response.end();
      } else speakMcp(seen, response);
    });
    assert.equal((await echo(await connect(httpSpec(server.url)), 'a')).text, 'resumed');
  });

  it('does not ask for the rest of a stream whose answer was an error', async () => {
    const server = await started((seen, response) => {
      if (seen.message?.['method'] !== 'tools/call') speakMcp(seen, response);
      else {
        const { id } = seen.message;
        const answer = { jsonrpc: '2.0', id, error: { code: -32000, message: 'broken' } };
        eventStream(response, 'id: 1\nretry: 1\ndata:\n\n', event(answer, '2'));
        response.end();
      }
    });
    const lease = await connect(httpSpec(server.url));
    assert.equal((await echo(lease, 'a')).text, 'broken');
    // Long after the millisecond in which the SDK would have asked.
    for (let calls = 0; calls < 20; calls++) await echo(lease, 'b');
    assert.deepEqual(
      server.seen.filter(({ headers }) => headers['last-event-id'] !== undefined),
      [],
    );
  });

  it('is lost with its session, and where nobody listens any more', async () => {
    let isForgotten = false;
    const server = await started((seen, response) => {
      if (isForgotten) json(response, {}, 404);
      else speakMcp(seen, response, 'session-1');
    });
    const lease = await connect(httpSpec(server.url));
    isForgotten = true;
    const outcome = await echo(lease, 'a');
    assert.equal(outcome.isError && outcome.code, 'mcp-connection-lost');
    assert.match(outcome.text, /has ended the session/);

    isForgotten = false;
    const second = await connect(httpSpec(server.url));
    await server.close();
    servers = [];
    const gone = await echo(second, 'a');
    assert.equal(gone.isError && gone.code, 'mcp-connection-lost');
    assert.match(gone.text, /cannot be reached any more/);
  });

  it('ends its session when it is let go, and does not wait for a server that does not answer that', async () => {
    const server = await started((seen, response) => {
      if (seen.method !== 'DELETE') speakMcp(seen, response, 'session-1');
    });
    const clock = new ManualClock();
    const lease = await connect(httpSpec(server.url), clock);
    const releasing = lease.release();
    await eventually('the goodbye', () => server.seen.find(({ method }) => method === 'DELETE'));
    clock.advance(1_000);
    await releasing;
  });
});
