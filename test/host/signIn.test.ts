import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { RunEnd } from '../../src/tasks/types';
import { COMMANDS, EXTENSION_ID } from '../../src/vscode/ids';
import type { TestHooks } from '../../src/vscode/testHooks';
import { gate } from '../simulator/gate';
import type { Simulator } from '../simulator/server';
import { followUntil } from '../support/mcp/fakeBrowser';
import { type ProtectedServer, protectedServer } from '../support/mcp/protectedServer';
import { activated, connectSimulator, eventually, notices, questions, workspaceFolder } from './support';

describe('signing in to MCP servers', () => {
  let hooks: TestHooks;
  let simulator: Simulator;
  let server: ProtectedServer;
  let configured = '';
  let opened: URL[] = [];
  const file = (): string => join(workspaceFolder(), '.mcp.json');

  before(async () => {
    hooks = await activated();
    simulator = await connectSimulator(hooks);
    configured = readFileSync(file(), 'utf8');
    await vscode.commands.executeCommand(COMMANDS.forgetConsent);
  });

  beforeEach(async () => {
    hooks.dialogs.reset();
    opened = [];
    server = await protectedServer();
    writeFileSync(file(), JSON.stringify({ mcpServers: { calendar: { type: 'http', url: server.url } } }));
    simulator.setScript([{ toolCalls: [{ match: 'echo', arguments: { text: 'hi' } }] }, { text: 'Done.' }]);
  });

  afterEach(async () => {
    if (hooks.presence) hooks.presence.isHere = true;
    hooks.dialogs.browse = () => Promise.resolve(false);
    hooks.dialogs.isBrowserElsewhere = false;
    await server.close();
    assert.equal(hooks.dialogs.unusedAnswers, 0, 'every answer was asked for');
  });

  after(async () => {
    writeFileSync(file(), configured);
    await simulator.close();
  });

  const run = (): Thenable<RunEnd> =>
    vscode.commands.executeCommand<RunEnd>(COMMANDS.runWithServer, { server: 'calendar', task: 'Look' });
  const host = (url: string): string => new URL(url).host;

  /** The page's answer, as the browser brings it. */
  async function answerOf(url: string): Promise<URL> {
    const page = new URL(url);
    opened.push(page);
    return followUntil(page, page.searchParams.get('redirect_uri') ?? '');
  }

  function assertNoSecret(): void {
    const shown = JSON.stringify([hooks.dialogs.seen, hooks.transcriptLines]);
    for (const secret of server.secrets) assert.ok(!shown.includes(secret), secret);
  }

  it('asks with the names of the server and of the page, and takes the answer at a port of this machine', async () => {
    const bodies: string[] = [];
    hooks.dialogs.browse = async (url) => {
      const answer = await answerOf(url);
      const forged = new URL(answer);
      forged.searchParams.set('state', 'guessed');
      assert.equal((await fetch(forged)).status, 400);
      const rebound = await fetch(new URL('/elsewhere', answer));
      assert.equal(rebound.status, 400);
      bodies.push(await (await fetch(answer)).text());
      return true;
    };
    hooks.dialogs.answerNext('Connect', 'Sign In', 'Allow once');
    const end = await run();
    assert.equal(end.status, 'completed', end.text);
    const question = questions(hooks)[1];
    assert.equal(question?.message, 'Sign in to MCP server "calendar"?');
    assert.ok(
      question.detail.includes(
        `The server at ${host(server.url)} wants you to sign in at ${host(server.authorization.url)}.`,
      ),
    );
    assert.match(opened[0]?.searchParams.get('redirect_uri') ?? '', /^http:\/\/127\.0\.0\.1:\d+\/callback$/);
    assert.match(bodies[0] ?? '', /You are signed in\. You can close this page/);
    assertNoSecret();

    hooks.dialogs.answerNext('calendar');
    await vscode.commands.executeCommand(COMMANDS.signOutOfServer);
    assert.match(notices(hooks).at(-1)?.message ?? '', /^You are signed out of MCP server "calendar"\./);
    await vscode.commands.executeCommand(COMMANDS.signOutOfServer);
    assert.equal(notices(hooks).at(-1)?.message, 'You are not signed in to any MCP server.');
  });

  it('takes the answer at an address of the editor where the browser is on another machine', async () => {
    hooks.dialogs.isBrowserElsewhere = true;
    hooks.dialogs.browse = async (url) => {
      const answer = await answerOf(url);
      const uri = (query: string): vscode.Uri =>
        vscode.Uri.from({ scheme: vscode.env.uriScheme, authority: EXTENSION_ID, path: '/mcp-sign-in', query });
      hooks.openUri(uri('code=forged&state=guessed'));
      hooks.openUri(uri(answer.searchParams.toString()));
      return true;
    };
    hooks.dialogs.answerNext('Connect', 'Sign In', 'Allow once');
    const end = await run();
    assert.equal(end.status, 'completed', end.text);
    assert.doesNotMatch(opened[0]?.searchParams.get('redirect_uri') ?? '', /^http:\/\/127\.0\.0\.1:\d+\/callback$/);
    assertNoSecret();
  });

  it('waits for somebody who is not here, and says which task waits', async () => {
    assert.ok(hooks.presence);
    hooks.dialogs.browse = async (url) => (await fetch(await answerOf(url))).ok;
    const consent = gate();
    hooks.dialogs.answerNext(consent.promise.then(() => 'Connect'));
    const running = run();
    await eventually(() => assert.equal(questions(hooks).length, 1));
    hooks.presence.isHere = false;
    consent.open();
    const waits = 'An MCP server waits for you. Sign in to MCP server "calendar"?';
    await eventually(() => assert.equal(notices(hooks)[0]?.message, waits));
    assert.deepEqual([questions(hooks).length, hooks.running()[0]?.isWaiting], [1, true]);
    hooks.presence.isHere = true;
    hooks.dialogs.answerNext('Sign In', 'Allow once');
    await vscode.commands.executeCommand(COMMANDS.answerQuestion);
    assert.equal((await running).status, 'completed');
    assert.equal(opened.length, 1);
  });

  it('opens no page where the person says no', async () => {
    hooks.dialogs.browse = () => assert.fail('a page was opened');
    hooks.dialogs.answerNext('Connect', 'Cancel');
    const end = await run();
    assert.notEqual(end.status, 'completed');
    assert.equal(end.code, 'auth-required');
    assert.match(hooks.transcriptLines.join('\n'), /you did not agree to sign in/);
    // Not the token of LM Studio, which is no help here.
    assert.deepEqual(notices(hooks).at(-1)?.actions, ['Show MCP Servers']);
  });
});
