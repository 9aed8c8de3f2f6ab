import assert from 'node:assert/strict';
import { require as requireTypeScript } from 'tsx/cjs/api';
import { front } from './harness-front.mjs';
import { Keyboard } from './harness-keyboard.mjs';
import { Menus } from './harness-menus.mjs';
import { openWorkbench } from './harness.mjs';

describe('A person works with the menus and icons of the rows', () => {
  /** @type {import('./harness-workbench.mjs').Workbench} */
  let workbench;
  /** @type {Keyboard} */
  let keys;
  /** @type {Menus} */
  let menus;
  /** @type {import('../simulator/server.ts').Simulator} */
  let simulator;

  before(async () => {
    const { startSimulator } = requireTypeScript('../simulator/server.ts', import.meta.url);
    const { sampleModels } = requireTypeScript('../simulator/models.ts', import.meta.url);
    simulator = await startSimulator({ models: sampleModels(), script: () => ({ text: 'It is done.' }) });
    workbench = await openWorkbench({
      settings: { 'lmstudioBridge.server.url': simulator.url, 'lmstudioBridge.refreshInterval': 1 },
    });
    keys = new Keyboard(workbench);
    menus = new Menus(workbench);
    await workbench.waitForStatusBar(front.statusBar);
    await workbench.openContainer(front.container);
    await workbench.widenSideBar(220);
  });

  after(async () => {
    await workbench?.close();
    await simulator?.close();
  });

  // A menu that a failed test leaves open would cover the rows of the next.
  afterEach(() => workbench.page.keyboard.press('Escape'));

  const model = (text) => workbench.waitForRow(text, front.view);
  const server = (text) => workbench.waitForRow(text, front.serversView);
  const task = (text) => workbench.waitForRow(text, front.tasksView);

  it('opens the menu of a model by mouse and by keys, and runs an entry of each', async () => {
    const groups = await menus.openByMouse(await model(/GPT-OSS 20B.*not loaded/));
    assert.deepEqual(groups, [
      ['Load Model…', 'Load Model with Options…'],
      ['Use Model for Tasks', 'Test Tool Use of Model…', 'Use Model in Chat…'],
      ['Copy Model Id', 'Show Model Details…'],
    ]);
    await workbench.screenshot('menu of a model');
    await menus.click('Use Model for Tasks');
    await model(/GPT-OSS 20B.*for tasks/);
    await keys.focusView(front.view);
    await keys.walkTreeTo('GPT-OSS 20B');
    assert.deepEqual(await menus.openByKey('Shift+F10'), groups);
    await menus.choose('Show Model Details');
    await workbench.waitForEditor(/openai\/gpt-oss-20b/);
    await keys.run('View: Close All Editors');
  });

  it('loads and unloads a model by the icons of its row', async () => {
    const row = await model(/GPT-OSS 20B.*not loaded/);
    assert.deepEqual(await menus.icons(row), ['Load Model…', 'Use Model for Tasks', 'Use Model in Chat…']);
    await menus.clickIcon(row, 'Load Model…');
    const loaded = await model(/GPT-OSS 20B.*loaded, idle/);
    assert.deepEqual(await menus.icons(loaded), ['Unload Model…', 'Use Model for Tasks', 'Use Model in Chat…']);
    await workbench.screenshot('icons of a model');
    await menus.clickIcon(loaded, 'Unload Model…');
    await model(/GPT-OSS 20B.*not loaded/);
  });

  it('opens the menu of a server by mouse and by keys, and runs an entry of each', async () => {
    await workbench.collapseView(front.view);
    const groups = await menus.openByMouse(await server(/filesystem.*stopped/));
    assert.deepEqual(groups, [
      ['Start MCP Server…'],
      ['Run Task with This MCP Server…'],
      ['Show Log of MCP Server…', 'Go to Definition of MCP Server…'],
      ['Trust MCP Server…'],
      ['Copy Name'],
    ]);
    await workbench.screenshot('menu of a server');
    await menus.click('Go to Definition of MCP Server');
    await workbench.waitForEditor('mcpServers');
    await keys.run('View: Close All Editors');
    await keys.focusView(front.serversView);
    await keys.walkTreeTo('filesystem');
    assert.deepEqual(await menus.openByKey('ContextMenu'), groups);
    await menus.choose('Trust MCP Server');
    assert.match(await keys.answerDialog('Cancel'), /Trust the MCP server "filesystem"\?/);
  });

  it('starts and stops a server by the icons of its row', async () => {
    const stopped = await server(/filesystem.*stopped/);
    assert.deepEqual(await menus.icons(stopped), ['Start MCP Server…']);
    await menus.clickIcon(stopped, 'Start MCP Server…');
    await workbench.acceptDialog(/^Start$/);
    const ready = await server(/filesystem.*ready/);
    assert.deepEqual(await menus.icons(ready), ['Restart MCP Server…', 'Stop MCP Server…']);
    await menus.clickIcon(ready, 'Stop MCP Server…');
    await server(/filesystem.*stopped/);
  });

  it('opens the menu of a task by mouse and by keys, and runs an entry of each', async () => {
    await workbench.runCommand(front.commands.runWithOneServer, 'filesystem', { type: 'Count the notes.' });
    await workbench.collapseView(front.serversView);
    const row = await task(/Count the notes.*done/);
    const groups = await menus.openByMouse(row);
    assert.deepEqual(groups, [
      ['Run Task Again…', 'Run Task Again with Another Model…'],
      ['Show Task…', 'Export Task…'],
      ['Delete Task…'],
    ]);
    await workbench.screenshot('menu of a task by mouse');
    await menus.click('Show Task');
    await workbench.waitForEditor('Task: Count the notes.');
    await keys.run('View: Close All Editors');
    await keys.focusView(front.tasksView);
    await keys.walkTreeTo('Count the notes');
    assert.deepEqual(await menus.openByKey('ContextMenu'), groups);
    await menus.choose('Delete Task');
    assert.match(await keys.answerDialog(/^Delete$/), /Delete the task "Count the notes/);
    await workbench.welcomeText(/No task has been run/);
  });

  it('runs a task again by the icon of its row', async () => {
    await workbench.runCommand(front.commands.runWithOneServer, 'filesystem', { type: 'Count the orders.' });
    const row = await task(/Count the orders.*done/);
    assert.deepEqual(await menus.icons(row), ['Run Task Again…']);
    const chats = () => simulator.requests.filter(({ path }) => path.endsWith('/chat/completions')).length;
    const before = chats();
    await menus.clickIcon(row, 'Run Task Again…');
    await simulator.waitForRequest(() => chats() > before);
    await task(/Count the orders.*done/);
  });
});
