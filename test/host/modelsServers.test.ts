/** Several model servers in one window. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { RunEnd } from '../../src/tasks/types';
import { COMMANDS } from '../../src/vscode/ids';
import type { ModelNode } from '../../src/vscode/models/modelNode';
import type { TestHooks, TreeRow } from '../../src/vscode/testHooks';
import { gate } from '../simulator/gate';
import { type Simulator, startSimulator } from '../simulator/server';
import { activated, allRows, connectSimulator, eventually, notices, rejection, setSetting } from './support';

const GPT = 'openai/gpt-oss-20b';
const TOKEN = 'sk-lm-abcdefgh:ABCDEFGHIJKLMNOPQRST';

describe('several model servers side by side', () => {
  let hooks: TestHooks;
  let main: Simulator;
  let gpu: Simulator;

  const serverRow = (label: string): TreeRow =>
    hooks.treeRows().find((row) => row.label === label) ?? assert.fail(`no server ${label}`);
  const rowBelow = (server: string, label: string): TreeRow =>
    allRows(serverRow(server).children).find((row) => row.label === label) ?? assert.fail(`no ${label} on ${server}`);
  const nodeOf = (server: string | undefined, key: string): ModelNode => {
    const models = hooks.connections.named(server)?.connection.snapshot.models ?? [];
    return { kind: 'model', server, model: models.find((model) => model.key === key) ?? assert.fail(key) };
  };
  const chats = (simulator: Simulator) => simulator.requests.filter(({ path }) => /\/chat(\/completions)?$/.test(path));
  const run = (args: object): Thenable<RunEnd> =>
    vscode.commands.executeCommand<RunEnd>(COMMANDS.runWithServer, { server: 'filesystem', ...args });
  const isOnline = (...names: (string | undefined)[]) =>
    eventually(() => {
      for (const name of names)
        assert.equal(hooks.connections.named(name)?.connection.snapshot.health.kind, 'online', String(name));
    });

  before(async () => {
    hooks = await activated();
    main = await connectSimulator(hooks);
    gpu = await startSimulator();
    await setSetting('servers', [{ name: 'gpu', url: gpu.url }]);
    await isOnline(undefined, 'gpu');
    await vscode.commands.executeCommand(COMMANDS.forgetConsent);
  });

  beforeEach(() => hooks.dialogs.reset());

  after(async () => {
    await setSetting('servers', undefined);
    await setSetting('model', undefined);
    await Promise.all([main.close(), gpu.close()]);
  });

  it('stand as rows with their state above the groups of their models', () => {
    assert.deepEqual(
      hooks.treeRows().map(({ label, children }) => [label, ...children.map((row) => row.label)]),
      [
        ['LM Studio', 'In Memory', 'Chat', 'Vision', 'Embeddings'],
        ['gpu', 'In Memory', 'Chat', 'Vision', 'Embeddings'],
      ],
    );
    const { description, accessibleLabel, contextValue } = serverRow('gpu');
    const place = gpu.url.replace('http://', '');
    assert.equal(description, `online, 6 models, in memory: 1 · ${place}`);
    assert.equal(accessibleLabel, `Model server gpu, online, 6 models, in memory: 1, ${place}`);
    assert.equal(contextValue, 'server.online');
    assert.equal(hooks.modelsView.view.description, '2 servers');
    const ids = allRows(hooks.treeRows()).map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length, 'the same model on two servers has two ids');
  });

  it('load and unload each on its own, from a row or a list with headings', async () => {
    await vscode.commands.executeCommand(COMMANDS.loadModel, nodeOf('gpu', GPT));
    assert.match(rowBelow('gpu', 'GPT-OSS 20B').description, /^loaded, idle/);
    assert.match(rowBelow('LM Studio', 'GPT-OSS 20B').description, /^not loaded/);
    assert.deepEqual([gpu.models.instancesOf(GPT).length, main.models.instancesOf(GPT).length], [1, 0]);

    hooks.dialogs.answerNext([`gpu::${GPT}`]);
    await vscode.commands.executeCommand(COMMANDS.unloadModel);
    assert.match(rowBelow('gpu', 'GPT-OSS 20B').description, /^not loaded/);

    hooks.dialogs.reset();
    hooks.dialogs.answerNext(undefined);
    await vscode.commands.executeCommand(COMMANDS.loadModelWithOptions);
    const [pick] = hooks.dialogs.seen;
    assert.ok(pick?.kind === 'pickOne');
    const headings = pick.choices.filter(({ isHeading }) => isHeading).map(({ label }) => label);
    assert.deepEqual(headings, ['Server LM Studio', 'Server gpu']);
    assert.ok(pick.choices.some(({ description }) => description === `gpu::${GPT}`));

    const rows = [nodeOf('gpu', 'qwen/qwen3-8b'), nodeOf(undefined, 'qwen/qwen3-8b')];
    await vscode.commands.executeCommand(COMMANDS.unloadModel, rows[0], rows);
    assert.deepEqual(
      [gpu, main].map(({ models }) => models.instancesOf('qwen/qwen3-8b').length),
      [0, 0],
    );
    for (const node of rows) await vscode.commands.executeCommand(COMMANDS.loadModel, node);
    await vscode.commands.executeCommand(COMMANDS.unloadOwned);
    assert.deepEqual(
      [gpu, main].map(({ models }) => models.instancesOf('qwen/qwen3-8b').length),
      [0, 0],
    );
    for (const node of rows) await vscode.commands.executeCommand(COMMANDS.loadModel, node);
  });

  it('run the tasks whose model they have, and only those', async () => {
    await vscode.commands.executeCommand(COMMANDS.useForTasks, nodeOf('gpu', 'qwen/qwen3-8b'));
    await eventually(() => assert.match(rowBelow('gpu', 'Qwen3 8B').description, / · for tasks · /));
    assert.doesNotMatch(rowBelow('LM Studio', 'Qwen3 8B').description, /for tasks/);
    assert.equal(hooks.status()?.text, '$(check) LM Studio: qwen3-8b');
    assert.match(hooks.status()?.tooltip ?? '', new RegExp(`Server: ${gpu.url}`));

    gpu.setScript([{ text: 'From the GPU.' }]);
    main.setScript([{ text: 'From here.' }]);
    hooks.dialogs.answerNext('Start');
    const end = await run({ task: 'Say where you are' });
    assert.equal(end.text, 'From the GPU.', 'the setting names the server');
    assert.deepEqual([chats(gpu).length, chats(main).length], [1, 0]);
    const other = await run({ task: 'Say where you are', model: 'qwen/qwen3-8b' });
    assert.equal(other.text, 'From here.', 'without a name it is the main server');

    const journals = readdirSync(hooks.journalFolder).map((name) =>
      readFileSync(join(hooks.journalFolder, name), 'utf8'),
    );
    const own = journals.filter((text) => text.includes('Say where you are') && text.includes('gpu::qwen/qwen3-8b'));
    assert.equal(own.length, 1, 'a task that is taken up again finds its server');
  });

  it('have lanes of their own: a task on one does not wait for the other', async () => {
    const held = gate();
    gpu.setScript(() => ({ text: 'Late.', holdHeaders: held.promise }));
    main.setScript([{ text: 'At once.' }]);
    const slow = [run({ task: 'One', model: 'gpu::qwen/qwen3-8b' }), run({ task: 'Two', model: 'gpu::qwen/qwen3-8b' })];
    await eventually(() =>
      assert.match(rowBelow('gpu', 'Qwen3 8B').description, /^loaded, processing prompt, 1 task queued · /),
    );
    assert.match(rowBelow('LM Studio', 'Qwen3 8B').description, /^loaded, idle · /);
    const fast = await run({ task: 'Three', model: 'qwen/qwen3-8b' });
    assert.equal(fast.text, 'At once.');
    held.open();
    for (const { status } of await Promise.all(slow)) assert.equal(status, 'completed');
    await eventually(() => assert.match(rowBelow('gpu', 'Qwen3 8B').description, /^loaded, idle · /));
  });

  it('keep their models as the last known where one goes away, with a row that says why', async () => {
    const { port } = gpu;
    await gpu.close();
    await hooks.connections.refresh();
    const { description, children, contextValue } = serverRow('gpu');
    assert.match(description, /^not reachable · /);
    assert.equal(contextValue, 'server.offline');
    assert.equal(children[0]?.contextValue, 'note.offline');
    assert.match(children[0].accessibleLabel, /^Model server gpu: /);
    assert.match(rowBelow('gpu', 'Qwen3 8B').description, /^state unknown, server not reachable/);
    assert.match(rowBelow('LM Studio', 'Qwen3 8B').description, /^loaded, idle/);
    gpu = await startSimulator({ port });
    await vscode.commands.executeCommand(COMMANDS.refreshModels, { kind: 'server', server: 'gpu' });
    assert.match(serverRow('gpu').description, /^online/);
  });

  it('have a token of their own each', async () => {
    const { port } = gpu;
    await gpu.close();
    gpu = await startSimulator({ port, token: TOKEN });
    await vscode.commands.executeCommand(COMMANDS.refreshModels);
    assert.match(serverRow('gpu').description, /^needs an API token · /);
    assert.match(serverRow('LM Studio').description, /^online/);
    // Its row and the one below it offer to set the token.
    assert.equal(serverRow('gpu').contextValue, 'server.auth');
    assert.equal(serverRow('gpu').children[0]?.contextValue, 'note.auth');
    hooks.dialogs.answerNext(TOKEN);
    await vscode.commands.executeCommand(COMMANDS.setToken, { kind: 'server', server: 'gpu' });
    assert.match(serverRow('gpu').description, /^online/);
    const asked = main.requests.map(({ headers }) => headers.authorization);
    assert.ok(
      asked.every((header) => header === undefined),
      'no other server ever gets it',
    );

    hooks.dialogs.answerNext('gpu');
    await vscode.commands.executeCommand(COMMANDS.removeToken);
    assert.match(serverRow('gpu').description, /^needs an API token · /);
    await gpu.close();
    gpu = await startSimulator({ port });
    await vscode.commands.executeCommand(COMMANDS.refreshModels);
  });

  it('are told of by name where the setting is wrong, and the others stay', async () => {
    const connection = hooks.connections.named('gpu')?.connection;
    await setSetting('servers', [
      { name: 'gpu', url: gpu.url },
      { name: 'lab', url: 'ftp://lab' },
    ]);
    const problem =
      'The setting lmstudioBridge.servers is wrong. The "url" of the server "lab": "ftp://lab" is not the address of a server.';
    await eventually(() =>
      assert.match(notices(hooks)[0]?.message ?? '', /^The setting lmstudioBridge\.servers must be /),
    );
    assert.equal(notices(hooks).length, 1);
    assert.equal(hooks.treeMessage(), problem);
    assert.equal(hooks.connections.named('gpu')?.connection, connection, 'the same connection as before');
    assert.match(
      await rejection(COMMANDS.runWithServer, { server: 'filesystem', task: 'Go', model: 'lab::x' }),
      /There is no model server "lab" in the setting lmstudioBridge\.servers\./,
    );
  });

  it('leave as they came: with one server everything is as before', async () => {
    await setSetting('model', undefined);
    await setSetting('servers', undefined);
    await eventually(() => assert.equal(hooks.treeRows()[0]?.label, 'In Memory'));
    assert.equal(hooks.treeMessage(), undefined);
    assert.match(hooks.modelsView.view.description ?? '', /^127\.0\.0\.1:\d+$/);
  });
});
