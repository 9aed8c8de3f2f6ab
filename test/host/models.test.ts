import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { COMMANDS } from '../../src/vscode/ids';
import type { TestHooks } from '../../src/vscode/testHooks';
import { gate } from '../simulator/gate';
import type { Simulator } from '../simulator/server';
import { activated, connectSimulator, eventually, notices, rowOf, setSetting } from './support';

describe('the models view', () => {
  let hooks: TestHooks;
  let simulator: Simulator;
  let loading = gate();
  let isHeld = false;

  before(async () => {
    hooks = await activated();
    simulator = await connectSimulator(hooks, { beforeLoad: () => (isHeld ? loading.promise : Promise.resolve()) });
    await eventually(() => assert.equal(hooks.snapshot().health.kind, 'online'));
  });

  beforeEach(() => {
    hooks.dialogs.reset();
  });

  after(async () => {
    await setSetting('model', undefined);
    await simulator.close();
  });

  const picks = () => hooks.dialogs.seen.flatMap((dialog) => (dialog.kind === 'pickOne' ? [dialog] : []));

  it('lists what is in memory first, then the other models by what they are for, with their number', () => {
    const rows = hooks.treeRows();
    assert.deepEqual(
      rows.map(({ label, description, children }) => [label, description, ...children.map((row) => row.label)]),
      [
        ['In Memory', '1', 'Qwen3 8B'],
        ['Chat', '3', 'Devstral Small 2507', 'GPT-OSS 20B', 'Qwen3 Coder 30B'],
        ['Vision', '1', 'Gemma 3 12B'],
        ['Embeddings', '1', 'Nomic Embed Text v1.5'],
      ],
    );
    assert.equal(rows[1]?.accessibleLabel, 'Chat, models: 3. Models for text.');
    assert.equal(rowOf(hooks, 'Nomic Embed Text v1.5').contextValue, 'embedding.notLoaded');
  });

  it('says of a model what one wants to know, to eyes and ears', () => {
    const row = rowOf(hooks, 'Qwen3 8B');
    assert.equal(row.description, 'loaded, idle · for tasks · 32k of 40k context · Q4_K_M · 5.0 GB · tools, reasoning');
    assert.equal(
      row.accessibleLabel,
      'Qwen3 8B, chat model, loaded, idle, used for tasks, 32k of 40k context, quantization Q4_K_M, 5.0 GB, tools, reasoning',
    );
    assert.equal(row.contextValue, 'chat.loaded');
    assert.equal(row.id, 'model:qwen/qwen3-8b');
    assert.match(row.tooltip, /Id: qwen\/qwen3-8b\n/);
    assert.match(row.tooltip, /Trained for tools: yes\n/);
    assert.equal(
      rowOf(hooks, 'GPT-OSS 20B').description,
      'not loaded · up to 128k context · MXFP4 · 12.1 GB · tools, reasoning',
    );
  });

  it('shows a load from its beginning to its end, and the unload', async () => {
    isHeld = true;
    const key = 'openai/gpt-oss-20b';
    const model = hooks.snapshot().models.find((candidate) => candidate.key === key);
    const done = vscode.commands.executeCommand(COMMANDS.loadModel, { kind: 'model', model });
    await eventually(() => assert.match(rowOf(hooks, 'GPT-OSS 20B').description, /^loading/));
    assert.equal(rowOf(hooks, 'GPT-OSS 20B').contextValue, 'chat.loading');
    loading.open();
    await done;
    assert.match(rowOf(hooks, 'GPT-OSS 20B').description, /^loaded, idle · 4k of 128k context/);
    isHeld = false;
    loading = gate();

    await vscode.commands.executeCommand(COMMANDS.unloadModel, { kind: 'model', model });
    assert.match(rowOf(hooks, 'GPT-OSS 20B').description, /^not loaded/);
  });

  it('loads with options that a person gives, and explains and checks each', async () => {
    hooks.dialogs.answerNext('Qwen3 Coder 30B', 'Context length', '16384', 'Flash attention', 'Off', 'Load');
    await vscode.commands.executeCommand(COMMANDS.loadModelWithOptions);
    assert.match(rowOf(hooks, 'Qwen3 Coder 30B').description, /16k of 256k context/);
    assert.deepEqual(simulator.requests.findLast(({ path }) => path.endsWith('/load'))?.body, {
      model: 'qwen/qwen3-coder-30b',
      echo_load_config: true,
      context_length: 16_384,
      flash_attention: false,
    });
    assert.match(
      notices(hooks)[0]?.message ?? '',
      /Qwen3 Coder 30B was loaded in 00:0\d with 16,384 tokens of context/,
    );
    const input = hooks.dialogs.seen.find((dialog) => dialog.kind === 'input');
    assert.equal(input?.options.validate?.('999999999'), 'Write a whole number from 1 to 262144.');
    assert.equal(input.options.validate('16384'), undefined);
    const menus = picks();
    const [options] = menus.filter(({ options: { title } }) => title === 'Load Model with Options').slice(1);
    assert.ok(options?.choices.slice(1).every(({ detail = '' }) => detail.length > 20));
    assert.equal(menus.at(-1)?.choices.find(({ label }) => label === 'Context length')?.description, '16,384');

    hooks.dialogs.reset();
    hooks.dialogs.answerNext(['qwen/qwen3-coder-30b']);
    await vscode.commands.executeCommand(COMMANDS.unloadModel);
    assert.match(rowOf(hooks, 'Qwen3 Coder 30B').description, /^not loaded/);
  });

  it('says when the server took another context length than asked for', async () => {
    hooks.dialogs.answerNext('Devstral Small 2507', 'Context length', '65536', 'Load');
    await vscode.commands.executeCommand(COMMANDS.loadModelWithOptions);
    assert.match(
      notices(hooks)[0]?.message ?? '',
      /other than asked: asked for a context length of 65,536, loaded with 4,096/,
    );
    assert.equal(notices(hooks)[0]?.level, 'warning');
    const choices = picks().at(-1)?.choices ?? [];
    assert.deepEqual(
      choices.map(({ label }) => label),
      ['Load', 'Context length'],
      'the MLX engine takes nothing else',
    );
    await vscode.commands.executeCommand(COMMANDS.unloadOwned);
    assert.match(notices(hooks).at(-1)?.message ?? '', /^Unloaded: mistralai\/devstral-small-2507\.$/);
  });

  it('shows several copies of a model as rows of their own', async () => {
    const response = await fetch(`${simulator.url}/api/v1/models/load`, {
      method: 'POST',
      body: JSON.stringify({ model: 'qwen/qwen3-8b', context_length: 8192 }),
    });
    assert.equal(response.status, 200);
    await hooks.refresh();
    const row = rowOf(hooks, 'Qwen3 8B');
    assert.match(row.description, /2 copies/);
    assert.deepEqual(
      row.children.map(({ label, description, contextValue }) => [label, description, contextValue]),
      [
        ['qwen/qwen3-8b', 'loaded · 32k context', 'instance.loaded'],
        ['qwen/qwen3-8b:2', 'loaded · 8k context', 'instance.loaded'],
      ],
    );
    await vscode.commands.executeCommand(COMMANDS.unloadOwned);
    assert.match(notices(hooks)[0]?.message ?? '', /^This window has loaded nothing/, 'it is of another program');
    hooks.dialogs.answerNext(['qwen/qwen3-8b:2']);
    await vscode.commands.executeCommand(COMMANDS.unloadModel);
    assert.deepEqual(rowOf(hooks, 'Qwen3 8B').children, []);
  });

  it('marks the model that a person chose for tasks, and follows the setting', async () => {
    hooks.dialogs.answerNext('GPT-OSS 20B');
    await vscode.commands.executeCommand(COMMANDS.selectModel);
    await eventually(() => assert.match(rowOf(hooks, 'GPT-OSS 20B').description, /^not loaded · for tasks/));
    assert.ok(!rowOf(hooks, 'Qwen3 8B').description.includes('for tasks'));
    assert.equal(hooks.status()?.text, '$(check) LM Studio: gpt-oss-20b');

    await setSetting('model', 'no/such-model');
    await eventually(() => assert.equal(hooks.status()?.text, '$(warning) LM Studio: no model "such-model"'));

    hooks.dialogs.answerNext('Automatic');
    await vscode.commands.executeCommand(COMMANDS.selectModel);
    await eventually(() => assert.match(rowOf(hooks, 'Qwen3 8B').description, /^loaded, idle · for tasks/));
  });

  it('copies the id of a model', async () => {
    const model = hooks.snapshot().models.find(({ key }) => key === 'qwen/qwen3-8b');
    await vscode.commands.executeCommand(COMMANDS.copyModelId, { kind: 'model', model });
    assert.equal(await vscode.env.clipboard.readText(), 'qwen/qwen3-8b');
  });
});
