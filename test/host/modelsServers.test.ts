/** Several model servers in one window. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { RunEnd } from '../../src/tasks/types';
import { COMMANDS } from '../../src/vscode/ids';
import type { ModelNode } from '../../src/vscode/models/modelNode';
import type { TestHooks, TreeRow } from '../../src/vscode/testHooks';
import { gate } from '../simulator/gate';
import { type Simulator, startSimulator } from '../simulator/server';
import {
  activated,
  allRows,
  connectSimulator,
  eventually,
  notices,
  rejection,
  setSetting,
  workspaceFolder,
} from './support';

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

  it('are named by every row below them, for whoever hears one row alone', () => {
    const rows = allRows(serverRow('gpu').children);
    assert.ok(rows.length > 6);
    for (const { accessibleLabel } of rows) assert.match(accessibleLabel, /on model server gpu/, accessibleLabel);
    assert.match(rowBelow('LM Studio', 'Qwen3 8B').accessibleLabel, /, on model server LM Studio$/);
  });

  it('keep nobody waiting where one of them hangs', async () => {
    const hung = createServer(() => undefined);
    hung.listen(0, '127.0.0.1');
    await once(hung, 'listening');
    const { port } = hung.address() as AddressInfo;
    await setSetting('servers', [
      { name: 'gpu', url: gpu.url },
      { name: 'hung', url: `http://127.0.0.1:${port}` },
    ]);
    await eventually(() => assert.ok(hooks.connections.named('hung')));
    let hasAnswered = false;
    void hooks.connections
      .named('hung')
      ?.connection.refresh()
      .then(() => (hasAnswered = true));
    await vscode.commands.executeCommand(COMMANDS.loadModel, nodeOf('gpu', GPT));
    await vscode.commands.executeCommand(COMMANDS.unloadModel, nodeOf('gpu', GPT));
    hooks.dialogs.reset();
    hooks.dialogs.answerNext(undefined);
    await vscode.commands.executeCommand(COMMANDS.selectModel);
    const pick = hooks.dialogs.seen.at(-1);
    assert.ok(pick?.kind === 'pickOne' && pick.choices.some(({ description }) => description === `gpu::${GPT}`));
    assert.equal(hasAnswered, false, 'nothing has waited for it');
    hung.closeAllConnections();
    hung.close();
    await setSetting('servers', [{ name: 'gpu', url: gpu.url }]);
    await eventually(() => assert.equal(hooks.connections.named('hung'), undefined));
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

  it('have tasks run again whose name means any model of theirs, or a variant, without asking which', async () => {
    gpu.setScript(() => ({ text: 'From the GPU.' }));
    for (const model of ['gpu::default', 'gpu::qwen/qwen3-8b@q4_k_m']) {
      await run({ task: 'Say where you are', model });
      hooks.dialogs.reset();
      const again = await vscode.commands.executeCommand<RunEnd>(COMMANDS.runAgain);
      assert.equal(again.text, 'From the GPU.', model);
      assert.ok(!hooks.dialogs.seen.some(({ kind }) => kind === 'pickOne'), model);
    }
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
    await hooks.connections.named('gpu')?.connection.refreshAnew();
    const { description, children, contextValue } = serverRow('gpu');
    assert.match(description, /^not reachable · /);
    assert.equal(contextValue, 'server.offline');
    assert.equal(children[0]?.contextValue, 'note.offline');
    assert.match(children[0].accessibleLabel, /^Model server gpu: /);
    assert.match(rowBelow('gpu', 'Qwen3 8B').description, /^state unknown, server not reachable/);
    assert.match(rowBelow('LM Studio', 'Qwen3 8B').description, /^loaded, idle/);
    // A task about a file asks the server of its model, which is not the main one.
    hooks.dialogs.reset();
    await vscode.commands.executeCommand(COMMANDS.runOnFile, vscode.Uri.file(join(workspaceFolder(), 'README.md')));
    assert.ok(notices(hooks).at(-1)?.message.includes(gpu.url), notices(hooks).at(-1)?.message);
    assert.ok(!hooks.dialogs.seen.some(({ kind }) => kind.startsWith('pick')), 'before anything is asked');
    // What its tasks can be run with instead, without it.
    main.setScript([{ text: 'Here instead.' }]);
    hooks.dialogs.reset();
    hooks.dialogs.answerNext('Qwen3 8B');
    await vscode.commands.executeCommand(COMMANDS.refreshTasks);
    const runId = readdirSync(hooks.journalFolder)
      .find((name) => readFileSync(join(hooks.journalFolder, name), 'utf8').includes('"model":"gpu::qwen/qwen3-8b"'))
      ?.replace('.jsonl', '');
    const again = await vscode.commands.executeCommand<RunEnd>(COMMANDS.retryTaskWithModel, runId);
    assert.equal(again.text, 'Here instead.');
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
