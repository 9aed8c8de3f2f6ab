import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { front } from './harness-front.mjs';
import { openWorkbench } from './harness.mjs';

const PROBLEM = 'Server "notes" has the unknown type "pigeon".';

const CONFIG = `{
  "mcpServers": {
    "clock": {
      "command": "node",
      "args": ["clock.mjs"]
    },
    "notes": {
      "type": "pigeon",
      "command": "node",
      "args": ["notes.mjs"]
    }
  }
}
`;

describe('A person mends a broken MCP file', () => {
  /** @type {import('./harness-workbench.mjs').Workbench} */
  let workbench;
  const file = () => path.join(workbench.folder, '.mcp.json');

  before(async () => {
    workbench = await openWorkbench({ prepare: (folder) => writeFileSync(path.join(folder, '.mcp.json'), CONFIG) });
    await workbench.waitForStatusBar(front.statusBar);
    await workbench.openContainer(front.container);
    await workbench.widenSideBar(120);
    await workbench.collapseView(front.view);
  });

  after(() => workbench?.close());

  it('still has the other server, and sees the wrong entry in the Problems panel at its line', async () => {
    await workbench.waitForRow(/clock.*stopped/, front.serversView);
    const row = await workbench.waitForProblem(PROBLEM);
    assert.match(await row.innerText(), /LM Studio Bridge.*\[Ln 7, Col 5\]/s);
    await workbench.screenshot('mcp problem');
  });

  it('goes to it and mends it by the quick fix, without the mouse', async () => {
    const { keyboard } = workbench.page;
    // The panel has the focus, and its first problem is selected.
    await keyboard.press('Enter');
    await workbench.waitForEditor('pigeon');
    await workbench.waitForCursor(7);
    await workbench.waitForLightBulb();
    await keyboard.press('ControlOrMeta+.');
    await workbench.waitForQuickFix('Remove "type"');
    await workbench.screenshot('mcp problem quick fix');
    await keyboard.press('Enter');
    // Saved before the fix has arrived, the file would stay as it was.
    await workbench.waitForEditorWithout('pigeon');
    await keyboard.press('ControlOrMeta+S');
    await workbench.waitForNoProblem(PROBLEM);
    await workbench.waitForRow(/notes.*stopped/, front.serversView);
    await workbench.screenshot('mcp problem gone');
    const { mcpServers } = JSON.parse(readFileSync(file(), 'utf8'));
    assert.deepEqual(mcpServers.notes, { command: 'node', args: ['notes.mjs'] });
  });
});
