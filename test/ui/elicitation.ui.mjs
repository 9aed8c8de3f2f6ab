import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { require as requireTypeScript } from 'tsx/cjs/api';
import { inRepo } from '../../scripts/lib/paths.mjs';
import { front } from './harness-front.mjs';
import { Keyboard } from './harness-keyboard.mjs';
import { openWorkbench } from './harness.mjs';

const TASK = 'Book [two seats](command:notes.go) to Porto.';
const ASKS = /MCP server "trains" asks you for information/;

describe('A person is asked for information by an MCP server', () => {
  /** @type {import('./harness-workbench.mjs').Workbench} */
  let workbench;
  /** @type {import('../simulator/server.ts').Simulator} */
  let simulator;

  before(async () => {
    const { startSimulator } = requireTypeScript('../simulator/server.ts', import.meta.url);
    const script = [{ toolCalls: [{ match: 'book_seats', arguments: {} }] }, { text: 'The seats are booked.' }];
    simulator = await startSimulator({ script });
    const trains = { command: 'node', args: [inRepo('test', 'support', 'mcp', 'booking.mjs'), '$(verified-filled)'] };
    workbench = await openWorkbench({
      settings: { 'lmstudioBridge.server.url': simulator.url },
      prepare: (folder) =>
        writeFileSync(path.join(folder, '.mcp.json'), JSON.stringify({ mcpServers: { trains } }, null, 2)),
    });
    await workbench.waitForStatusBar(front.statusBar);
  });

  after(async () => {
    await workbench?.close();
    await simulator?.close();
  });

  const enter = () => workbench.page.keyboard.press('Enter');

  it('reads which server asks, and for what, while its tool runs', async () => {
    await workbench.runCommand(front.commands.runWithOneServer);
    const [row] = await workbench.quickPickRows();
    assert.match(row ?? '', /^trains.*\$ \(verified-filled\)/);
    assert.equal(await workbench.countOf('.quick-input-list .codicon-verified-filled'), 0);
    await workbench.pick('trains');
    await workbench.typeInInput(TASK);
    await workbench.acceptDialog(/^Start$/);
    await workbench.waitForDialog('book_seats');
    await workbench.acceptDialog(/^Allow once$/);
    const said = await workbench.waitForDialog(ASKS);
    assert.match(said, /It says: I need some details for your seats\./);
    assert.match(said, /• Destination\s+• Class\s+• Seats \(optional\)/);
    await workbench.screenshot('elicitation question');
    await enter();
  });

  it('answers field by field without the mouse, in inputs that name the server', async () => {
    await workbench.waitForInputTitle('trains: Destination (1 of 3)');
    await workbench.waitForInputPrompt(
      /The station where you get off \$ \(verified-filled\) \[All stations\] \(command:/,
    );
    await workbench.waitForNotification(/LM Studio task: "Book \[two seats\] \(command:/);
    for (const place of ['.quick-input-message', '.notification-toast'])
      assert.equal(await workbench.countOf(`${place} :is(a[href], .codicon-verified-filled)`), 0, place);
    await workbench.page.keyboard.type('P');
    await workbench.waitForInputComplaint(/It must have at least 2 characters\./);
    await workbench.screenshot('elicitation input refuses');
    await workbench.page.keyboard.type('orto');
    await workbench.waitForInputPrompt(/The station where you get off/);
    await workbench.screenshot('elicitation input');
    await enter();
    await workbench.waitForInputTitle('trains: Class (2 of 3)');
    assert.deepEqual(await workbench.quickPickRows(), ['First classfirst', 'Second classsecond']);
    await workbench.screenshot('elicitation choice');
    await new Keyboard(workbench).choose('Second class');
    await workbench.waitForInputTitle('trains: Seats (3 of 3)');
    await workbench.waitForInputPrompt(/How many seats to book \(empty: 1\)/);
    await workbench.page.keyboard.press('ControlOrMeta+A');
    await workbench.page.keyboard.type('2');
    await enter();
  });

  it('sees all answers once more before they are sent', async () => {
    const said = await workbench.waitForDialog(/Send these answers to MCP server "trains"\?/);
    assert.match(said, /Destination: Porto\s+Class: Second class\s+Seats: 2/);
    await workbench.screenshot('elicitation answers');
    // Enter would not send them: it leads back to the answers.
    await workbench.acceptDialog(/^Send$/);
  });

  it("finds the answers in the tool's result", async () => {
    await workbench.waitForNotification(/Task done/);
    const output = await workbench.outputText(front.outputChannel, /Done:\s2\srounds/);
    assert.match(output, /Booked: {"action":"accept","content":{"to":"Porto","class":"second",\s*"seats":2}}/);
    await workbench.screenshot('elicitation result');
    const [asked] = simulator.requests.filter(({ path, body }) => path.includes('chat') && hasToolResult(body));
    assert.match(JSON.stringify(asked?.body), /Booked: .*Porto.*second/);
  });
});

/** Whether the model was told what a tool gave back. */
function hasToolResult(body) {
  return (body?.messages ?? []).some(({ role }) => role === 'tool');
}
