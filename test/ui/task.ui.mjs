import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { require as requireTypeScript } from 'tsx/cjs/api';
import { front } from './harness-front.mjs';
import { openWorkbench } from './harness.mjs';

const TASK =
  'List the files in the notes folder, then read notes/launch-plan.md and tell me the code word for the press preview, ' +
  "then remember it as 'launch' in memory.";

describe('A person runs a task from the palette', () => {
  /** @type {import('./harness-workbench.mjs').Workbench} */
  let workbench;
  /** @type {import('../simulator/server.ts').Simulator} */
  let simulator;
  /** @type {typeof import('../simulator/gate.ts').gate} */
  let gate;
  /** While it is set, answers stop after their first words until it opens. @type {import('../simulator/gate.ts').Gate | undefined} */
  let held;
  before(async () => {
    const { startSimulator } = requireTypeScript('../simulator/server.ts', import.meta.url);
    const { demoModels } = requireTypeScript('../simulator/models.ts', import.meta.url);
    const { demoTurn } = requireTypeScript('../simulator/demoModel.ts', import.meta.url);
    ({ gate } = requireTypeScript('../simulator/gate.ts', import.meta.url));
    const script = (request) => ({ ...demoTurn(request), ...(held ? { hold: held.promise } : {}) });
    simulator = await startSimulator({ models: demoModels(), script });
    workbench = await openWorkbench({ settings: { 'lmstudioBridge.server.url': simulator.url } });
    await workbench.waitForStatusBar(front.statusBar);
    await workbench.openContainer(front.container);
    await workbench.widenSideBar(170);
  });
  after(async () => {
    held?.open();
    await workbench?.close();
    await simulator?.close();
  });

  it('finds the commands in the palette', async () => {
    await workbench.openPalette('LM Studio: Run');
    const rows = (await workbench.quickPickRows()).join('\n');
    for (const title of Object.values(front.commands)) assert.ok(rows.includes(title), `${title}\n${rows}`);
    await workbench.screenshot('palette');
    await workbench.cancelInput();
  });

  it('picks servers, writes the task, and agrees to start each server after seeing what it is', async () => {
    await workbench.runCommand(front.commands.runWithSeveralServers);
    await workbench.waitForQuickPickRow('filesystem');
    await workbench.screenshot('choose servers');
    await workbench.answer({ check: ['filesystem', 'memory'] });
    await workbench.waitForInput();
    await workbench.screenshot('write the task');
    await workbench.answer({ type: TASK });
    await workbench.waitForDialog();
    await workbench.screenshot('consent');
    const first = await workbench.acceptDialog(/^Start$/);
    assert.match(first, /Start the MCP server "filesystem"\?/);
    assert.match(first, /server-filesystem/);
    assert.match(first, /\.mcp\.json:\d+/);
    const second = await workbench.acceptDialog(/^Start$/);
    assert.match(second, /Start the MCP server "memory"\?/);
    assert.match(second, /MEMORY_FILE_PATH/);
  });

  it('is asked before the first look, and trusts the server in what it marks as read-only', async () => {
    await workbench.waitForDialog();
    await workbench.screenshot('approval of reads');
    const said = await workbench.acceptDialog('More…');
    assert.match(said, /of MCP server "filesystem"\?/);
    assert.match(said, /Its server marks it as read-only\. That is only its word/);
    await workbench.waitForQuickPickRow('Trust the server');
    await workbench.screenshot('trust as an answer');
    held = gate();
    await workbench.pick('Trust the server and allow its reads');
  });

  it('watches the answer stream while the status bar counts', async () => {
    // Without the palette, which the next question would cover.
    const status = await workbench.waitForStatusBar(/LM Studio: .*round \d/);
    assert.match(status, /\d\d:\d\d/);
    await workbench.screenshot('streaming');
    held.open();
    held = undefined;
  });

  it('is asked before something changes, with the whole arguments, and allows it once', async () => {
    await workbench.waitForDialog();
    await workbench.screenshot('approval');
    const said = await workbench.acceptDialog('More…');
    assert.match(said, /memory/);
    assert.match(said, /launch/);
    await workbench.waitForQuickPickRow('Deny and say why…');
    await workbench.screenshot('approval with every answer');
    await workbench.pick('Allow once');
  });

  it('reads the result in the output, in a notification and on the disk', async () => {
    const notice = await workbench.waitForNotification(/Task done/);
    assert.ok(notice.length > 20);
    const output = await workbench.outputText(front.outputChannel, /Done:\s\d+\srounds/);
    await workbench.screenshot('done');
    await workbench.runCommand('Notifications: Clear All Notifications');
    await workbench.runCommand('View: Toggle Maximized Panel');
    await workbench.screenshot('result');
    await workbench.runCommand('View: Toggle Maximized Panel');
    const plan = readFileSync(path.join(workbench.folder, 'notes', 'launch-plan.md'), 'utf8');
    const word = /\*\*(.+?)\*\*/.exec(plan)?.[1];
    assert.ok(word && output.includes(word), 'the answer says what only stands in that file');
    const memory = path.join(workbench.folder, '.lmstudio-bridge-demo', 'memory.jsonl');
    assert.ok(existsSync(memory), 'the approved call ran');
  });

  it('finds everything that makes sense now behind the status bar item', async () => {
    await workbench.clickStatusBar(front.statusBar);
    const rows = (await workbench.quickPickRows()).join('\n');
    assert.match(rows, /Run Task with One MCP Server/);
    assert.match(rows, /Load Model/);
    await workbench.screenshot('menu');
    await workbench.cancelInput();
  });
});

describe('A person whose LM Studio is not running', () => {
  /** @type {import('./harness-workbench.mjs').Workbench} */
  let workbench;
  before(async () => {
    // Port 9 (discard): nothing listens there.
    workbench = await openWorkbench({ settings: { 'lmstudioBridge.server.url': 'http://127.0.0.1:9' } });
  });
  after(() => workbench?.close());

  it('reads in the side bar and the status bar what is wrong and what to do', async () => {
    await workbench.waitForStatusBar(/LM Studio: not reachable/);
    await workbench.openContainer(front.container);
    const welcome = await workbench.welcomeText();
    assert.match(welcome, /LM Studio does not answer/);
    assert.match(welcome, /Open Settings/);
    await workbench.screenshot('server down');
  });

  it('gets one clear sentence from a command that needs the server', async () => {
    await workbench.runCommand(front.commands.runWithOneServer);
    const notice = await workbench.waitForNotification(/No model server answers at http:\/\/127\.0\.0\.1:9/);
    assert.match(notice, /Start LM Studio/);
    await workbench.screenshot('server down message');
  });
});
