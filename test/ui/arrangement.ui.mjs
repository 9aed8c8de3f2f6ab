import { require as requireTypeScript } from 'tsx/cjs/api';
import { front } from './harness-front.mjs';
import { openWorkbench } from './harness.mjs';

/** What is left by the filter, the biggest first in each group. */
const NAMES = ['In Memory', 'Qwen3 8B', 'Chat', 'Qwen3 Coder 30B', 'Devstral Small 2507', 'GPT-OSS 20B'];

describe('A person arranges the models', () => {
  /** @type {import('./harness-workbench.mjs').Workbench} */
  let workbench;
  /** @type {import('../simulator/server.ts').Simulator} */
  let simulator;

  before(async () => {
    const { startSimulator } = requireTypeScript('../simulator/server.ts', import.meta.url);
    const { sampleModels } = requireTypeScript('../simulator/models.ts', import.meta.url);
    simulator = await startSimulator({ models: sampleModels() });
    workbench = await openWorkbench({ settings: { 'lmstudioBridge.server.url': simulator.url } });
    await workbench.waitForStatusBar(front.statusBar);
    await workbench.openContainer(front.container);
    await workbench.widenSideBar(220);
    await workbench.waitForRow('Gemma 3 12B', front.view);
  });

  after(async () => {
    await workbench?.close();
    await simulator?.close();
  });

  it('sets a filter and an order, and sees both beside the name of the view', async () => {
    await workbench.runCommand('LM Studio: Filter Models…', { check: ['Only with tools'] });
    await workbench.waitForNoRow('Gemma 3 12B', front.view);
    await workbench.runCommand('LM Studio: Sort Models…', 'Size');
    await workbench.waitForViewDescription(front.view, /filter: tools · by size/);
    await workbench.screenshot('models filtered and sorted');
  });

  it('finds both kept when the window was reloaded', async () => {
    await workbench.waitForRows(NAMES, front.view);
    const before = await workbench.treeRows(front.view);
    await workbench.reload();
    await workbench.waitForStatusBar(front.statusBar);
    await workbench.openContainer(front.container);
    await workbench.waitForViewDescription(front.view, /filter: tools · by size/);
    await workbench.waitForRows(before, front.view);
    await workbench.screenshot('models after a reload');
  });

  it('shows all of them again, in the order that was chosen', async () => {
    await workbench.runCommand('LM Studio: Show All Models');
    await workbench.waitForRow('Gemma 3 12B', front.view);
    await workbench.waitForViewDescription(front.view, /^[^·]* · by size$/);
  });
});
