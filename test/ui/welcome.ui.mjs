import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import path from 'node:path';
import { front } from './harness-front.mjs';
import { openWorkbench } from './harness.mjs';

/** What a model server may be when a person begins: each kind of answer to every request. */
const ANSWERS = {
  auth: {
    status: 401,
    body: { error: { code: 'invalid_api_key', message: 'Malformed LM Studio API token provided' } },
  },
  other: { status: 200, body: 'Welcome to nginx!' },
  empty: { status: 200, body: { models: [] } },
};

describe('A person begins with nothing', () => {
  /** @type {import('./harness-workbench.mjs').Workbench} */
  let workbench;
  /** @type {import('node:http').Server} */
  let server;
  /** @type {keyof typeof ANSWERS} */
  let answer = 'auth';
  let port = 0;

  const answerWith = async (/** @type {keyof typeof ANSWERS} */ kind) => {
    answer = kind;
    await workbench.runCommand('LM Studio: Refresh Models');
  };

  before(async () => {
    server = createServer((_request, response) => {
      const { status, body } = ANSWERS[answer];
      response.statusCode = status;
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    ({ port } = server.address());
    // Nobody listens there yet, as far as the extension knows.
    server.close();
    await once(server, 'close');
    workbench = await openWorkbench({
      settings: { 'lmstudioBridge.server.url': `http://127.0.0.1:${port}` },
      prepare: (folder) => rmSync(path.join(folder, '.mcp.json')),
    });
    await workbench.waitForStatusBar(front.statusBar);
    await workbench.openContainer(front.container);
    await workbench.widenSideBar(160);
  });

  after(async () => {
    await workbench?.close();
    server.closeAllConnections();
    server.close();
  });

  it('is told how to start the server', async () => {
    await workbench.welcomeText('LM Studio does not answer at the address in the settings.');
    await workbench.screenshot('welcome offline');
  });

  it('is offered to start it as soon as LM Studio is installed, and no longer than that', async () => {
    const programs = path.join(workbench.profile.home, '.lmstudio', 'bin');
    mkdirSync(programs, { recursive: true });
    writeFileSync(path.join(programs, 'lms'), '#!/bin/sh\n', { mode: 0o755 });
    await workbench.runCommand('LM Studio: Refresh Models');
    await workbench.welcomeText('LM Studio is installed on this computer, but its server is stopped.');
    rmSync(programs, { recursive: true });
    await workbench.runCommand('LM Studio: Refresh Models');
    await workbench.welcomeText('LM Studio does not answer at the address in the settings.');
  });

  it('is told what a task is, where none has been run', async () => {
    await workbench.welcomeText('No task has been run in this workspace yet.');
    await workbench.screenshot('welcome no tasks');
  });

  it('is told that no MCP server is there yet, and that a broken file is broken', async () => {
    await workbench.welcomeText('No MCP server is configured. Servers give models their tools');
    writeFileSync(path.join(workbench.folder, '.mcp.json'), '{ "mcpServers": { "clock": { "args": [] } } }');
    await workbench.runCommand('LM Studio: Refresh MCP Servers');
    await workbench.welcomeText('No MCP server can be used: the files that name them have errors.');
    await workbench.screenshot('welcome broken file');
  });

  it('is asked for a token where the server wants one', async () => {
    await once(server.listen(port, '127.0.0.1'), 'listening');
    await answerWith('auth');
    await workbench.welcomeText('LM Studio wants an API token.');
    await workbench.screenshot('welcome token');
  });

  it('is told where it is no model server that answers', async () => {
    await answerWith('other');
    await workbench.welcomeText('What answers at the configured address is not LM Studio');
  });

  it('is led to the first model where there is none', async () => {
    await answerWith('empty');
    await workbench.welcomeText('LM Studio has no models yet. Download one');
    await workbench.screenshot('welcome no models');
  });

  it('is told once of a wrong address, and led to its setting', async () => {
    workbench.changeSettings({ 'lmstudioBridge.server.url': 'ftp://somewhere' });
    await workbench.welcomeText('The address of the server in the settings is not valid.');
    const said = /The setting lmstudioBridge\.server\.url must be the address of a server/;
    await workbench.waitForNotification(said);
    await workbench.screenshot('wrong setting');
    await workbench.clickNotification(said, 'Open Settings');
    await workbench.page.locator('.settings-editor .setting-item', { hasText: 'Server: Url' }).first().waitFor();
    await workbench.screenshot('wrong setting opened');
    workbench.changeSettings({ 'lmstudioBridge.server.url': `http://127.0.0.1:${port}` });
    await workbench.page.keyboard.press('Escape');
    await workbench.welcomeText('LM Studio has no models yet. Download one');
  });

  it('is told, in a window without a folder, to open one', async () => {
    const url = new URL(workbench.page.url());
    url.searchParams.delete('folder');
    url.searchParams.set('ew', 'true');
    await workbench.page.goto(url.href);
    await workbench.waitForStatusBar(front.statusBar);
    await workbench.openContainer(front.container);
    await workbench.welcomeText('No folder is open, and your other programs have no MCP servers here.');
    await workbench.screenshot('welcome without a folder');
  });
});

describe('A person opens a folder that nobody trusts', () => {
  /** @type {import('./harness-workbench.mjs').Workbench} */
  let workbench;

  before(async () => {
    workbench = await openWorkbench({ trusted: false });
    await workbench.waitForStatusBar(front.statusBar);
    await workbench.openContainer(front.container);
  });

  after(() => workbench?.close());

  it('is told that no file of it is read', async () => {
    await workbench.welcomeText('This folder is not trusted, so its files are not read');
    await workbench.screenshot('welcome untrusted');
  });
});
