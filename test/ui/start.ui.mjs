import assert from 'node:assert/strict';
import { front } from './harness-front.mjs';
import { openWorkbench } from './harness.mjs';

describe('A person opens a workspace with the extension installed', () => {
  /** @type {import('./harness-workbench.mjs').Workbench} */
  let workbench;
  before(async () => {
    workbench = await openWorkbench();
  });
  after(() => workbench?.close());

  it('sees the status bar item', async () => {
    const text = await workbench.waitForStatusBar(front.statusBar);
    assert.match(text, front.statusBar);
    await workbench.screenshot('start');
  });

  it("sees the server's models in the side bar", async () => {
    await workbench.openContainer(front.container);
    const rows = await workbench.treeRows(front.view);
    assert.ok(rows.length > 0);
    await workbench.screenshot('models');
  });

  it('is offered the configured MCP servers for a task', async () => {
    await workbench.runCommand(front.commands.runWithOneServer);
    const rows = (await workbench.quickPickRows()).join('\n');
    assert.match(rows, /filesystem/);
    assert.match(rows, /memory/);
    await workbench.screenshot('choose a server');
    await workbench.cancelInput();
  });
});
