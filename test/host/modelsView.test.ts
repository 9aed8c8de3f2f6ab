/** The models view beyond its rows: filter and order, several rows at once, details, chat, and quiet under polls. */
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { CatalogModel } from '../../src/llm/lmstudio/catalog';
import { COMMANDS } from '../../src/vscode/ids';
import type { ModelNode } from '../../src/vscode/models/modelNode';
import type { TestHooks } from '../../src/vscode/testHooks';
import { gate } from '../simulator/gate';
import { type ModelSpec, sampleModels } from '../simulator/models';
import type { Simulator } from '../simulator/server';
import { activated, allRows, connectSimulator, eventually, notices, rowOf, setSetting } from './support';

const QWEN = 'qwen/qwen3-8b';
const GPT = 'openai/gpt-oss-20b';
const CODER = 'qwen/qwen3-coder-30b';
const MANY = 1_000;

describe('the models view at work', () => {
  let hooks: TestHooks;
  let simulator: Simulator;
  let loading = gate();

  const refresh = async (): Promise<void> => {
    await hooks.refresh();
  };
  const modelOf = (key: string): CatalogModel =>
    hooks.snapshot().models.find((model) => model.key === key) ?? assert.fail(key);
  const nodeOf = (key: string): ModelNode => ({ kind: 'model', model: modelOf(key) });
  const names = (): string[] =>
    allRows(hooks.treeRows()).flatMap(({ id, label }) => (id.startsWith('model:') ? [label] : []));
  const load = async (...keys: string[]): Promise<void> => {
    for (const key of keys) await vscode.commands.executeCommand(COMMANDS.loadModel, nodeOf(key));
  };
  /** The rows that were drawn anew while `work` ran: their kinds and keys, or 'all'. */
  const drawn = async (work: () => PromiseLike<unknown>): Promise<string[]> => {
    const fired: string[] = [];
    const listening = hooks.modelsView.tree.onDidChangeTreeData((nodes) => {
      fired.push(...(nodes ? nodes.map((node) => (node.kind === 'model' ? node.model.key : node.kind)) : ['all']));
    });
    try {
      await work();
    } finally {
      listening.dispose();
    }
    return fired;
  };

  before(async () => {
    hooks = await activated();
    simulator = await connectSimulator(hooks, { beforeLoad: () => loading.promise });
    await eventually(() => assert.equal(hooks.snapshot().health.kind, 'online'));
    loading.open();
  });

  beforeEach(() => hooks.dialogs.reset());

  after(async () => {
    await vscode.commands.executeCommand(COMMANDS.clearModelFilter);
    await hooks.modelsView.arrangement.sort('name');
    await simulator.close();
  });

  it('shows only what a person asks for, says so, and shows all again', async () => {
    hooks.dialogs.answerNext(['Name contains…', 'Only with tools'], 'qwen');
    await vscode.commands.executeCommand(COMMANDS.filterModels);
    assert.deepEqual(names(), ['Qwen3 8B', 'Qwen3 Coder 30B']);
    assert.match(hooks.modelsView.view.description ?? '', /^127\.0\.0\.1:\d+ · filter: "qwen", tools$/);
    assert.deepEqual(
      hooks.treeRows().map(({ label, description }) => [label, description]),
      [
        ['In Memory', '1'],
        ['Chat', '1 of 3'],
      ],
    );

    hooks.dialogs.reset();
    hooks.dialogs.answerNext(['Only in memory']);
    await vscode.commands.executeCommand(COMMANDS.filterModels);
    const [question] = hooks.dialogs.seen;
    assert.ok(question?.kind === 'pickMany');
    const picked = question.choices.filter(({ isPicked }) => isPicked).map(({ label }) => label);
    assert.deepEqual(picked, ['Name contains…', 'Only with tools'], 'what is in force is ticked');
    assert.deepEqual(names(), ['Qwen3 8B']);

    await vscode.commands.executeCommand(COMMANDS.clearModelFilter);
    assert.equal(names().length, 6);
    assert.doesNotMatch(hooks.modelsView.view.description ?? '', /filter/);
  });

  it('sorts within the groups, and says in which order', async () => {
    hooks.dialogs.answerNext('Size');
    await vscode.commands.executeCommand(COMMANDS.sortModels);
    const chat = hooks.treeRows().find(({ label }) => label === 'Chat');
    assert.deepEqual(
      chat?.children.map(({ label }) => label),
      ['Qwen3 Coder 30B', 'Devstral Small 2507', 'GPT-OSS 20B'],
    );
    assert.match(hooks.modelsView.view.description ?? '', / · by size$/);
    hooks.dialogs.answerNext('Name');
    await vscode.commands.executeCommand(COMMANDS.sortModels);
    assert.doesNotMatch(hooks.modelsView.view.description ?? '', /by/);
  });

  it('puts what was loaded last first, where that is the order', async () => {
    await load(CODER);
    await vscode.commands.executeCommand(COMMANDS.unloadModel, nodeOf(CODER));
    hooks.dialogs.answerNext('Last use');
    await vscode.commands.executeCommand(COMMANDS.sortModels);
    const chat = hooks.treeRows().find(({ label }) => label === 'Chat');
    const labels = chat?.children.map(({ label }) => label);
    assert.deepEqual(labels, ['Qwen3 Coder 30B', 'Devstral Small 2507', 'GPT-OSS 20B']);
    const tooltip: string = rowOf(hooks, 'Qwen3 Coder 30B').tooltip;
    assert.match(tooltip, /\nUsed last: \d{4}-\d\d-\d\d \d\d:\d\d UTC\n/);
    await hooks.modelsView.arrangement.sort('name');
  });

  it('counts what loads or works on its badge', async () => {
    const badge = () => hooks.modelsView.view.badge;
    assert.equal(badge(), undefined);
    loading = gate();
    const done = load(GPT);
    await eventually(() => assert.equal(badge()?.value, 1));
    assert.equal(badge()?.tooltip, '1 model is loading or at work');
    const rows = hooks.treeRows();
    assert.deepEqual(
      rows[0]?.children.map(({ label }) => label),
      ['GPT-OSS 20B', 'Qwen3 8B'],
      'what loads stands among what is in memory',
    );
    loading.open();
    await done;
    assert.equal(badge(), undefined);
  });

  it('unloads all models that are selected, without a list to tick', async () => {
    await load(CODER);
    await refresh();
    const rows = [nodeOf(GPT), nodeOf(CODER)];
    await vscode.commands.executeCommand(COMMANDS.unloadModel, rows[0], rows);
    assert.match(rowOf(hooks, 'GPT-OSS 20B').description, /^not loaded/);
    assert.match(rowOf(hooks, 'Qwen3 Coder 30B').description, /^not loaded/);
    assert.match(rowOf(hooks, 'Qwen3 8B').description, /^loaded/, 'what is not selected stays');
    assert.ok(!hooks.dialogs.seen.some(({ kind }) => kind === 'pickMany'));
  });

  it('shows a model in one document of its name, which is renewed', async () => {
    const tabs = (): string[] => vscode.window.tabGroups.all.flatMap((group) => group.tabs.map(({ label }) => label));
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await vscode.commands.executeCommand(COMMANDS.showModel, nodeOf(CODER));
    const document = vscode.window.activeTextEditor?.document;
    assert.ok(document);
    assert.match(document.getText(), /\nState: not loaded/);
    await vscode.commands.executeCommand(COMMANDS.showModel, nodeOf(QWEN));
    await load(CODER);
    await vscode.commands.executeCommand(COMMANDS.showModel, nodeOf(CODER));
    await eventually(() => assert.match(document.getText(), /\nState: loaded/));
    assert.equal(vscode.window.activeTextEditor?.document, document);
    assert.deepEqual(tabs(), ['Qwen3 Coder 30B', 'Qwen3 8B']);
    await vscode.commands.executeCommand(COMMANDS.unloadModel, nodeOf(CODER));
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  it('shows all that is known of a model as a page', async () => {
    await vscode.commands.executeCommand(COMMANDS.showModel, nodeOf(QWEN));
    const text = vscode.window.activeTextEditor?.document.getText() ?? '';
    assert.match(text, /^Qwen3 8B\nId: qwen\/qwen3-8b\nState: loaded, idle\n/);
    assert.match(text, /\nServer: LM Studio, http:\/\/127\.0\.0\.1:\d+\nIn settings and task files: qwen\/qwen3-8b\n/);
    assert.match(text, /stands under My Models\. Search there for "qwen\/qwen3-8b"\./);
    await vscode.commands.executeCommand('workbench.action.closeActiveEditor');
    hooks.dialogs.answerNext('Nomic Embed Text v1.5');
    await vscode.commands.executeCommand(COMMANDS.showModel);
    assert.match(vscode.window.activeTextEditor?.document.getText() ?? '', /^Nomic Embed/, 'asks without a row');
    await vscode.commands.executeCommand('workbench.action.closeActiveEditor');
  });

  it('opens the chat with a model, or says what to pick there', async () => {
    await vscode.commands.executeCommand(COMMANDS.useInChat, nodeOf(QWEN));
    const known = await vscode.lm.selectChatModels({ vendor: 'lmstudio-bridge', id: QWEN });
    const told = notices(hooks).map(({ level, message }) => `${level}: ${message}`);
    if (known.length > 0) assert.deepEqual(told, []);
    else
      assert.match(told.join(), /^info: The chat is open\. Pick Qwen3 8B in its list|^error: This VS Code has no chat/);
    hooks.dialogs.reset();
    hooks.dialogs.answerNext(undefined);
    await vscode.commands.executeCommand(COMMANDS.useInChat);
    assert.deepEqual(notices(hooks), [], 'closing the question is no error');
    await vscode.commands.executeCommand('workbench.action.closeAuxiliaryBar');
  });

  it('draws nothing where a poll has no news, and only the row of which it has', async () => {
    assert.deepEqual(await drawn(refresh), []);
    const { catalog } = await hooks.connections.main.connection.get();
    const marks = await drawn(() => {
      catalog.markActivity(QWEN, 'generating').dispose();
      return Promise.resolve();
    });
    assert.deepEqual([...new Set(marks)], [QWEN]);
  });

  describe('with very many models', () => {
    const many = (): ModelSpec[] => {
      const onDisk = sampleModels().find(({ key }) => key === CODER) ?? assert.fail(CODER);
      return Array.from({ length: MANY }, (_, index) => {
        const name = `model-${String(index).padStart(4, '0')}`;
        const spec = { ...onDisk, key: name, displayName: name, variants: [] };
        return index === 500 ? { ...spec, loadedContext: 8_192 } : spec;
      });
    };

    before(async () => {
      await simulator.close();
      simulator = await connectSimulator(hooks, { models: many() });
      await eventually(() => assert.equal(hooks.snapshot().models.length, MANY));
      await setSetting('refreshInterval', 1);
    });

    after(() => setSetting('refreshInterval', undefined));

    it('keeps what is selected, also where models load and unload around it', async () => {
      const { view, tree } = hooks.modelsView;
      const group = tree.getChildren().find((node) => node.kind === 'group' && node.group === 'chat');
      const node = tree.getChildren(group).find((row) => row.kind === 'model' && row.model.key === 'model-0100');
      assert.ok(node);
      await view.reveal(node, { select: true, focus: false });
      const isSelected = () =>
        eventually(() => {
          const keys = view.selection.map((row) => (row.kind === 'model' ? row.model.key : row.kind));
          assert.deepEqual(keys, ['model-0100']);
        });
      await isSelected();
      let changes = 0;
      const listening = view.onDidChangeSelection(() => changes++);
      for (const key of ['model-0099', 'model-0101']) {
        await load(key);
        assert.deepEqual(await drawn(refresh), [], 'a second look at the same list');
        const moved = await drawn(() => vscode.commands.executeCommand(COMMANDS.unloadModel, nodeOf(key)));
        // The other one is what tasks use again.
        assert.deepEqual([...new Set(moved)].sort(), ['group', key, 'model-0500'].sort(), 'not the whole view');
        await isSelected();
      }
      listening.dispose();
      assert.equal(changes, 0, 'it was not lost for a moment either');
    });

    it('finds its way through them by the filter', async () => {
      hooks.dialogs.answerNext(['Name contains…'], '-077');
      await vscode.commands.executeCommand(COMMANDS.filterModels);
      assert.equal(names().length, 10);
      hooks.dialogs.answerNext(['Name contains…'], 'no such model');
      await vscode.commands.executeCommand(COMMANDS.filterModels);
      assert.deepEqual(hooks.treeRows(), [], 'the welcome text says why');
      await vscode.commands.executeCommand(COMMANDS.clearModelFilter);
      assert.equal(names().length, MANY);
    });
  });
});
