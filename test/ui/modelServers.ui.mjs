import assert from 'node:assert/strict';
import { require as requireTypeScript } from 'tsx/cjs/api';
import { front } from './harness-front.mjs';
import { openWorkbench } from './harness.mjs';

describe('A person works with several model servers', () => {
  /** @type {import('./harness-workbench.mjs').Workbench} */
  let workbench;
  /** @type {import('../simulator/server.ts').Simulator[]} */
  let simulators = [];

  before(async () => {
    const { startSimulator } = requireTypeScript('../simulator/server.ts', import.meta.url);
    const [main, gpu, lab] = await Promise.all([
      startSimulator(),
      startSimulator(),
      startSimulator({ token: 'sk-lm-abcdefgh:ABCDEFGHIJKLMNOPQRST' }),
    ]);
    simulators = [main, gpu, lab];
    workbench = await openWorkbench({
      settings: {
        'lmstudioBridge.server.url': main.url,
        'lmstudioBridge.servers': [
          { name: 'gpu', url: gpu.url },
          { name: 'lab', url: lab.url },
        ],
        'lmstudioBridge.refreshInterval': 1,
      },
    });
    await workbench.waitForStatusBar(front.statusBar);
    await workbench.openContainer(front.container);
    await workbench.widenSideBar(170);
    // Three servers take the room of the other views.
    for (const view of ['MCP Servers', 'Tasks']) await workbench.collapseView(view);
  });

  after(async () => {
    await workbench?.close();
    await Promise.all(simulators.map((simulator) => simulator.close()));
  });

  it('sees each with its state', async () => {
    await workbench.waitForRow(/LM Studio.*online, 6 models, in memory: 1/, front.view);
    await workbench.waitForRow(/gpu.*online, 6 models, in memory: 1/, front.view);
    await workbench.screenshot('several servers');
  });

  it('finds a model among them by the filter', async () => {
    await workbench.runCommand('LM Studio: Filter Models…');
    await workbench.waitForQuickPickRow('Only in memory');
    await workbench.screenshot('filter models');
    await workbench.answer({ check: ['Only in memory'] });
    await workbench.waitForRow(/Qwen3 8B.*loaded, idle/, front.view);
    await workbench.waitForRow(/lab.*needs an API token/, front.view);
    await workbench.waitForRow(/It wants an API token/, front.view);
    await workbench.waitForNoRow('GPT-OSS', front.view);
    await workbench.screenshot('models in memory only');
    await workbench.runCommand('LM Studio: Show All Models');
    await workbench.waitForRow('GPT-OSS 20B', front.view);
  });

  it('loads a model on another server', async () => {
    await workbench.runCommand('LM Studio: Load Model…');
    await workbench.waitForQuickPickRow('gpu::openai/gpt-oss-20b');
    await workbench.screenshot('models of several servers');
    await workbench.answer('gpu::openai/gpt-oss-20b');
    await workbench.waitForRow(/gpu.*online, 6 models, in memory: 2/, front.view);
    assert.deepEqual(
      simulators.map(({ models }) => models.instancesOf('openai/gpt-oss-20b').length),
      [0, 1, 0],
    );
    await workbench.screenshot('loaded on another server');
  });
});
