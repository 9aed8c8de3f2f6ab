import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { require as requireTypeScript } from 'tsx/cjs/api';
import { front } from './harness-front.mjs';
import { openWorkbench } from './harness.mjs';

const START = 'LM Studio: Start MCP Server…';
const QUESTION = 'Sign in to MCP server "calendar"?';

/**
 * Another address of this machine than the workbench page's: the web workbench of code-server leads pages of 127.0.0.1
 * and localhost through its own proxy, which is not part of the VS Code server that runs here.
 */
const HOST = '127.0.0.2';

describe('A person signs in to an MCP server', () => {
  /** @type {import('./harness-workbench.mjs').Workbench} */
  let workbench;
  /** @type {import('../support/mcp/protectedServer.ts').ProtectedServer} */
  let server;

  before(async function () {
    if (process.platform !== 'linux') {
      console.log(`    (only Linux has ${HOST} without being told)`);
      this.skip();
    }
    const { protectedServer } = requireTypeScript('../support/mcp/protectedServer.ts', import.meta.url);
    server = await protectedServer({ host: HOST });
    const mcpServers = { calendar: { type: 'http', url: server.url } };
    workbench = await openWorkbench({
      prepare: (folder) => writeFileSync(path.join(folder, '.mcp.json'), JSON.stringify({ mcpServers }, null, 2)),
    });
    await workbench.waitForStatusBar(front.statusBar);
    await workbench.openContainer(front.container);
    await workbench.widenSideBar(120);
    await workbench.collapseView(front.view);
  });

  after(async () => {
    await workbench?.close();
    await server?.close();
  });

  const host = (url) => new URL(url).host;
  const pagesSeen = () => server.authorization.seen.filter((request) => request.path.startsWith('/authorize'));

  it('agrees to the connection, and is asked with the names of the server and of the page', async () => {
    await workbench.runCommand(START, 'calendar');
    const consent = await workbench.waitForDialog('Connect to the MCP server "calendar"?');
    assert.ok(consent.includes(server.url), consent);
    await workbench.screenshot('consent for a connection');
    await workbench.acceptDialog(/^Connect$/);
    const said = await workbench.waitForDialog(QUESTION);
    const places = `The server at ${host(server.url)} wants you to sign in at ${host(server.authorization.url)}.`;
    assert.ok(said.includes(places), said);
    await workbench.screenshot('sign in question');
  });

  it('says no, and no page is opened', async () => {
    await workbench.acceptDialog(/^Cancel$/);
    await workbench.waitForNotification(/calendar.*you did not agree to sign in/);
    await workbench.waitForRow(/calendar.*needs you to sign in/, front.serversView);
    await workbench.screenshot('sign in refused');
    await workbench.runCommand('Notifications: Clear All Notifications');
    assert.deepEqual(pagesSeen(), []);
  });

  it('agrees, signs in on the page in the browser, and has the server', async () => {
    await workbench.runCommand(START, 'calendar');
    await workbench.waitForDialog(QUESTION);
    await workbench.acceptDialog('Sign In');
    const leaving = await workbench.waitForDialog('to open the external website?');
    assert.ok(leaving.includes(server.authorization.url), leaving);
    const opened = workbench.page.waitForEvent('popup');
    await workbench.acceptDialog(/^Open$/);
    const page = await opened;
    // Our page has led on to the editor's own, which hands the answer over.
    await page.locator('body', { hasText: 'You can close this page now.' }).waitFor();
    await page.close();
    await workbench.waitForRow(/calendar.*ready · 1 tool, \d+ tokens/, front.serversView);
    await workbench.waitForNoNotification(/Waiting until you have signed in/);
    await workbench.screenshot('signed in');
    assert.equal(pagesSeen().length, 1);
  });
});
