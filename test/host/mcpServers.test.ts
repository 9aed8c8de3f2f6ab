import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { ServerState } from '../../src/mcp/serverState';
import { COMMANDS } from '../../src/vscode/ids';
import type { TestHooks } from '../../src/vscode/testHooks';
import { activated, eventually, questions, workspaceFolder } from './support';

/** A server that says on stderr who it is, and dies when its one tool is called. */
const PROGRAM = `
const { appendFileSync } = require('node:fs');
appendFileSync(process.argv[2], process.pid + '\\n');
process.stderr.write('hello from the server\\n');
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line);
  const send = (result) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result }) + '\\n');
  if (method === 'initialize') {
    const serverInfo = { name: 'alive', version: '1' };
    send({ protocolVersion: params.protocolVersion, capabilities: { tools: {}, logging: {} }, serverInfo });
  }
  if (method === 'logging/setLevel' || method === 'ping') send({});
  if (method === 'tools/list') send({ tools: [{ name: 'die', inputSchema: { type: 'object' } }] });
  if (method === 'notifications/initialized') {
    const note = { method: 'notifications/message', params: { level: 'warning', data: 'a word of warning' } };
    process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...note }) + '\\n');
  }
  if (method === 'tools/call') process.exit(4);
});
`;

describe('the MCP servers of a window', () => {
  let hooks: TestHooks;
  let folder = '';
  let file = '';

  before(async () => {
    hooks = await activated();
    folder = mkdtempSync(join(tmpdir(), 'alive-'));
    writeFileSync(join(folder, 'server.cjs'), PROGRAM);
    mkdirSync(join(workspaceFolder(), '.vscode'), { recursive: true });
    file = join(workspaceFolder(), '.vscode', 'mcp.json');
    await vscode.commands.executeCommand(COMMANDS.forgetConsent);
  });
  beforeEach(() => hooks.dialogs.reset());
  after(async () => {
    await hooks.mcp.stop('alive');
    rmSync(file, { force: true });
    rmSync(folder, { recursive: true, force: true });
    await eventually(() => assert.equal(entry(), undefined));
    await vscode.commands.executeCommand(COMMANDS.forgetConsent);
  });

  function define(...more: string[]): void {
    const alive = { command: 'node', args: [join(folder, 'server.cjs'), join(folder, 'pids'), ...more] };
    writeFileSync(file, JSON.stringify({ servers: { alive } }));
  }
  const entry = () => hooks.mcp.entries.find(({ spec }) => spec.name === 'alive');
  const state = (): ServerState | undefined => entry()?.state;
  const pids = (): string[] => readFileSync(join(folder, 'pids'), 'utf8').trim().split('\n');
  const isIn = (kind: ServerState['kind']) => eventually(() => assert.equal(state()?.kind, kind));

  it('follow their files by themselves', async () => {
    define();
    await isIn('stopped');
    assert.equal(questions(hooks).length, 0, 'nothing is started');
  });

  it('are started after consent, and their log says what they say', async () => {
    hooks.dialogs.answerNext("Don't start");
    await assert.rejects(hooks.mcp.start('alive'), /you did not allow it/);
    hooks.dialogs.answerNext('Start');
    await hooks.mcp.start('alive');
    const now = state();
    assert.ok(now?.kind === 'ready');
    assert.deepEqual(
      now.offer.tools.map(({ name }) => name),
      ['die'],
    );
    await eventually(() => {
      for (const line of ['alive: hello from the server', 'alive: a word of warning'])
        assert.ok(hooks.serverLines.includes(line), hooks.serverLines.join('\n'));
    });
  });

  it('are stopped and started again by hand', async () => {
    await hooks.mcp.stop('alive');
    assert.equal(state()?.kind, 'stopped');
    await hooks.mcp.restart('alive');
    assert.equal(state()?.kind, 'ready');
    assert.equal(pids().length, 2);
    assert.equal(questions(hooks).length, 0, 'consent is remembered');
  });

  it('are started again when they went away', async () => {
    const hub = await hooks.mcp.connections();
    const spec = entry()?.spec;
    assert.ok(spec);
    const lease = await hub.lease(spec, new AbortController().signal);
    const outcome = await lease.connection.callTool('die', {}, new AbortController().signal);
    assert.ok(outcome.isError && outcome.code === 'mcp-connection-lost');
    await eventually(() => assert.equal(pids().length, 3));
    await isIn('ready');
    await lease.release();
  });

  it('are started again with a new definition, and only after consent', async () => {
    const { length } = pids();
    hooks.dialogs.answerNext('Start');
    define('--another');
    await eventually(() => assert.equal(pids().length, length + 1));
    await isIn('ready');
    assert.equal(questions(hooks).length, 1);
  });

  it('end with their entry', async () => {
    writeFileSync(file, JSON.stringify({ servers: {} }));
    await eventually(() => assert.equal(entry(), undefined));
    const last = Number(pids().at(-1));
    await eventually(() => assert.throws(() => process.kill(last, 0)));
  });

  it('are there for whoever has read their files, also where those are read again meanwhile', async () => {
    define();
    const [first, second] = [hooks.mcp.refresh(), hooks.mcp.refresh()];
    await first;
    assert.equal(state()?.kind, 'stopped');
    await second;
  });
});
