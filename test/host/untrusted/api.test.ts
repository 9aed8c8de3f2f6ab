import assert from 'node:assert/strict';
import type { TestHooks } from '../../../src/vscode/testHooks';
import type { Simulator } from '../../simulator/server';
import { activated, connectSimulator, eventually, exportsOf } from '../support';

describe('the interface for other extensions, in a folder that nobody trusts', () => {
  let hooks: TestHooks;
  let simulator: Simulator;

  before(async () => {
    hooks = await activated();
    simulator = await connectSimulator(hooks);
    await eventually(() => assert.equal(hooks.snapshot().health.kind, 'online'));
  });

  beforeEach(() => {
    hooks.dialogs.reset();
  });

  after(() => simulator.close());

  it('lists the models', async () => {
    const models = await (await exportsOf()).models();
    assert.ok(models.some(({ id }) => id === 'qwen/qwen3-8b'));
  });

  it('runs no task, and asks nobody', async () => {
    const bridge = await exportsOf();
    await assert.rejects(bridge.runTask({ task: 'What is here?' }), {
      name: 'LMStudioBridgeError',
      code: 'usage',
      message: 'Tasks and MCP servers are off, because this folder is not trusted.',
    });
    assert.deepEqual(hooks.dialogs.seen, []);
    assert.ok(!simulator.requests.some(({ path }) => path.includes('/chat')));
  });
});
