import assert from 'node:assert/strict';
import { require as requireTypeScript } from 'tsx/cjs/api';
import { front } from './harness-front.mjs';
import { openWorkbench } from './harness.mjs';

const FIRST = 'Write a long story.';
const SECOND = 'Write a short story.';

describe('A person has two windows on the same folder', () => {
  /** @type {import('./harness-workbench.mjs').Workbench} */
  let one;
  /** @type {import('./harness-workbench.mjs').Workbench} */
  let two;
  /** @type {import('../simulator/server.ts').Simulator} */
  let simulator;
  /** What the answer to a task waits for, by the task. @type {Record<string, import('../simulator/gate.ts').Gate>} */
  let gates;

  before(async () => {
    const { startSimulator } = requireTypeScript('../simulator/server.ts', import.meta.url);
    const { gate } = requireTypeScript('../simulator/gate.ts', import.meta.url);
    gates = { [FIRST]: gate(), [SECOND]: gate() };
    const script = (request) => {
      const [task] = Object.keys(gates).filter((text) => JSON.stringify(request.messages).includes(text));
      return { text: `Once upon a time: ${task}`, hold: gates[task].promise };
    };
    simulator = await startSimulator({ script });
    one = await openWorkbench({
      settings: { 'lmstudioBridge.server.url': simulator.url, 'lmstudioBridge.refreshInterval': 1 },
    });
    await one.waitForStatusBar(/LM Studio: qwen3-8b/);
  });

  after(async () => {
    for (const gate of Object.values(gates ?? {})) gate.open();
    await one?.close();
    await simulator?.close();
  });

  it('runs a task in the first', async () => {
    await one.runCommand(front.commands.runWithOneServer, 'filesystem', { type: FIRST });
    await one.acceptDialog(/^Start$/);
    await one.waitForStatusBar(/LM Studio: round 1/);
    await simulator.waitForRequest(({ body }) => JSON.stringify(body ?? {}).includes(FIRST));
  });

  it('opens the second, which neither claims that task nor offers to resume it', async () => {
    two = await one.openWindow();
    await two.waitForStatusBar(/LM Studio: qwen3-8b/);
    // VS Code gives each window on a folder a storage of its own, so the journals of one are not another's.
    await two.runCommand('LM Studio: Resume Interrupted Task…');
    await two.waitForNotification(/There is no such task in this workspace\./);
    assert.deepEqual(await two.notificationTexts(/was interrupted/), []);
    await one.waitForStatusBar(/LM Studio: round 1/);
  });

  it('runs a task in each at the same time', async () => {
    await two.runCommand(front.commands.runWithOneServer, 'memory', { type: SECOND });
    await two.acceptDialog(/^Start$/);
    await two.waitForStatusBar(/LM Studio: round 1/);
    await one.waitForStatusBar(/LM Studio: round 1/);
    await two.screenshot('second window runs its own task');
    gates[SECOND].open();
    await two.waitForNotification(/Task done .*Write a short story/);
    await one.waitForStatusBar(/LM Studio: round 1/);
    gates[FIRST].open();
    await one.waitForNotification(/Task done .*Write a long story/);
  });

  it('sees in both what the one server does for either', async () => {
    await one.openContainer(front.container);
    await two.openContainer(front.container);
    for (const window of [one, two]) await window.waitForRow(/GPT-OSS 20B.*not loaded/, front.view);
    await one.runCommand('LM Studio: Load Model…', 'GPT-OSS 20B');
    for (const window of [one, two]) await window.waitForRow(/GPT-OSS 20B.*loaded, idle/, front.view);
    await two.screenshot('second window sees the loaded model');
  });
});
