/**
 * A newcomer's first half hour with the packaged extension, from the first look to a task that survives a reload. No pointer
 * is used from beginning to end, every screen is kept in a light, a dark and a high-contrast theme, and what a screen reader
 * says is read where it stands.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { require as requireTypeScript } from 'tsx/cjs/api';
import { assertNotificationsMakeSense, assertRowsMakeSense, assertStatusMakesSense } from './harness-ears.mjs';
import { front } from './harness-front.mjs';
import { Keyboard } from './harness-keyboard.mjs';
import { openWorkbench } from './harness.mjs';

const TASK =
  'List the files in the notes folder, then read notes/launch-plan.md and tell me the code word for the press preview, ' +
  "then remember it as 'launch' in memory.";
const SECOND_TASK = 'Read data/orders.csv and count the orders.';

describe("A newcomer's first half hour, by keyboard", () => {
  /** @type {import('./harness-workbench.mjs').Workbench} */
  let workbench;
  /** @type {Keyboard} */
  let keys;
  /** @type {import('../simulator/server.ts').Simulator} */
  let simulator;
  /** While it is set, answers stop after their first words until it opens. @type {import('../simulator/gate.ts').Gate | undefined} */
  let held;
  const pointers = [];

  before(async () => {
    const { startSimulator } = requireTypeScript('../simulator/server.ts', import.meta.url);
    const { demoTurn } = requireTypeScript('../simulator/demoModel.ts', import.meta.url);
    const { sampleModels } = requireTypeScript('../simulator/models.ts', import.meta.url);
    const script = (request) => ({ ...demoTurn(request), ...(held ? { hold: held.promise } : {}) });
    simulator = await startSimulator({ models: sampleModels(), script });
    workbench = await openWorkbench({ theme: 'light', settings: { 'lmstudioBridge.server.url': simulator.url } });
    keys = new Keyboard(workbench);
    await workbench.page.exposeFunction('pointerWasUsed', (what) => pointers.push(what));
    const watch = () => addEventListener('pointerdown', ({ type }) => window.pointerWasUsed(type), { capture: true });
    await workbench.page.addInitScript(watch);
    await workbench.page.evaluate(watch);
  });

  after(async () => {
    held?.open();
    await workbench?.close();
    await simulator?.close();
  });

  it('sees in the status bar that LM Studio is there, and with which model', async () => {
    await workbench.waitForStatusBar(/LM Studio: qwen3-8b/);
    await assertStatusMakesSense(workbench);
    const said = await keys.walkStatusBarTo(front.statusBar);
    assert.match(said, /^LM Studio: /);
    await workbench.screenshots('newcomer first look');
    await keys.press('Enter');
    await workbench.waitForQuickPickRow('Run Task with One MCP Server');
    await workbench.screenshots('newcomer actions');
    await workbench.cancelInput();
  });

  it('is led through the first steps, of which the first are done already', async () => {
    await keys.run('LM Studio: First Steps');
    for (const step of ['Find or Install LM Studio', 'Start Its Server']) await workbench.waitForDoneStep(step);
    await workbench.screenshots('newcomer first steps');
    await keys.run('View: Close All Editors');
  });

  it('walks through the models, and hears how each of them stands', async () => {
    await keys.run('LM Studio: Refresh Models');
    await keys.focusView(front.view);
    await keys.widenSideBar();
    await workbench.waitForRow('Qwen3 8B', front.view);
    const labels = await assertRowsMakeSense(workbench, front.view);
    assert.ok(
      labels.some((label) => /loaded/.test(label)),
      labels.join('\n'),
    );
    const said = await keys.walkTreeTo('GPT-OSS 20B');
    assert.match(said, /not loaded/);
    await workbench.screenshots('newcomer models');
    await keys.press('Shift+F10');
    await workbench.waitForMenu('Copy Model Id');
    await workbench.screenshots('newcomer model actions');
    await keys.press('Escape');
  });

  it('picks a model for tasks', async () => {
    await keys.run(front.selectModel);
    await workbench.waitForQuickPickRow('Qwen3 8B');
    await workbench.screenshots('newcomer select model');
    await keys.choose('Qwen3 Coder 30B');
    await workbench.waitForRow(/Qwen3 Coder 30B.*for tasks/, front.view);
    await workbench.waitForStatusBar(/LM Studio: qwen3-coder-30b/);
  });

  it('hears which MCP servers there are', async () => {
    await keys.run('LM Studio: Show MCP Servers');
    await keys.waitForFocusIn(front.serversView);
    await keys.focusView(front.serversView);
    const labels = await assertRowsMakeSense(workbench, front.serversView);
    assert.ok(
      labels.some((label) => /filesystem.*stopped/.test(label)),
      labels.join('\n'),
    );
    await workbench.screenshots('newcomer mcp servers');
  });

  it('starts a task with two of them, and agrees to each after reading what it is', async () => {
    await keys.run(front.commands.runWithSeveralServers);
    await workbench.waitForQuickPickRow('filesystem');
    await keys.tick(['filesystem', 'memory']);
    await workbench.waitForInput();
    await workbench.screenshots('newcomer task');
    await keys.type(TASK);
    await workbench.waitForDialog('Start the MCP server "filesystem"?');
    await workbench.screenshots('newcomer server consent');
    const first = await keys.answerDialog(/^Start$/);
    assert.match(first, /server-filesystem/);
    const second = await keys.answerDialog(/^Start$/);
    assert.match(second, /Start the MCP server "memory"\?/);
  });

  it('is asked before a tool runs, reads why, and trusts what only reads', async () => {
    await workbench.waitForDialog(/Allow the tool .* of MCP server "filesystem"\?/);
    await workbench.screenshots('newcomer approval');
    await keys.answerDialog('More…');
    await workbench.waitForQuickPickRow('Trust the server');
    await workbench.screenshots('newcomer approval with every answer');
    await keys.choose('Trust the server and allow its reads');
  });

  it('is asked before something changes, and allows it once', async () => {
    const said = await workbench.waitForDialog(/of MCP server "memory"\?/);
    assert.match(said, /launch/);
    await assertStatusMakesSense(workbench);
    await workbench.screenshots('newcomer approval of a change');
    await keys.answerDialog(/^Allow once$/);
  });

  it('reads the result', async () => {
    await workbench.waitForNotification(/Task done/);
    await assertNotificationsMakeSense(workbench);
    await workbench.outputText(front.outputChannel, /Done:\s\d+\srounds/);
    await workbench.screenshots('newcomer result');
    assert.ok(
      existsSync(path.join(workbench.folder, '.lmstudio-bridge-demo', 'memory.jsonl')),
      'the approved call ran',
    );
    await keys.run('Notifications: Clear All Notifications');
  });

  it('finds the task in the history, hears how it went, and reads all of it', async () => {
    await keys.focusView(front.tasksView);
    const labels = await assertRowsMakeSense(workbench, front.tasksView);
    assert.ok(
      labels.some((label) => /^Task "List the files.*done/.test(label)),
      labels.join('\n'),
    );
    await keys.walkTreeTo('List the files');
    await workbench.screenshots('newcomer history');
    await keys.run('LM Studio: Show Task…', 'List the files');
    await workbench.waitForEditor(/launch-plan/);
    await workbench.screenshots('newcomer document');
    await keys.run('View: Close All Editors');
  });

  it('restarts a server, and reads its log and the course of the task', async () => {
    await keys.run('LM Studio: Restart MCP Server…', 'filesystem');
    await workbench.waitForRow(/filesystem.*ready/, front.serversView);
    await keys.run('LM Studio: Show Log of MCP Server…', 'filesystem');
    await workbench.waitForOutput('MCP: filesystem');
    await keys.run('LM Studio: Show Output');
    await workbench.waitForOutput(front.outputChannel);
  });

  it('reloads the window in the middle of a second task', async () => {
    const { gate } = requireTypeScript('../simulator/gate.ts', import.meta.url);
    held = gate();
    const before = simulator.requests.length;
    await keys.run(front.commands.runWithOneServer, 'filesystem', { type: SECOND_TASK });
    await simulator.waitForRequest((request) => simulator.requests.indexOf(request) >= before && isChat(request));
    await workbench.waitForStatusBar(/LM Studio: round 1/);
    await assertStatusMakesSense(workbench);
    await workbench.screenshots('newcomer second task');
    await workbench.reload();
    await workbench.waitForStatusBar(/LM Studio: qwen3-coder-30b/);
  });

  it('is offered to take the task up again, and gets its result', async () => {
    await workbench.waitForNotification(/A task was interrupted: "Read data\/orders\.csv/);
    await assertNotificationsMakeSense(workbench);
    await workbench.screenshots('newcomer interrupted');
    held.open();
    held = undefined;
    await keys.answerNotification(/A task was interrupted/, 'Resume');
    const notice = await workbench.waitForNotification(/Task done/);
    assert.match(notice, /orders/);
    await workbench.screenshots('newcomer resumed');
  });

  it('asks the doctor', async () => {
    await keys.run('LM Studio: Doctor');
    await workbench.waitForEditor('LM Studio Doctor');
    await workbench.screenshots('newcomer doctor');
  });

  it('looks at the settings', async () => {
    await keys.run('LM Studio: Open Settings');
    await workbench.waitForSetting('Lmstudio Bridge: Model');
    await workbench.screenshots('newcomer settings');
  });

  it('has not touched a pointer', () => {
    assert.deepEqual(pointers, []);
  });
});

function isChat({ path: route }) {
  return route.endsWith('/chat/completions');
}
