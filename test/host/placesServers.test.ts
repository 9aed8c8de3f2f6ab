/** VS Code's own places, and the interface for other extensions, where a window has several model servers. */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import * as vscode from 'vscode';
import type { ApiModel, ApiTask, BridgeApi } from '../../src/vscode/api/apiTypes';
import { CHAT_VENDOR, LIST_MODELS_TOOL, RUN_TASK_TOOL } from '../../src/vscode/chat/participantIds';
import type { ServedConnection } from '../../src/vscode/serverConnections';
import type { TestHooks } from '../../src/vscode/testHooks';
import { sampleModels } from '../simulator/models';
import { type Simulator, startSimulator } from '../simulator/server';
import { whileGiven } from './givenModels';
import { Shown } from './shownChat';
import { suggestionsIn } from './suggestions';
import { activated, allowFilesystem, connectSimulator, eventually, exportsOf, notices, setSetting } from './support';

const QWEN = 'qwen/qwen3-8b';
const GPT = 'openai/gpt-oss-20b';

describe('models of several servers in the places of VS Code', () => {
  let hooks: TestHooks;
  let bridge: BridgeApi;
  let main: Simulator;
  let gpu: Simulator;

  const serverOf = (name: string | undefined): ServedConnection =>
    hooks.connections.named(name) ?? assert.fail(`no server ${String(name)}`);
  const nameServers = async (...servers: readonly (readonly [string, string])[]): Promise<void> => {
    await setSetting(
      'servers',
      servers.map(([name, url]) => ({ name, url })),
    );
    await eventually(() =>
      assert.deepEqual(
        hooks.connections.all.map(({ name }) => name),
        [undefined, ...servers.map(([name]) => name)],
      ),
    );
  };
  const isOnline = (...names: (string | undefined)[]) =>
    eventually(() => {
      for (const name of names) assert.equal(serverOf(name).connection.snapshot.health.kind, 'online', String(name));
    });
  /** The chat models of a server, as pickers, settings and tasks name them. */
  const chatIds = (name: string | undefined): readonly string[] =>
    serverOf(name).connection.snapshot.models.flatMap(({ key, kind }) =>
      kind === 'chat' ? [name === undefined ? key : `${name}::${key}`] : [],
    );
  /** What every picker shows; `silent`: nobody is at one. */
  const listed = async (silent = true) => {
    const { token } = new vscode.CancellationTokenSource();
    return hooks.chat.models.provideLanguageModelChatInformation({ silent }, token);
  };
  const informationOf = async (id: string) => (await listed()).find((model) => model.id === id) ?? assert.fail(id);
  /** As another program would. */
  const loadGpt = async (): Promise<void> => {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ model: GPT, context_length: 6_000 });
    assert.equal((await fetch(`${gpu.url}/api/v1/models/load`, { method: 'POST', body, headers })).status, 200);
    await serverOf('gpu').connection.refreshAnew();
  };
  const selected = async (): Promise<readonly string[]> =>
    (await vscode.lm.selectChatModels({ vendor: CHAT_VENDOR })).map(({ id }) => id).sort();
  const modelOf = async (id: string): Promise<vscode.LanguageModelChat> =>
    (await vscode.lm.selectChatModels({ vendor: CHAT_VENDOR, id }))[0] ?? assert.fail(`there is no model ${id}`);
  /** The pieces of the answer. */
  const ask = async (model: vscode.LanguageModelChat, words: string): Promise<readonly string[]> => {
    const { stream } = await model.sendRequest([vscode.LanguageModelChatMessage.User(words)]);
    const parts: string[] = [];
    for await (const part of stream) if (part instanceof vscode.LanguageModelTextPart) parts.push(part.value);
    return parts;
  };
  const say = async (command: string | undefined, prompt = '', model?: string) => {
    const shown = new Shown();
    const own = model === undefined ? {} : { model: { vendor: CHAT_VENDOR, id: model } };
    const request = { prompt, command, references: [], toolReferences: [], ...own };
    const { token } = new vscode.CancellationTokenSource();
    const result = await hooks.chat.answer(request, { history: [] }, shown.stream, token);
    return { shown, result };
  };
  const call = async (tool: string, input: object): Promise<readonly string[]> => {
    const { content } = await vscode.lm.invokeTool(tool, { input, toolInvocationToken: undefined });
    return content.map((part) => (part instanceof vscode.LanguageModelTextPart ? part.value : '?'));
  };
  const chats = (simulator: Simulator) => simulator.requests.filter(({ path }) => /\/chat(\/completions)?$/.test(path));
  /** How many requests for an answer each of both has had since the last time. */
  let seen = [0, 0];
  const newChats = (): readonly number[] => {
    const now = [main, gpu].map((simulator) => chats(simulator).length);
    const since = now.map((count, index) => count - (seen[index] ?? 0));
    seen = now;
    return since;
  };
  const restartGpu = async (port: number): Promise<void> => {
    gpu = await startSimulator({ port });
    seen = [seen[0] ?? 0, 0];
    // A question that is on its way may still find nobody.
    await eventually(async () => {
      const { health } = await serverOf('gpu').connection.refreshAnew();
      assert.equal(health.kind, 'online');
    });
  };

  before(async () => {
    hooks = await activated();
    bridge = await exportsOf();
    main = await connectSimulator(hooks);
    gpu = await startSimulator();
    await allowFilesystem(hooks, main);
    await nameServers(['gpu', gpu.url]);
    await isOnline(undefined, 'gpu');
  });

  beforeEach(() => {
    hooks.dialogs.reset();
    newChats();
  });

  afterEach(() => {
    assert.equal(hooks.dialogs.unusedAnswers, 0, 'every answer was asked for');
    assert.deepEqual(hooks.running(), []);
  });

  after(async () => {
    await setSetting('servers', undefined);
    await setSetting('model', undefined);
    await Promise.all([main.close(), gpu.close()]);
  });

  it('are all in every picker, those of the main server under the ids that they always had', async () => {
    await loadGpt();
    const expected = [...chatIds(undefined), ...chatIds('gpu')];
    assert.ok(expected.includes(QWEN) && expected.includes(`gpu::${QWEN}`));
    await eventually(async () => assert.deepEqual(await selected(), [...expected].sort()));

    const there = await informationOf(`gpu::${GPT}`);
    assert.equal(there.maxInputTokens + there.maxOutputTokens, 6_000, 'the context that it has on its own server');
    assert.match(there.detail, /^gpu · loaded · /);
    assert.match(there.tooltip, /^openai\/gpt-oss-20b on the server gpu: loaded\. .*6,000 tokens of context/);
    const here = await informationOf(GPT);
    assert.equal(here.maxInputTokens + here.maxOutputTokens, 8_192, 'on the main server it is not loaded');
    assert.match(here.detail, /^not loaded · /);
    await eventually(async () => assert.equal((await modelOf(`gpu::${GPT}`)).maxInputTokens, there.maxInputTokens));
  });

  it('are answered by the server that has the model, whose speed and tokens are measured', async () => {
    const [there, here] = [await modelOf(`gpu::${QWEN}`), await modelOf(QWEN)];
    const long = 'word '.repeat(400);
    const counted = await here.countTokens(long);
    const speed = serverOf(undefined).connection.speedOf(QWEN);
    gpu.setScript([{ text: 'From the graphics card over there.', promptTokens: 1_000 }]);
    const parts = await ask(there, long);
    assert.ok(parts.length > 1, 'it streams');
    assert.equal(parts.join(''), 'From the graphics card over there.');
    assert.deepEqual(newChats(), [0, 1]);
    assert.match(JSON.stringify(chats(gpu).at(-1)?.body), /"model":"qwen\/qwen3-8b"/, 'under its own name there');
    assert.ok(serverOf('gpu').connection.speedOf(QWEN));
    assert.deepEqual(serverOf(undefined).connection.speedOf(QWEN), speed);
    assert.ok(Math.abs((await there.countTokens(long)) - 1_000) < 50);
    assert.equal(await here.countTokens(long), counted, 'what one server counts says nothing of another');

    main.setScript([{ text: 'From here.' }]);
    assert.equal((await ask(here, 'Hello')).join(''), 'From here.');
    assert.deepEqual(newChats(), [1, 0]);
  });

  it('change in the pickers with any server', async () => {
    await whileGiven(hooks.chat.models, async (lists) => {
      const detail = (): string => lists.at(-1)?.find(({ id }) => id === `gpu::${GPT}`)?.detail ?? '';
      gpu.models.unload(GPT);
      await serverOf('gpu').connection.refreshAnew();
      await eventually(() => assert.match(detail(), /^gpu · not loaded · /));
      // Nothing else is new by now.
      await loadGpt();
      await eventually(() => assert.match(detail(), /^gpu · loaded · /));
    });
  });

  it('are named with their servers by @lmstudio, and a task of it runs on the server of its model', async () => {
    const { shown } = await say('models');
    const [, here = '', there = ''] = shown.text.split(/^\*\*Server (?:LM Studio|gpu)\*\* \(`http:[^`]+`\)\n\n/m);
    assert.match(here, /^- \*\*Qwen3 8B\*\* \(`qwen\/qwen3-8b`\): loaded\. .* Tasks use it\.$/m);
    assert.match(there, /^- \*\*Qwen3 8B\*\* \(`gpu::qwen\/qwen3-8b`\): loaded\. /m);
    assert.doesNotMatch(there, /Tasks use it/);
    assert.equal(shown.markdowns.length, 1, 'the chat folds earlier pieces away');

    gpu.setScript([{ text: 'Done there.' }]);
    const ran = await say('run', 'Say hello #filesystem', `gpu::${QWEN}`);
    const answered = { command: 'run', status: 'completed', answer: 'Done there.', servers: ['filesystem'] };
    assert.deepEqual(ran.result.metadata, answered);
    assert.ok(ran.shown.steps.some((step) => step.startsWith('Working with gpu::qwen/qwen3-8b')));
    assert.match(ran.shown.text, /`gpu::qwen\/qwen3-8b` · 1 round/);
    assert.deepEqual(newChats(), [0, 1]);

    await setSetting('model', `gpu::${QWEN}`);
    const health = (await say('doctor')).shown.text;
    assert.match(health, /^- LM Studio answers at `http:[^`]+` within \d+ ms\.\n- gpu answers at `http:[^`]+` within /);
    assert.ok(health.includes(`- Tasks use the model \`gpu::${QWEN}\`, which is loaded.\n`), health);
    await setSetting('model', 'gpu::nobody/has-this');
    assert.match((await say('doctor')).shown.text, /- The chosen model `gpu::nobody\/has-this` is not there\.\n/);
    await setSetting('model', undefined);
  });

  it('can be delegated to by other agents', async () => {
    const [json = '', ...notes] = await call(LIST_MODELS_TOOL, {});
    assert.deepEqual(notes, []);
    const models = JSON.parse(json) as readonly Record<string, unknown>[];
    assert.deepEqual(
      models.map(({ model }) => model),
      [...chatIds(undefined), ...chatIds('gpu')],
    );
    const found = models.find(({ model }) => model === `gpu::${QWEN}`);
    assert.deepEqual([found?.['server'], found?.['state'], found?.['usedForTasks']], ['gpu', 'loaded', false]);
    assert.ok(models.every(({ model, server }) => String(model).startsWith('gpu::') === (server === 'gpu')));

    const message = (await hooks.chat.prepareTask({ task: 'Go', servers: [], model: `gpu::${QWEN}` }))
      .confirmationMessages?.message;
    const words = typeof message === 'string' ? message : message?.value;
    assert.ok(words?.startsWith(`Model: \`${QWEN}\`, on the server \`gpu\` at \`${gpu.url}\`\n`), words);
    gpu.setScript([{ text: 'Delegated.' }]);
    const said = (await call(RUN_TASK_TOOL, { task: 'Go', servers: [], model: `gpu::${QWEN}` })).join('\n');
    assert.match(said, /^Status: completed\n\nAnswer:\nDelegated\.\n\nUsed: model gpu::qwen\/qwen3-8b; 1 rounds;/);
    assert.deepEqual(newChats(), [0, 1]);
  });

  it('are suggested in the settings', async () => {
    const found = await suggestionsIn('{"lmstudioBridge.model": "|"}');
    const wanted = [...chatIds(undefined), ...chatIds('gpu'), '', 'gpu::default'].map((id) => JSON.stringify(id));
    assert.deepEqual(
      wanted.filter((id) => !found.includes(id)),
      [],
    );
    assert.ok(!found.some((value) => value.includes('nomic')));
  });

  it('are told to other extensions with their server', async () => {
    const models = await bridge.models();
    const servers = [undefined, 'gpu'].map(serverOf);
    assert.deepEqual(
      models.map(({ id, server }) => [id, server]),
      servers.flatMap(({ name, connection }) =>
        connection.snapshot.models.map(({ key }) => [name === undefined ? key : `${name}::${key}`, name ?? null]),
      ),
    );
    const told: (readonly ApiModel[])[] = [];
    const tasks: (readonly ApiTask[])[] = [];
    const listening = [
      bridge.onDidChangeModels((changed) => told.push(changed)),
      bridge.onDidChangeTasks((changed) => tasks.push(changed)),
    ];
    try {
      gpu.models.unload(QWEN);
      await serverOf('gpu').connection.refreshAnew();
      const loaded = told.at(-1)?.filter(({ id }) => id.endsWith(QWEN));
      assert.deepEqual(
        loaded?.map(({ server, isLoaded }) => [server, isLoaded]),
        [
          [null, true],
          ['gpu', false],
        ],
      );
      gpu.setScript([{ text: 'Done.' }]);
      hooks.dialogs.answerNext('Run');
      const end = await bridge.runTask({ task: 'Go', model: `gpu::${QWEN}` });
      assert.equal(end.text, 'Done.');
      assert.deepEqual(newChats(), [0, 1]);
      assert.ok(tasks.some(([task]) => task?.server === 'gpu' && task.model === QWEN));
    } finally {
      for (const item of listening) item.dispose();
    }
  });

  it('stay in the pickers while one server is dead, and the others have nothing to do with it', async () => {
    const { port } = gpu;
    const [there, here] = [await modelOf(`gpu::${QWEN}`), await modelOf(QWEN)];
    const told: (readonly ApiModel[])[] = [];
    const listening = bridge.onDidChangeModels((changed) => told.push(changed));
    await gpu.close();
    await assert.rejects(ask(there, 'Hello'), new RegExp(`:${String(port)}\\b`));
    await eventually(() => assert.equal(serverOf('gpu').connection.snapshot.health.kind, 'offline'));
    listening.dispose();
    const last = told.at(-1)?.filter(({ server }) => server === 'gpu') ?? [];
    assert.ok(last.length > 0 && last.every(({ isLoaded }) => isLoaded === null), 'nobody knows what is in its memory');
    const { connection } = serverOf('gpu');
    for (let turn = 0; turn < 6 && connection.breaker.kind === 'closed'; turn++) await connection.refresh();
    assert.notEqual(connection.breaker.kind, 'closed');
    assert.equal(serverOf(undefined).connection.breaker.kind, 'closed');
    const away = await informationOf(`gpu::${QWEN}`);
    assert.match(away.detail, /^gpu · server not reachable · /);
    assert.equal(away.maxInputTokens + away.maxOutputTokens, 8_192);
    assert.match((await informationOf(QWEN)).detail, /^loaded · /);
    await listed(false);
    assert.deepEqual(notices(hooks), [], 'the main server answers');
    main.setScript([{ text: 'Still here.' }]);
    assert.equal((await ask(here, 'Hello')).join(''), 'Still here.');

    const list = (await say('models')).shown.text;
    assert.match(list, /\*\*Server gpu\*\* \(`[^`]+`\)\n\n.*127\\?\.0/);
    assert.match(list, /`qwen\/qwen3-8b`\): loaded/);
    assert.match((await say('doctor')).shown.text, /\n- gpu cannot be used: /);
    const [json = '', note = ''] = await call(LIST_MODELS_TOOL, {});
    assert.ok(json.includes(`"${QWEN}"`) && !json.includes('gpu::'));
    assert.match(note, /Not listed: Server "gpu": /);
    const models = await bridge.models();
    assert.ok(models.length > 0 && models.every(({ server }) => server === null));

    await restartGpu(port);
    assert.match((await informationOf(`gpu::${QWEN}`)).detail, /^gpu · (not )?loaded · /);
  });

  it('come back by themselves when the pickers are read, once their server is back', async () => {
    const { port } = gpu;
    await gpu.close();
    await serverOf('gpu').connection.refreshAnew();
    gpu = await startSimulator({ port });
    await eventually(async () => {
      await selected();
      assert.equal(serverOf('gpu').connection.snapshot.health.kind, 'online');
    });
    seen = [seen[0] ?? 0, 0];
  });

  it('are there at once where another server takes a request and never answers', async () => {
    const open = new Set<{ destroy(): void }>();
    const silent: Server = createServer((socket) => open.add(socket));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    try {
      // Not even the end of the change of the setting is waited for: after ten seconds an answer is given up.
      const naming = nameServers(['gpu', gpu.url], ['stuck', `http://127.0.0.1:${String(port)}`]);
      naming.catch(() => undefined);
      const hasNotAnswered = (): void =>
        assert.equal(serverOf('stuck').connection.snapshot.health.kind, 'unknown', 'nobody has waited for it');
      await eventually(() => assert.ok(open.size > 0));
      assert.ok((await selected()).includes(QWEN));
      assert.ok((await listed(false)).some(({ id }) => id === `gpu::${QWEN}`));
      hasNotAnswered();
      const models = await bridge.models();
      assert.deepEqual([...new Set(models.map(({ server }) => server))], [null, 'gpu']);
      hasNotAnswered();
      const { text } = (await say('doctor')).shown;
      assert.match(text, /^- LM Studio answers at .*\n- gpu answers at .*\n- stuck has not answered yet\.\n/);
      await naming;
    } finally {
      await nameServers(['gpu', gpu.url]);
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => silent.close(resolve));
    }
  });

  it('come and go with the setting', async () => {
    const there = await informationOf(`gpu::${QWEN}`);
    await whileGiven(hooks.chat.models, async (lists) => {
      const ids = (): readonly string[] | undefined => lists.at(-1)?.map(({ id }) => id);
      await nameServers();
      await eventually(() => assert.deepEqual(ids(), chatIds(undefined)));
    });
    await eventually(async () => assert.deepEqual(await selected(), [...chatIds(undefined)].sort()));
    const content = [new vscode.LanguageModelTextPart('Hello')];
    const asking = hooks.chat.models.provideLanguageModelChatResponse(
      there,
      [{ role: vscode.LanguageModelChatMessageRole.User, content, name: undefined }],
      { toolMode: vscode.LanguageModelChatToolMode.Auto },
      { report: () => undefined },
      new vscode.CancellationTokenSource().token,
    );
    await assert.rejects(asking, (error) => {
      assert.ok(error instanceof vscode.LanguageModelError);
      assert.equal(error.code, vscode.LanguageModelError.NotFound.name);
      assert.match(error.message, /^There is no model server "gpu" in the setting lmstudioBridge\.servers\./);
      return true;
    });
    assert.deepEqual(newChats(), [0, 0]);
    await nameServers(['lab', gpu.url]);
    await isOnline('lab');
    await eventually(async () => assert.deepEqual(await selected(), [...chatIds(undefined), ...chatIds('lab')].sort()));
    gpu.setScript([{ text: 'Under a new name.' }]);
    assert.equal((await ask(await modelOf(`lab::${QWEN}`), 'Hello')).join(''), 'Under a new name.');
    assert.deepEqual(newChats(), [0, 1]);
  });

  it('keep their names where a model of the main server is called as if it were on another one', async () => {
    const [sample = assert.fail()] = sampleModels();
    const models = [`lab::${QWEN}`, 'odd::model'].map((key) => ({ ...sample, key, variants: [] }));
    const odd = await connectSimulator(hooks, { models: [sample, ...models] });
    try {
      const ids = (await listed()).map(({ id }) => id);
      assert.equal(new Set(ids).size, ids.length, 'an id is that of one model');
      assert.ok(ids.includes('odd::model') && ids.includes(`lab::${GPT}`));
      odd.setScript(() => ({ text: 'From the main server.' }));
      for (const id of ['odd::model', `lab::${QWEN}`]) {
        await eventually(async () => assert.ok((await selected()).includes(id)));
        assert.equal((await ask(await modelOf(id), 'Hello')).join(''), 'From the main server.');
      }
    } finally {
      await odd.close();
      await setSetting('server.url', main.url);
      await eventually(() => assert.equal(hooks.snapshot().health.kind, 'online'));
    }
  });

  it('are there where the main server is the dead one', async () => {
    await main.close();
    await hooks.refresh();
    assert.match((await informationOf(`lab::${QWEN}`)).detail, /^lab · loaded · /);
    const models = await bridge.models();
    assert.ok(models.length > 0 && models.every(({ server }) => server === 'lab'));
    assert.match((await say('models')).shown.text, /`lab::qwen\/qwen3-8b`\): loaded/);
    const [json = ''] = await call(LIST_MODELS_TOOL, {});
    assert.ok(json.includes(`"lab::${QWEN}"`));
    await gpu.close();
    await assert.rejects(bridge.models(), { name: 'LMStudioBridgeError', code: 'server-unreachable' });
    assert.match((await call(LIST_MODELS_TOOL, {})).join('\n'), /^Error: .*Server "lab": /);
    assert.match((await say('models')).result.errorDetails?.message ?? '', /No model server answers/);
  });
});
