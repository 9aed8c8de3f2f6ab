import assert from 'node:assert/strict';
import dns from 'node:dns';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { mock } from 'node:test';
import { BridgeError, isBridgeError } from '../../../src/base/errors';
import { createFetch } from '../../../src/base/http';
import { ManualClock } from '../../support/manualClock';
import { systemClock } from '../../../src/base/clock';
import { openedInEachTest } from '../../support/opened';

const fetch = createFetch(systemClock);

describe('HTTP for slow servers', () => {
  const { http, tcp } = openedInEachTest();

  it('sends method, headers and text, and gives status, headers and body', async () => {
    const server = await http((request, response) => {
      response.writeHead(201, { 'x-echo': request.headers['x-sent'], 'content-type': 'text/plain' });
      request.pipe(response);
    });
    const response = await fetch(`${server.root}/a?b=c`, {
      method: 'POST',
      headers: { 'x-sent': 'yes' },
      body: 'Größe',
    });
    assert.deepEqual([response.status, response.headers.get('x-echo'), await response.text()], [201, 'yes', 'Größe']);
    assert.deepEqual([server.requests[0]?.method, server.requests[0]?.url], ['POST', '/a?b=c']);
  });

  it('returns redirects instead of following them', async () => {
    const server = await http((_, response) => response.writeHead(302, { location: '/elsewhere' }).end());
    assert.equal((await fetch(server.root)).status, 302);
    assert.equal(server.requests.length, 1);
  });

  it('takes answers without a body', async () => {
    for (const status of [204, 205, 304]) {
      const server = await http((_, response) => response.writeHead(status).end());
      assert.equal((await fetch(server.root)).status, status);
    }
  });

  it('fails as on a wrong server where the status is none of HTTP', async () => {
    const server = await tcp((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 999 Request denied\r\ncontent-length: 2\r\n\r\nno'));
    });
    await assert.rejects(fetch(server.root), (error) => isBridgeError(error, 'wrong-server'));
  });

  it('waits as long as it takes once the connection stands', async () => {
    const clock = new ManualClock();
    let answer = (): void => undefined;
    const server = await http((_, response) => {
      answer = () => response.end('late');
      clock.advance(24 * 3_600_000);
      answer();
    });
    assert.equal(await (await createFetch(clock)(server.root)).text(), 'late');
    assert.equal(clock.pending, 0);
  });

  it('gives up on a host that does not accept a connection within five seconds', async () => {
    const clock = new ManualClock();
    // A host of which nothing is ever heard: its address is not even found.
    const lookup = mock.method(dns, 'lookup', () => undefined);
    try {
      const asking = createFetch(clock)('http://silent.invalid');
      clock.advance(5_000);
      await assert.rejects(asking, (error) => isBridgeError(error, 'server-unreachable'));
    } finally {
      lookup.mock.restore();
    }
  });

  it('does not give up on one that did accept it while this process stood still', async () => {
    const server = await http((_, response) => response.end('ok'));
    const asking = createFetch(systemClock, 20)(server.root);
    // Not before this does Node begin to connect.
    await new Promise<void>((resolve) => {
      process.nextTick(resolve);
    });
    const end = performance.now() + 60;
    while (performance.now() < end);
    assert.equal(await (await asking).text(), 'ok');
  });

  it('throws the reason of its signal: before it starts, before the answer, and in the middle of the body', async () => {
    const reason = new BridgeError('limit-time', 'Too late.');
    let arrive = (): void => undefined;
    const arrived = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    const server = await http((request, response) => {
      if (request.url === '/body') response.write('begin');
      arrive();
    });
    await assert.rejects(fetch(server.root, { signal: AbortSignal.abort(reason) }), reason);
    assert.equal(server.requests.length, 0);

    const first = new AbortController();
    const waiting = assert.rejects(fetch(server.root, { signal: first.signal }), reason);
    await arrived;
    first.abort(reason);
    await waiting;

    const second = new AbortController();
    const response = await fetch(`${server.root}/body`, { signal: second.signal });
    const reader = response.body?.getReader();
    assert.equal(Buffer.from((await reader?.read())?.value ?? []).toString(), 'begin');
    const gone = once(server.requests[1]?.socket ?? assert.fail(), 'close');
    second.abort(reason);
    await assert.rejects(async () => reader?.read());
    await gone;
  });

  it('ends the connection when the body is cancelled', async () => {
    const server = await http((_, response) => {
      response.write('begin');
    });
    const response = await fetch(server.root);
    const gone = once(server.requests[0]?.socket ?? assert.fail(), 'close');
    await response.body?.cancel();
    await gone;
  });

  it('tries once more where the server closed a kept connection in the same moment, or all of them', async () => {
    for (const count of [1, 3]) {
      const kept = new Set<Socket>();
      const waiting: Socket[] = [];
      let together = count;
      const server = await tcp((socket) => {
        socket.on('data', () => {
          if (kept.has(socket)) socket.resetAndDestroy();
          else waiting.push(socket);
          if (waiting.length < together) return;
          for (const one of waiting.splice(0)) {
            kept.add(one);
            one.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
          }
        });
      });
      const own = createFetch(systemClock);
      const ask = async (): Promise<string> => (await own(server.root)).text();
      assert.deepEqual(await Promise.all(Array.from({ length: count }, ask)), Array(count).fill('ok'));
      await new Promise(setImmediate);
      together = 1;
      assert.equal(await ask(), 'ok');
      assert.equal(kept.size, count + 1);
    }
  });

  describe('between the rounds of a task', () => {
    const round = { method: 'POST', body: '{}', isRound: true };

    it('keeps the connection for the next one, for a second', async () => {
      const server = await http((request, response) => request.on('end', () => response.end('ok')).resume());
      const clock = new ManualClock();
      const own = createFetch(clock);
      for (const body of ['1', '2']) await (await own(server.root, { ...round, body })).text();
      const [first, second] = server.requests.map(({ socket }) => socket);
      assert.equal(second, first);
      const gone = once(first ?? assert.fail(), 'close');
      // The connection is free again a turn after the last byte of the answer.
      await new Promise(setImmediate);
      clock.advance(1_000);
      await gone;
      await (await own(server.root, round)).text();
      assert.notEqual(server.requests[2]?.socket, first);
    });

    it('keeps none for requests that change something', async () => {
      const server = await http((request, response) => request.on('end', () => response.end('ok')).resume());
      const own = createFetch(systemClock);
      for (const isRound of [true, false]) await (await own(server.root, { ...round, isRound })).text();
      assert.notEqual(server.requests[1]?.socket, server.requests[0]?.socket);
    });

    it('sends nothing twice where the kept connection breaks', async () => {
      let requests = 0;
      const server = await tcp((socket) => {
        socket.on('data', () => {
          if (++requests === 2) socket.resetAndDestroy();
          else socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
        });
      });
      const own = createFetch(systemClock);
      assert.equal(await (await own(server.root, round)).text(), 'ok');
      await new Promise(setImmediate);
      await assert.rejects(own(server.root, round), { code: 'ECONNRESET' });
      assert.equal(requests, 2);
      assert.equal(await (await own(server.root, round)).text(), 'ok');
    });
  });

  it('tells once when the server is reached, on a new connection and on a kept one, and never where it is not', async () => {
    const server = await http((_, response) => response.end('ok'));
    const own = createFetch(systemClock);
    for (const turn of [1, 2]) {
      let reached = 0;
      const onConnected = (): void => {
        reached++;
        assert.equal(server.requests.length, turn - 1, 'before it has the request');
      };
      await (await own(server.root, { onConnected })).text();
      assert.equal(reached, 1);
    }
    await server.close();
    const never = (): void => assert.fail();
    await assert.rejects(own(server.root, { method: 'POST', onConnected: never }));
  });
});
