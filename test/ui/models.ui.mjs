import assert from 'node:assert/strict';
import { require as requireTypeScript } from 'tsx/cjs/api';
import { front } from './harness-front.mjs';
import { openWorkbench } from './harness.mjs';

const GPT = 'GPT-OSS 20B';
const CODER = 'Qwen3 Coder 30B';
const LOAD = 'LM Studio: Load Model…';

describe('A person loads models and follows what the server does', () => {
  /** @type {import('./harness-workbench.mjs').Workbench} */
  let workbench;
  /** @type {import('../simulator/server.ts').Simulator} */
  let simulator;
  /** What loads wait for, by key. @type {Record<string, import('../simulator/gate.ts').Gate>} */
  let gates;
  let start;

  before(async () => {
    // The simulator in this process, so that its state can be driven.
    const { startSimulator } = requireTypeScript('../simulator/server.ts', import.meta.url);
    const { sampleModels } = requireTypeScript('../simulator/models.ts', import.meta.url);
    const { gate } = requireTypeScript('../simulator/gate.ts', import.meta.url);
    gates = { 'openai/gpt-oss-20b': gate(), 'google/gemma-3-12b': gate() };
    const models = sampleModels().map((spec) =>
      spec.displayName === CODER ? { ...spec, loadFault: 'guardrail' } : spec,
    );
    const beforeLoad = (key) => gates[key]?.promise;
    start = (port) => startSimulator({ models, beforeLoad, ...(port === undefined ? {} : { port }) });
    simulator = await start();
    workbench = await openWorkbench({
      settings: { 'lmstudioBridge.server.url': simulator.url, 'lmstudioBridge.refreshInterval': 1 },
    });
    await workbench.waitForStatusBar(front.statusBar);
    await workbench.openContainer(front.container);
    await workbench.widenSideBar(170);
    await workbench.waitForRow(GPT, front.view);
  });

  after(async () => {
    await workbench?.close();
    await simulator?.close();
  });

  it('chooses options that say what they do', async () => {
    await workbench.runCommand('LM Studio: Load Model with Options…', GPT);
    await workbench.waitForQuickPickRow('Flash attention');
    await workbench.screenshot('load options');
    await workbench.answer('Context length');
    await workbench.answer({ type: '16384' });
    await workbench.waitForQuickPickRow('16,384');
  });

  it('sees that it loads, and for how long', async () => {
    await workbench.answer('Load');
    await workbench.waitForRow(/GPT-OSS 20B.*loading/, front.view);
    const notice = await workbench.waitForNotification(/Loading GPT-OSS 20B/);
    assert.match(notice, /Loading GPT-OSS 20B/);
    const status = await workbench.waitForStatusBar(/loading gpt-oss-20b, (?!00:00)\d\d:\d\d/);
    assert.match(status, /LM Studio: loading gpt-oss-20b/);
    await workbench.screenshot('model loading');
  });

  it('sees that it is loaded, with which context', async () => {
    gates['openai/gpt-oss-20b'].open();
    await workbench.waitForRow(/GPT-OSS 20B.*loaded, idle.*16k of 128k context/, front.view);
    await workbench.waitForNotification(/GPT-OSS 20B was loaded in .* with 16,384 tokens of context/);
    await workbench.screenshot('model loaded');
    await workbench.runCommand('Notifications: Clear All Notifications');
  });

  it('reads how many gigabytes were missing where memory does not suffice', async () => {
    await workbench.runCommand(LOAD, CODER);
    const notice = await workbench.waitForNotification(/refused to load/);
    assert.match(notice, /LM Studio refused to load Qwen3 Coder 30B: .*\d GB/);
    await workbench.screenshot('load failed');
    await workbench.runCommand('Notifications: Clear All Notifications');
  });

  it('cancels a load, which LM Studio unloads as soon as it is done', async () => {
    await workbench.runCommand(LOAD, 'Gemma 3 12B');
    // The notification comes before the request. A load that is cancelled in between is never asked for.
    await workbench.waitForRow(/Gemma 3 12B.*loading/, front.view);
    await workbench.clickNotification(/Loading Gemma 3 12B/, 'Cancel');
    await workbench.waitForNotification(/The load of Gemma 3 12B is cancelled\. .* unloaded as soon as it is loaded/);
    await workbench.waitForRow(/Gemma 3 12B.*load cancelled, still ending/, front.view);
    await workbench.screenshot('load cancelled');
    gates['google/gemma-3-12b'].open();
    await workbench.waitForRow(/Gemma 3 12B.*not loaded/, front.view);
    assert.deepEqual(simulator.models.instancesOf('google/gemma-3-12b'), []);
    await workbench.runCommand('Notifications: Clear All Notifications');
  });

  it('sees that LM Studio unloaded a model by itself', async () => {
    simulator.models.unload('openai/gpt-oss-20b');
    await workbench.waitForRow(/GPT-OSS 20B.*not loaded/, front.view);
    await workbench.screenshot('evicted');
  });

  it('sees that the server is gone, and that it is back', async () => {
    const { port } = simulator;
    await simulator.close();
    // After some more failures it says when it asks again.
    await workbench.waitForStatusBar(/LM Studio: not (reachable|answering)/);
    await workbench.waitForRow(/Qwen3 8B.*state unknown, server not reachable/, front.view);
    await workbench.screenshot('server gone');
    await workbench.waitForStatusBar(/LM Studio: not answering, next try in \d s/);
    await workbench.screenshot('server given a rest');
    simulator = await start(port);
    await workbench.waitForStatusBar(/LM Studio: qwen3-8b/);
    await workbench.waitForRow(/Qwen3 8B.*loaded, idle/, front.view);
    await workbench.screenshot('server back');
  });
});
