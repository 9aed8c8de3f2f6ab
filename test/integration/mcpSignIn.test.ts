import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { type Clock, systemClock } from '../../src/base/clock';
import { BridgeError } from '../../src/base/errors';
import { createFetch } from '../../src/base/http';
import type { SignIn } from '../../src/mcp/clientHost';
import type { ConnectionLease } from '../../src/mcp/connections';
import { systemLookup } from '../../src/mcp/networkReach';
import { OAuth } from '../../src/mcp/oauth';
import type { HttpSpec } from '../../src/mcp/serverSpec';
import { ManualClock } from '../support/manualClock';
import { type FakePerson, fakePerson } from '../support/mcp/fakeBrowser';
import { connectionsIn, eventually } from '../support/mcp/harness';
import { httpSpec } from '../support/mcp/httpServer';
import { type ProtectedOptions, type ProtectedServer, protectedServer } from '../support/mcp/protectedServer';

const never = new AbortController().signal;

describe('signing in to mcp servers', () => {
  let server: ProtectedServer;
  let servers: ProtectedServer[] = [];
  let leases: ConnectionLease[] = [];
  let logged: string[] = [];

  beforeEach(() => {
    servers = [];
    leases = [];
    logged = [];
  });
  afterEach(async () => {
    await Promise.all(leases.map((lease) => lease.release()));
    await Promise.all(servers.map((one) => one.close()));
  });

  async function started(options: ProtectedOptions = {}): Promise<ProtectedServer> {
    server = await protectedServer(options);
    servers.push(server);
    return server;
  }

  interface Door {
    readonly signIn?: SignIn;
    readonly spec?: Partial<HttpSpec>;
    readonly clock?: Clock;
    readonly signal?: AbortSignal;
  }

  async function connect({ signIn, spec, clock = systemClock, signal = never }: Door): Promise<ConnectionLease> {
    const logger = { log: (level: string, message: string) => void logged.push(`${level} ${message}`) };
    const host = { roots: { folders: ['/project'] }, signIn };
    const lease = await connectionsIn([], { host, logger, clock }).lease(httpSpec(server.url, spec), signal);
    leases.push(lease);
    return lease;
  }

  async function failure(door: Door): Promise<BridgeError> {
    const error: unknown = await connect(door).then(
      () => assert.fail('it started'),
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof BridgeError, String(error));
    assert.equal(error.code, 'auth-required', error.message);
    assert.ok(error.message.startsWith('MCP server "remote" (/project/.mcp.json:4): '), error.message);
    assertNoSecret(`${error.stack ?? ''}${error.hint ?? ''}${String(error.cause)}`);
    return error;
  }

  /** Nothing that was given out stands in a text, nor in what was logged. */
  function assertNoSecret(text: string): void {
    for (const secret of servers.flatMap(({ secrets }) => secrets)) {
      assert.ok(!text.includes(secret), `${secret} in ${text}`);
      assert.ok(!logged.join('\n').includes(secret), `${secret} was logged`);
    }
  }

  const echo = (lease: ConnectionLease, text: string) => lease.connection.callTool('echo', { text }, never);
  const paths = (one: ProtectedServer): string[] => one.authorization.seen.map(({ path }) => path.split('?')[0] ?? '');
  const pageOf = (person: FakePerson, index = 0): Record<string, string> => {
    const page = person.pages[index];
    assert.ok(page, 'a page was opened');
    return Object.fromEntries(page.searchParams);
  };

  it('finds the server, registers, asks the person, and works', async () => {
    await started();
    const person = fakePerson();
    const lease = await connect({ signIn: person });
    assert.equal((await echo(lease, 'hi')).text, 'echo hi');
    assert.equal(person.pages.length, 1);
    const { code_challenge_method, resource, scope, response_type } = pageOf(person);
    assert.deepEqual([code_challenge_method, resource, scope, response_type], ['S256', server.url, 'read', 'code']);
    assert.deepEqual(paths(server), ['/.well-known/oauth-authorization-server', '/register', '/authorize', '/token']);
    assert.deepEqual(
      server.authorization.seen.filter(({ headers }) => headers.authorization !== undefined),
      [],
      'the token of the MCP server goes to nobody else',
    );
    assertNoSecret('');
  });

  it('does not ask again: not for another connection, nor in another window', async () => {
    await started();
    const person = fakePerson();
    await connect({ signIn: person });
    await connect({ signIn: person });
    // Another window has its own objects, and the same secret storage.
    await connect({ signIn: { ...person } });
    assert.equal(person.pages.length, 1);
  });

  it('asks once for all that wait at the same time', async () => {
    await started();
    const person = fakePerson();
    const three = await Promise.all([1, 2, 3].map(() => connect({ signIn: person })));
    assert.deepEqual(
      await Promise.all(three.map(async (lease) => (await echo(lease, 'x')).text)),
      Array(3).fill('echo x'),
    );
    assert.equal(person.pages.length, 1);
  });

  it('refreshes without a word, and asks only where that does not do', async () => {
    await started();
    const person = fakePerson();
    const lease = await connect({ signIn: person });
    server.expireAccess();
    assert.equal((await echo(lease, 'a')).text, 'echo a');
    assert.equal(person.pages.length, 1);
    assert.equal(paths(server).filter((path) => path === '/register').length, 1);
    server.revokeAll();
    assert.equal((await echo(lease, 'b')).text, 'echo b');
    assert.equal(person.pages.length, 2);
    assertNoSecret('');
  });

  it('asks for more scopes when a call needs them, and keeps those it has', async () => {
    await started({ callScope: 'write' });
    const person = fakePerson();
    const lease = await connect({ signIn: person });
    assert.equal(person.pages.length, 1);
    assert.equal((await echo(lease, 'a')).text, 'echo a');
    assert.equal(person.pages.length, 2);
    assert.equal(pageOf(person, 1)['scope'], 'read write');
    await echo(lease, 'b');
    assert.equal(person.pages.length, 2);
  });

  it('uses the client of the entry, and gives its secret to its own server alone', async () => {
    await started({ clients: { ours: 'canary-client-secret' } });
    const oauth = { clientId: 'ours', clientSecret: 'canary-client-secret' };
    const person = fakePerson();
    await connect({ signIn: person, spec: { oauth } });
    assert.equal(pageOf(person)['client_id'], 'ours');
    assert.ok(!paths(server).includes('/register'));

    const first = server;
    const thief = await protectedServer({ clients: { ours: 'x' } });
    servers.push(thief);
    // The same server names another authorisation server now.
    const moved = await started({ authorizationServer: thief.authorization.url, clients: {} });
    for (const [key, value] of person.kept) {
      person.kept.set(key.replace(first.mcp.url, moved.mcp.url), value);
    }
    const error = await failure({ signIn: { ...person }, spec: { oauth } });
    assert.match(error.message, /bound to authorization server/);
    assert.ok(!thief.authorization.seen.some(({ body }) => body.includes('canary-client-secret')));
  });

  it('fails with what to do where nobody can be asked, or says no', async () => {
    await started();
    const error = await failure({});
    assert.match(error.message, /somebody has to sign in\.$/);
    assert.match(error.hint ?? '', /in the editor, .*"headers"/);
    const refusing = fakePerson({ refuses: true });
    assert.match((await failure({ signIn: refusing })).message, /You did not agree to sign in/);
    assert.equal(refusing.pages.length, 1, 'a no is not asked again');
    await started({ denies: true });
    assert.match((await failure({ signIn: fakePerson() })).message, /access_denied/);
  });

  it('does not sign in where the entry has a token of its own', async () => {
    await started();
    const person = fakePerson();
    const spec = { headers: { Authorization: 'Bearer wrong' } };
    const error: unknown = await connect({ signIn: person, spec }).catch((reason: unknown) => reason);
    assert.match(String(error), /wants a token \(HTTP 401\)/);
    assert.equal(person.pages.length, 0);
  });

  it('takes no answer of another authorisation server', async () => {
    for (const iss of ['https://evil.example', null]) {
      await started({ iss });
      const error = await failure({ signIn: fakePerson() });
      assert.match(error.message, /from another authorisation server/);
      assert.ok(!paths(server).includes('/token'), 'the code is not redeemed');
    }
  });

  it('takes no metadata of another authorisation server', async () => {
    await started({ issuer: 'https://honest.example' });
    const person = fakePerson();
    assert.match((await failure({ signIn: person })).message, /says that it is another one \(honest\.example\)/);
    assert.equal(person.pages.length, 0);
  });

  it('is not sent further in than the server is', async function () {
    const host = Object.values(networkInterfaces())
      .flat()
      .find((one) => one?.family === 'IPv4' && !one.internal)?.address;
    if (host === undefined) {
      console.log('      (this machine has no address but its own)');
      this.skip();
    }
    const inner = await protectedServer();
    servers.push(inner);
    await started({ host, authorizationServer: inner.authorization.url });
    assert.match(
      (await failure({ signIn: fakePerson() })).message,
      /which is a loopback address, and the server is not/,
    );
    assert.deepEqual(inner.authorization.seen, [], 'it was not even asked');
  });

  it('says nothing of tokens, whoever repeats them', async () => {
    await started();
    const person = fakePerson();
    const lease = await connect({ signIn: person });
    const outcome = await echo(lease, 'what is my token');
    assert.equal(outcome.text, 'echo [redacted]');
    // The authorisation server says everything that it got, in its refusal.
    const kept = [...person.kept.entries()];
    server.revokeAll();
    const refusing = fakePerson({ refuses: true });
    for (const [key, value] of kept) refusing.kept.set(key, value);
    await failure({ signIn: refusing });
    assertNoSecret(outcome.text);

    await started({ refusesCodes: true });
    const error = await failure({ signIn: fakePerson() });
    assert.match(error.message, /the sign-in failed: refused: .*code=\[redacted\]&code_verifier=\[redacted\]/);
  });

  it('asks nobody for a token that is there by now', async () => {
    await started();
    const person = fakePerson();
    const fetch = createFetch(systemClock);
    const url = new URL(server.url);
    const oauth = new OAuth({
      name: 'remote',
      url,
      configured: undefined,
      signIn: person,
      fetch,
      lookup: systemLookup,
    });
    const challenge = { wantsMore: false };
    await oauth.improve(undefined, challenge, () => undefined, never);
    const token = await oauth.token();
    assert.ok(token);
    // The refusal of a request that was sent without a token comes late.
    await oauth.improve(undefined, challenge, () => undefined, never);
    assert.deepEqual([await oauth.token(), person.pages.length], [token, 1]);
  });

  describe('while the person is asked', () => {
    it('no time-out of the start runs', async () => {
      await started();
      const clock = new ManualClock();
      let goOn = (): void => undefined;
      const waiting = new Promise<void>((resolve) => {
        goOn = resolve;
      });
      const person = fakePerson({ before: () => waiting });
      const work = connect({ signIn: person, clock });
      await eventually('the page', () => person.pages[0]);
      clock.advance(10 * 60_000);
      goOn();
      const lease = await work;
      assert.equal(lease.connection.state, 'ready');
    });

    it('a start that is given up ends the asking, when nobody else waits for it', async () => {
      await started();
      const ended: string[] = [];
      const person = fakePerson({
        before: (signal) =>
          new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => {
              ended.push('ended');
              reject(signal.reason as Error);
            });
          }),
      });
      const [one, other] = [new AbortController(), new AbortController()];
      const works = [one, other].map(({ signal }) =>
        connect({ signIn: person, signal }).catch((error: unknown) => error),
      );
      await eventually('the page', () => person.pages[0]);
      await eventually('both at the door', () =>
        server.mcp.seen.filter(({ method }) => method === 'POST').length === 2 ? true : undefined,
      );
      one.abort(new BridgeError('cancelled', 'First.'));
      assert.match(String(await works[0]), /First/);
      assert.deepEqual(ended, []);
      other.abort(new BridgeError('cancelled', 'Second.'));
      assert.match(String(await works[1]), /Second/);
      assert.deepEqual(ended, ['ended']);
      assert.equal(person.pages.length, 1);
    });
  });
});
