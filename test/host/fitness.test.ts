import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { COMMANDS } from '../../src/vscode/ids';
import type { TestHooks } from '../../src/vscode/testHooks';
import { sampleModels } from '../simulator/models';
import { type Simulator, startSimulator } from '../simulator/server';
import { expert } from '../support/toolExpert';
import { activated, connectSimulator, eventually, notices, questions, rowOf } from './support';

const QWEN = 'qwen/qwen3-8b';
const GPT = 'openai/gpt-oss-20b';

describe('the self-test of a model in the editor', () => {
  let hooks: TestHooks;
  let simulator: Simulator;

  before(async () => {
    hooks = await activated();
    simulator = await connectSimulator(hooks, { script: expert });
    await eventually(() => assert.equal(hooks.snapshot().health.kind, 'online'));
  });

  beforeEach(() => hooks.dialogs.reset());

  after(() => simulator.close());

  const node = (key: string) => ({ kind: 'model', model: hooks.snapshot().models.find((model) => model.key === key) });
  const test = (argument?: unknown) => vscode.commands.executeCommand(COMMANDS.testToolUse, argument);

  it('is told by the row of the model: seen, heard and in its tooltip', async () => {
    assert.match(rowOf(hooks, 'Qwen3 8B').tooltip, /^Tools: not tested$/m);
    assert.doesNotMatch(rowOf(hooks, 'Qwen3 8B').description, /tools:/);
    await test(node(QWEN));
    assert.match(notices(hooks)[0]?.message ?? '', /^Tools of Qwen3 8B: reliable, 5 of 5 probes in \d+\.\d s\.$/);
    const { description, tooltip, accessibleLabel } = rowOf(hooks, 'Qwen3 8B');
    assert.match(description, /tools: reliable/);
    assert.match(accessibleLabel, /use of tools: reliable/);
    assert.match(tooltip, /^Tools: reliable, tested on \d{4}-\d\d-\d\d$/m);
    assert.equal(questions(hooks).length, 0, 'a model in memory needs no yes');
  });

  it('is told by the picks of models', async () => {
    await vscode.commands.executeCommand(COMMANDS.selectModel);
    const choices = hooks.dialogs.seen.flatMap((dialog) => (dialog.kind === 'pickOne' ? dialog.choices : []));
    assert.match(choices.find(({ label }) => label === 'Qwen3 8B')?.detail ?? '', /tools: reliable/);
  });

  it('asks before it loads a model, and closing the question means no', async () => {
    await test(node(GPT));
    assert.match(questions(hooks)[0]?.message ?? '', /GPT-OSS 20B is not in memory\. Load it to test it\?/);
    assert.equal(simulator.models.instancesOf(GPT).length, 0);
    hooks.dialogs.answerNext('GPT-OSS 20B', 'Load and Test');
    simulator.setScript((request) =>
      request.messages.at(1)?.content.includes('safe') === true ? { text: 'I cannot open it.' } : expert(request),
    );
    await test();
    simulator.setScript(expert);
    assert.equal(simulator.models.instancesOf(GPT).length, 1);
    const [notice] = notices(hooks);
    assert.equal(notice?.level, 'warning');
    assert.match(notice.message, /shaky, 4 of 5 .*; recovery from an error: it called no tool\.$/);
    await eventually(() => assert.match(rowOf(hooks, 'GPT-OSS 20B').description, /tools: shaky/));
  });

  it('is not told of the same model in another quantisation', async () => {
    const { port } = simulator;
    await simulator.close();
    const models = sampleModels().map((spec) =>
      spec.key === QWEN ? { ...spec, quantization: { name: 'Q8_0', bits: 8 } } : spec,
    );
    simulator = await startSimulator({ port, models, script: expert });
    await hooks.refresh();
    await eventually(() => assert.match(rowOf(hooks, 'Qwen3 8B').description, /Q8_0/));
    assert.doesNotMatch(rowOf(hooks, 'Qwen3 8B').description, /tools:/);
    assert.match(rowOf(hooks, 'Qwen3 8B').tooltip, /^Tools: not tested$/m);
  });

  it('says why where nothing could be found out, and the last result stays', async () => {
    await test(node(QWEN));
    hooks.dialogs.reset();
    simulator.setScript(() => ({ text: '', resetSocket: true }));
    await test(node(QWEN));
    assert.equal(notices(hooks)[0]?.level, 'error');
    assert.match(rowOf(hooks, 'Qwen3 8B').description, /tools: reliable/);
  });
});
