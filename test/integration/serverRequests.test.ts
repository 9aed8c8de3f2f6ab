import assert from 'node:assert/strict';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isBridgeError } from '../../src/base/errors';
import type { ClientHost, ElicitationAnswer } from '../../src/mcp/clientHost';
import type { McpConnection } from '../../src/mcp/connection';
import { openConnection } from '../../src/mcp/connections';
import { createVariableContext, resolveServer } from '../../src/mcp/variables';
import { ManualClock } from '../support/manualClock';
import { eventually, fakeServer, linesOf, whileTimePasses } from '../support/mcp/harness';

const never = new AbortController().signal;

/** A server that asks back, and what keeps it within bounds. */
describe('mcp servers that ask the client', () => {
  let folder = '';
  let clock: ManualClock;
  let connection: McpConnection;
  let logged: string[] = [];
  let heard: string[] = [];
  let elicit: NonNullable<ClientHost['elicit']>;
  const notes = (): string => join(folder, 'notes');

  beforeEach(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'mcp-asks-')));
    clock = new ManualClock();
    logged = [];
    heard = [];
    elicit = () => Promise.resolve({ kind: 'decline' });
    const spec = fakeServer('asksBack', { NOTE_FILE: notes() });
    const host: ClientHost = {
      roots: { folders: [folder] },
      elicit: (...asked) => elicit(...asked),
      onLog: (server, level, text) => void heard.push(`${server} ${level} ${text}`),
    };
    const logger = { log: (level: string, message: string) => void logged.push(`${level} ${message}`) };
    const server = await resolveServer(spec, createVariableContext([folder], undefined), never);
    const connecting = openConnection(server, { host, clock, logger, clientVersion: '0.0.0' }, never);
    // It never answers that request, which must cost neither its tools nor its resources.
    await eventually('all requests', async () => {
      const seen = await linesOf(notes(), 1);
      return ['tools', 'prompts', 'resources', 'resources/templates'].every((part) => seen.includes(`${part}/list`))
        ? true
        : undefined;
    });
    // What still counts: the start as a whole, that request, and until the server is watched.
    await eventually('all other answers', () => (clock.pending === 3 ? true : undefined));
    clock.advance(10_000);
    connection = await connecting;
  });

  afterEach(async () => {
    await whileTimePasses(clock, connection.close());
    await rm(folder, { recursive: true, force: true });
  });

  it('lets no time pass while the person thinks, and goes on counting afterwards', async () => {
    let answer: (given: ElicitationAnswer) => void = () => undefined;
    elicit = () => new Promise((resolve) => (answer = resolve));
    const calling = connection.callTool('ask', {}, never);
    await linesOf(notes(), 5);
    await eventually('the question', () => (answer.length === 1 ? true : undefined));
    clock.advance(60 * 60_000);
    answer({ kind: 'accept', content: { name: 'Ada' } });
    const outcome = await calling;
    assert.deepEqual(outcome, { isError: false, text: '{"action":"accept","content":{"name":"Ada"}}' });
  });

  it('refuses a form that asks for a secret, with a reason, and asks nobody', async () => {
    elicit = () => assert.fail('nobody is to be asked');
    const { text } = await connection.callTool('ask_secret', {}, never);
    assert.match(text, /The field "apiKey" asks for a secret\./);
    assert.ok(logged.some((line) => /^warn .*asked the person, and was refused: The field "apiKey"/.test(line)));
  });

  it('bounds how much is asked at the same time', async () => {
    const waiting: ((given: ElicitationAnswer) => void)[] = [];
    elicit = () => new Promise((resolve) => waiting.push(resolve));
    const calling = connection.callTool('flood', {}, never);
    const refusals = async () =>
      (await linesOf(notes(), 1)).filter((line) => line.startsWith('refused -32603 More than 8'));
    await eventually('four refusals', async () => ((await refusals()).length === 4 ? true : undefined));
    await eventually('eight questions', () => (waiting.length >= 8 ? true : undefined));
    assert.equal(waiting.length, 8);
    for (const resolve of waiting) resolve({ kind: 'cancel' });
    assert.equal((await calling).isError, false);
  });

  it('asks nobody any longer when the server ends', async () => {
    let ended: unknown;
    elicit = (_, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          ended = signal.reason;
          reject(signal.reason as Error);
        });
        void connection.close();
      });
    // It ends with its input: no time has to pass, in which the call could take too long instead.
    const outcome = await connection.callTool('ask', {}, never);
    assert.ok(outcome.isError);
    assert.equal(outcome.code, 'mcp-connection-lost');
    assert.ok(isBridgeError(ended, 'cancelled'));
  });

  it('reads changed lists again, once each, after a moment of quiet', async () => {
    assert.deepEqual(
      connection.offer.resources.map(({ uri }) => uri),
      ['a:1'],
    );
    assert.ok(
      logged.some((line) => line.includes('defines resource "without an address" in a way that cannot be used')),
    );
    assert.ok(logged.some((line) => line.includes('defines resource "a:1" twice')));
    const changes: string[] = [];
    connection.onDidChange((part) => changes.push(part));
    await connection.callTool('grow', {}, never);
    assert.deepEqual(changes, []);
    await eventually('the quiet', () => (clock.pending === 3 ? true : undefined));
    clock.advance(300);
    await eventually('the requests', async () =>
      (await linesOf(notes(), 1)).filter((line) => line === 'resources/templates/list').length === 2 ? true : undefined,
    );
    // What still counts is the one that is never answered; the others are not to run out of time.
    await eventually('the answers', () => (clock.pending === 1 ? true : undefined));
    clock.advance(10_000);
    await eventually('three changes', () => (changes.length === 3 ? true : undefined));
    assert.deepEqual([...changes].sort(), ['prompts', 'resources', 'tools']);
    const { tools, prompts, resources } = connection.offer;
    assert.equal(tools.at(-1)?.name, 'grown');
    assert.deepEqual(
      prompts.map(({ name }) => name),
      ['first', 'second'],
    );
    assert.deepEqual(
      resources.map(({ uri }) => uri),
      ['a:2'],
    );
    const asked = (await linesOf(notes(), 1)).filter((line) => line === 'tools/list');
    assert.equal(asked.length, 2);
  });

  it('asks for the log where the server has one, and passes on what a call says of its progress', async () => {
    assert.ok((await linesOf(notes(), 6)).includes('logging/setLevel'));
    await connection.callTool('progress', {}, never);
    assert.deepEqual(heard, ['asksBack info progress: half way']);
  });

  it('knows a server that does not answer any more', async () => {
    assert.equal(await connection.isAlive(never), true);
    await connection.callTool('deaf', {}, never);
    const asking = connection.isAlive(never);
    clock.advance(10_000);
    assert.equal(await asking, false);
    assert.equal(connection.state, 'ready');
  });
});
