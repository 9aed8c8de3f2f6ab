/** Model servers for tests: small plain HTTP servers, and the pieces of ours that talk to them. */
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Server as TcpServer, type Socket } from 'node:net';
import type { Clock } from '../../src/base/clock';
import { systemClock } from '../../src/base/clock';
import { createFetch } from '../../src/base/http';
import { ServerPolicy } from '../../src/llm/resilience';
import { ModelServer } from '../../src/llm/lmstudio/server';

export interface TestServer {
  readonly root: string;
  readonly requests: readonly IncomingMessage[];
  readonly close: () => Promise<void>;
}

/** An HTTP server on any free port. */
export async function serve(listener: RequestListener): Promise<TestServer> {
  const requests: IncomingMessage[] = [];
  const server: Server = createServer((request, response) => {
    requests.push(request);
    listener(request, response);
  });
  // Only a test closes its connections, however long a busy machine lets them wait.
  server.keepAliveTimeout = 0;
  const root = await listen(server);
  return {
    root,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

/** A server that speaks whatever `onConnection` writes. */
export async function serveTcp(onConnection: (socket: Socket) => void): Promise<Omit<TestServer, 'requests'>> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    onConnection(socket);
  });
  const root = await listen(server);
  return {
    root,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** The address of a port where nothing listens. */
export async function unusedRoot(): Promise<string> {
  const server = await serve(() => undefined);
  await server.close();
  return server.root;
}

function listen(server: Server | TcpServer): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      resolve(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}`);
    });
  });
}

/** A client of a server, with a real fetch. */
export function modelServer(
  root: string,
  token?: string,
  clock: Clock = systemClock,
  policy: ServerPolicy = new ServerPolicy({ clock }),
): ModelServer {
  return new ModelServer({ root, token }, { fetch: createFetch(clock), clock, policy });
}
