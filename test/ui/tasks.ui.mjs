import assert from 'node:assert/strict';
import { require as requireTypeScript } from 'tsx/cjs/api';
import { front } from './harness-front.mjs';
import { openWorkbench } from './harness.mjs';

const VIEW = 'Tasks';
const TASK =
  'List the files in the notes folder, then read notes/launch-plan.md and tell me the code word for the press preview.';

describe('A person looks after the tasks', () => {
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
    await workbench.widenSideBar(220);
    await workbench.collapseView(front.view);
    await workbench.collapseView(front.serversView);
  });

  after(async () => {
    held?.open();
    await workbench?.close();
    await simulator?.close();
  });

  const rowOf = (text) => workbench.waitForRow(text, VIEW);

  it('reads where to begin while there is none', async () => {
    const said = await workbench.welcomeText(/No task has been run/);
    assert.match(said, /Run Task with One MCP Server/);
    await workbench.screenshot('tasks none yet');
  });

  it('sees one that waits for an answer, and its number in the badge', async () => {
    await workbench.runCommand(front.commands.runWithOneServer, 'filesystem', { type: TASK });
    await workbench.acceptDialog(/^Start$/);
    await workbench.waitForDialog(/list_directory/);
    await rowOf(/List the files.*waiting for your answer, round 1/);
    await workbench.screenshot('task that waits');
    await workbench.acceptDialog('More…');
    await workbench.pick('Trust the server and allow its reads');
  });

  it('sees how it ends, and what it did round by round', async () => {
    const row = await rowOf(/List the files.*done, \d+ rounds/);
    await workbench.toggleRow(row);
    await rowOf(/filesystem › list_directory.*done after/);
    await workbench.screenshot('task with its rounds and calls');
    const spoken = await row.getAttribute('aria-label');
    assert.match(spoken ?? '', /^Task "List the files.*": done, \d+ rounds, /);
  });

  it('finds what can be done in the menu of the row, with the keyboard alone', async () => {
    await workbench.runCommand('LM Studio: Focus on Tasks View');
    await workbench.page.keyboard.press('Home');
    await workbench.page.keyboard.press('Shift+F10');
    const menu = workbench.page.locator('.context-view .monaco-menu').first();
    await menu.waitFor();
    const items = await menu.innerText();
    for (const title of ['Run Task Again', 'Run Task Again with Another Model', 'Export Task', 'Delete Task'])
      assert.ok(items.includes(title), `${title}\n${items}`);
    // It fades in.
    await menu.evaluate(() =>
      Promise.all(document.getAnimations().map(({ finished }) => finished)).catch(() => undefined),
    );
    await workbench.screenshot('menu of a task');
    await workbench.page.keyboard.press('Escape');
  });

  it('runs it again, and stops it', async () => {
    held = gate();
    await workbench.runCommand('LM Studio: Run Last Task Again');
    const row = await rowOf(/List the files.*running, round/);
    await row.hover();
    await workbench.screenshot('task that runs again');
    await row.locator('.action-label[aria-label^="Cancel Task"]').click();
    await rowOf(/List the files.*cancelled/);
    await workbench.screenshot('task that was stopped');
    held.open();
    held = undefined;
  });

  it('finds them again after a reload, and deletes them after a question', async () => {
    await workbench.page.reload();
    await workbench.page.locator('.monaco-workbench').waitFor();
    await workbench.waitForStatusBar(front.statusBar);
    await workbench.openContainer(front.container);
    await rowOf(/List the files.*done, \d+ rounds/);
    await workbench.screenshot('tasks after a reload');
    await (await rowOf(/List the files.*cancelled/)).click();
    await workbench.waitForEditor(/Task:/);
    await workbench.runCommand('LM Studio: Focus on Tasks View');
    await workbench.page.keyboard.press('Delete');
    assert.match(await workbench.acceptDialog(/^Delete$/), /Delete the task "List the files/);
    await workbench.waitForNoRow(/List the files.*cancelled/, VIEW);
    await workbench.runCommand('LM Studio: Delete All Ended Tasks…');
    await workbench.acceptDialog(/^Delete$/);
    await workbench.welcomeText(/No task has been run/);
  });
});
