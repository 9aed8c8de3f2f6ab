import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { inRepo } from '../../scripts/lib/paths.mjs';
import { front } from './harness-front.mjs';
import { openWorkbench } from './harness.mjs';

const START = 'LM Studio: Start MCP Server…';
const ADD = 'LM Studio: Add MCP Server…';
const everything = inRepo('node_modules', '@modelcontextprotocol', 'server-everything', 'dist', 'index.js');

/** Besides the sample's servers: one with everything, one that fails, one that its file disables, and a wrong entry. */
function addServers(folder) {
  const file = path.join(folder, '.mcp.json');
  const { mcpServers } = JSON.parse(readFileSync(file, 'utf8'));
  const servers = {
    ...mcpServers,
    everything: { command: 'node', args: [everything] },
    weather: { command: 'node', args: ['-e', 'console.error("WEATHER_KEY is not set"); process.exit(3)'] },
    archive: { command: 'node', args: ['archive.mjs'], disabled: true },
    notes: { args: ['notes.mjs'] },
  };
  writeFileSync(file, JSON.stringify({ mcpServers: servers }, null, 2));
}

describe('A person looks after the MCP servers', () => {
  /** @type {import('./harness-workbench.mjs').Workbench} */
  let workbench;

  before(async () => {
    workbench = await openWorkbench({ prepare: addServers });
    await workbench.waitForStatusBar(front.statusBar);
    await workbench.openContainer(front.container);
    await workbench.widenSideBar(220);
    await workbench.collapseView(front.view);
  });

  after(() => workbench?.close());

  it('sees every server with its state and its origin, and the problems of the files', async () => {
    await workbench.waitForRow(/everything.*stopped, asks before its first start.*\.mcp\.json/, front.serversView);
    await workbench.waitForRow(/archive.*disabled in its file/, front.serversView);
    await workbench.waitForRow(/\.mcp\.json.*1 problem/, front.serversView);
    await workbench.screenshot('mcp servers at first');
  });

  it('starts one after seeing what it is, and opens its tools', async () => {
    await workbench.runCommand(START, 'everything');
    const said = await workbench.acceptDialog(/^Start$/);
    assert.match(said, /server-everything/);
    const row = await workbench.waitForRow(/everything.*ready · \d+ tools, .* tokens/, front.serversView);
    await workbench.toggleRow(row);
    const tools = await workbench.waitForRow(/^\s*Tools/, front.serversView);
    await workbench.waitForRow(/^\s*Prompts/, front.serversView);
    await workbench.screenshot('mcp server with its parts');
    await tools.click();
    await workbench.waitForRow(/^\s*echo.*\d+ tokens/, front.serversView);
    await workbench.screenshot('mcp tools');
  });

  it('unticks a tool, which is counted out', async () => {
    const echo = await workbench.waitForRow(/^\s*echo/, front.serversView);
    await echo.locator('.custom-view-tree-node-item-checkbox').click();
    await workbench.waitForRow(/echo.*off/, front.serversView);
    await workbench.waitForRow(/everything.*1 off/, front.serversView);
    await workbench.screenshot('mcp tool switched off');
  });

  it('reads why one failed', async () => {
    const row = await workbench.waitForRow(/^\s*everything/, front.serversView);
    await workbench.toggleRow(row);
    await workbench.runCommand(START, 'weather');
    await workbench.acceptDialog(/^Start$/);
    await workbench.waitForRow(/weather.*failed/, front.serversView);
    await workbench.waitForNotification(/weather/);
    await workbench.screenshot('mcp server failed');
    await workbench.clickNotification(/weather/, 'Show Details');
    await workbench.waitForEditor('WEATHER_KEY is not set');
    await workbench.screenshot('mcp server failed details');
    await workbench.runCommand('View: Close All Editors');
  });

  it('adds a server step by step, and sees its entry', async () => {
    await workbench.runCommand(ADD);
    await workbench.waitForQuickPickRow('npm Package');
    await workbench.screenshot('add mcp server');
    await workbench.answer('npm Package');
    await workbench.answer({ type: '@modelcontextprotocol/server-github' });
    await workbench.waitForInputPrompt(/Arguments for the server/);
    await workbench.answer({ type: '' });
    await workbench.waitForInputPrompt(/Environment variables/);
    await workbench.answer({ type: 'GITHUB_TOKEN' });
    await workbench.waitForInputPrompt(/What should the server be called/);
    await workbench.screenshot('add mcp server name');
    await workbench.page.keyboard.press('Enter');
    await workbench.waitForQuickPickRow('.vscode/mcp.json');
    await workbench.screenshot('add mcp server file');
    await workbench.answer('.vscode/mcp.json');
    await workbench.waitForRow(/github.*stopped/, front.serversView);
    await workbench.waitForEditor('${input:github_github_token}');
    await workbench.screenshot('mcp server added');
    const { servers } = JSON.parse(readFileSync(path.join(workbench.folder, '.vscode', 'mcp.json'), 'utf8'));
    assert.deepEqual(servers.github.args, ['-y', '@modelcontextprotocol/server-github']);
  });
});

describe('A person without MCP servers', () => {
  /** @type {import('./harness-workbench.mjs').Workbench} */
  let workbench;

  before(async () => {
    workbench = await openWorkbench({ prepare: (folder) => writeFileSync(path.join(folder, '.mcp.json'), '{}') });
    // Before, the workbench may still be about to show what it shows at the start.
    await workbench.waitForStatusBar(front.statusBar);
    await workbench.openContainer(front.container);
    await workbench.collapseView(front.view);
  });

  after(() => workbench?.close());

  it('is told how to add one', async () => {
    const text = await workbench.welcomeText(/No MCP server is configured/);
    assert.match(text, /Add MCP Server/);
    await workbench.screenshot('no mcp servers');
  });

  it('is told that the files have errors, and led to the first one', async () => {
    writeFileSync(path.join(workbench.folder, '.mcp.json'), '{ "mcpServers": {\n  "notes": {');
    await workbench.runCommand('LM Studio: Refresh MCP Servers');
    await workbench.welcomeText(/the files that name them have errors/);
    await workbench.screenshot('mcp files with errors');
    await workbench.page
      .locator('.sidebar .welcome-view-content .monaco-button', { hasText: 'Open the First Error' })
      .click();
    await workbench.waitForEditor('mcpServers');
  });
});
