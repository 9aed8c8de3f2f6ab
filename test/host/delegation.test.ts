import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { LIST_MODELS_TOOL, RUN_TASK_TOOL } from '../../src/vscode/chat/participantIds';
import { COMMANDS } from '../../src/vscode/ids';
import type { TestHooks } from '../../src/vscode/testHooks';
import { gate } from '../simulator/gate';
import type { Simulator } from '../simulator/server';
import { activated, connectSimulator, eventually, questions, setSetting, workspaceFolder } from './support';
import { suggestionsIn } from './suggestions';

describe('delegation to a local model', () => {
  let hooks: TestHooks;
  let simulator: Simulator;
  let folder: string;

  before(async () => {
    hooks = await activated();
    simulator = await connectSimulator(hooks);
    folder = workspaceFolder();
    await vscode.commands.executeCommand(COMMANDS.forgetConsent);
  });

  beforeEach(() => hooks.dialogs.reset());

  afterEach(() => {
    assert.equal(hooks.dialogs.unusedAnswers, 0, 'every answer was asked for');
    assert.deepEqual(hooks.running(), []);
  });

  after(() => simulator.close());

  const call = async (tool: string, input: object, token?: vscode.CancellationToken): Promise<string> => {
    const { content } = await vscode.lm.invokeTool(tool, { input, toolInvocationToken: undefined }, token);
    return content.map((part) => (part instanceof vscode.LanguageModelTextPart ? part.value : '?')).join('\n');
  };
  const chats = () => simulator.requests.filter(({ path }) => path.endsWith('/chat/completions'));
  const confirmation = async (input: unknown) => {
    const prepared = await hooks.chat.prepareTask(input);
    const message = prepared.confirmationMessages?.message;
    return {
      title: prepared.confirmationMessages?.title,
      text: typeof message === 'string' ? message : message?.value,
    };
  };

  it('is offered to other agents, with a schema for each tool', () => {
    for (const name of [RUN_TASK_TOOL, LIST_MODELS_TOOL]) {
      const tool = vscode.lm.tools.find((candidate) => candidate.name === name);
      assert.ok(tool, name);
      assert.match(name, /^(?!copilot_|vscode_)[\w-]+$/);
      assert.ok(tool.inputSchema && tool.description.length > 50);
    }
  });

  it('says exactly what will run', async () => {
    const task = 'Read\n```\n[x](command:y)';
    const { title, text } = await confirmation({ task, servers: ['filesystem'], maxRounds: 3, timeoutSeconds: 60 });
    assert.match(String(title), /Run a task on a local model/);
    assert.match(
      text ?? '',
      /^Model: `qwen\/qwen3-8b`\n\nMCP servers: `filesystem`\n\nLimits: 3 rounds, 60 seconds\n\n/,
    );
    assert.ok(text?.includes(task));
    assert.match(text ?? '', /\n````text\nRead/, 'the task cannot end its own block');
    assert.match((await confirmation({ task, servers: [] })).text ?? '', /MCP servers: none/);
    assert.match((await confirmation({ task })).text ?? '', /MCP servers: .*`filesystem`.*`memory`/);
    assert.equal((await confirmation({ servers: [] })).title, undefined, 'what cannot run needs no yes');
  });

  it('runs a task under our consent and approvals, and gives status, answer and what was used', async () => {
    simulator.setScript([
      { toolCalls: [{ match: 'list_directory', arguments: { path: folder } }] },
      { text: 'There is a README.' },
    ]);
    hooks.dialogs.answerNext('Start', 'Allow once');
    const said = await call(RUN_TASK_TOOL, { task: 'What is here?', servers: ['filesystem'] });
    assert.deepEqual(
      questions(hooks).map(({ message }) => message),
      ['Start the MCP server "filesystem"?', 'Allow the tool "list_directory" of MCP server "filesystem"?'],
    );
    assert.match(
      said,
      /^Status: completed\n\nAnswer:\nThere is a README\.\n\nUsed: model qwen\/qwen3-8b; 2 rounds; 1 tool calls, 0 of them failed; \d+ tokens read, \d+ written; [\d.]+ s\.$/,
    );
  });

  it("runs within the person's limits, and in lower ones that the agent sets", async () => {
    const { properties = {} } = (vscode.lm.tools.find(({ name }) => name === RUN_TASK_TOOL)?.inputSchema ?? {}) as {
      readonly properties?: Readonly<Record<string, { readonly description?: string }>>;
    };
    for (const limit of ['maxRounds', 'maxTokens', 'timeoutSeconds'])
      assert.match(properties[limit]?.description ?? '', /at most what the user's settings allow/, limit);
    const limits = async (asked: object): Promise<string | undefined> =>
      /^Limits: (.*)$/m.exec((await confirmation({ task: 'x', servers: [], ...asked })).text ?? '')?.[1];
    await setSetting('task.maxRounds', 2);
    await setSetting('task.maxTokens', 500_000);
    await setSetting('task.timeoutMinutes', 2);
    try {
      const most = await limits({ maxRounds: 1000, maxTokens: 1_000_000, timeoutSeconds: 86_400 });
      assert.equal(most, '2 rounds, 500,000 tokens, 120 seconds');
      assert.equal(await limits({}), most);
      assert.equal(await limits({ maxRounds: 1, maxTokens: 10, timeoutSeconds: 5 }), '1 rounds, 10 tokens, 5 seconds');
      simulator.setScript(() => ({ toolCalls: [{ match: 'list_directory', arguments: { path: folder } }] }));
      hooks.dialogs.answerNext('Allow for this task');
      const said = await call(RUN_TASK_TOOL, { task: 'Look', servers: ['filesystem'], maxRounds: 9 });
      assert.match(said, /^Status: limit \(limit-rounds\)[^]*; 2 rounds; /);
    } finally {
      for (const name of ['task.maxRounds', 'task.maxTokens', 'task.timeoutMinutes'] as const)
        await setSetting(name, undefined);
    }
  });

  it('tells the agent of a no, as the model told it', async () => {
    simulator.setScript([
      { toolCalls: [{ match: 'write_file', arguments: { path: `${folder}/x.txt`, content: 'x' } }] },
      { text: 'I may not.' },
    ]);
    hooks.dialogs.answerNext('Deny');
    const said = await call(RUN_TASK_TOOL, { task: 'Write', servers: ['filesystem'] });
    assert.match(said, /I may not\.[^]*1 tool calls, 1 of them failed/);
  });

  it('answers with what is wrong where the agent can mend it', async () => {
    const sent = chats().length;
    assert.match(
      await call(RUN_TASK_TOOL, { task: '' }),
      /^Status: not run \(usage\)\n\nError: The input cannot be used\. "task"/,
    );
    assert.match(await call(RUN_TASK_TOOL, { task: 'x', server: 'filesystem' }), /Unrecognized key/);
    assert.match(
      await call(RUN_TASK_TOOL, { task: 'x', servers: ['nowhere'] }),
      /Status: not run \(usage\)[^]*There is no MCP server "nowhere"\. Available: /,
    );
    assert.match(
      await call(RUN_TASK_TOOL, { task: 'x', servers: [], model: 'qwen/qwen3-9b' }),
      /Status: failed \(model-not-found\)[^]*Did you mean qwen\/qwen3-8b/,
    );
    assert.equal(chats().length, sent);
  });

  it('stops with the call', async () => {
    const never = gate();
    simulator.setScript([{ text: 'One two', hold: never.promise }]);
    const source = new vscode.CancellationTokenSource();
    const calling = call(RUN_TASK_TOOL, { task: 'Count', servers: [] }, source.token);
    await eventually(() => assert.equal(hooks.running()[0]?.activity, 'writing'));
    source.cancel();
    await assert.rejects(calling, /cancel/i);
    await eventually(() => assert.deepEqual(hooks.running(), []));
    never.open();
  });

  it('lists the models for an agent that wants to choose, and loads none', async () => {
    const listed = JSON.parse(await call(LIST_MODELS_TOOL, {})) as Record<string, unknown>[];
    assert.deepEqual(
      listed.find(({ model }) => model === 'qwen/qwen3-8b'),
      {
        model: 'qwen/qwen3-8b',
        state: 'loaded',
        contextTokens: 32_768,
        contextSource: 'loaded',
        trainedForTools: true,
        readsImages: false,
        usedForTasks: true,
      },
    );
    assert.ok(!JSON.stringify(listed).includes('nomic'));
    assert.equal(simulator.models.stateOf('google/gemma-3-12b'), 'not-loaded');
  });

  it('never reaches tasks of our own: no loops', async () => {
    await setSetting('tools.vscode', ['*', RUN_TASK_TOOL, 'lmstudio-bridge_*']);
    try {
      simulator.setScript([
        { toolCalls: [{ name: 'vs_code__lmstudio_bridge_run_task', arguments: { task: 'again' } }] },
        { text: 'Done.' },
      ]);
      assert.match(await call(RUN_TASK_TOOL, { task: 'Delegate', servers: [] }), /^Status: completed/);
      const body = JSON.stringify(chats().at(-1)?.body);
      assert.match(body, /There is no tool/);
      assert.match(body, /vs_code__/, 'others of VS Code are offered');
      assert.doesNotMatch(body, /"name":"vs_code__lmstudio_bridge[^"]*","description"/);
      await vscode.commands.executeCommand(COMMANDS.chooseVscodeTools);
      const [pick] = hooks.dialogs.seen;
      assert.ok(pick?.kind === 'pickMany' && !pick.choices.some(({ label }) => label.includes('bridge')));
    } finally {
      await setSetting('tools.vscode', undefined);
    }
  });
});

describe('suggestions in the settings files', () => {
  let hooks: TestHooks;
  let simulator: Simulator;

  before(async () => {
    hooks = await activated();
    simulator = await connectSimulator(hooks);
  });

  after(() => simulator.close());

  it('are the ids of the models', async () => {
    const found = await suggestionsIn('{\n  // mine\n  "lmstudioBridge.model": "qw|"\n}');
    for (const wanted of ['""', '"qwen/qwen3-8b"', '"google/gemma-3-12b"'])
      assert.ok(found.includes(wanted), found.join());
    assert.ok(!found.some((value) => value.includes('nomic')));
    const inside = await suggestionsIn('{"settings": {"lmstudioBridge.model": |}}', 'some.code-workspace');
    assert.ok(inside.includes('"qwen/qwen3-8b"'));
  });

  it('are the names of MCP servers, and of tools of VS Code', async () => {
    const servers = await suggestionsIn('{"lmstudioBridge.approvals.deny": ["|"]}');
    for (const wanted of ['"filesystem"', '"filesystem/*"', '"memory"'])
      assert.ok(servers.includes(wanted), servers.join());
    const tools = await suggestionsIn('{"lmstudioBridge.tools.vscode": [|]}');
    assert.ok(tools.includes('"test_echo"') && !tools.some((value) => value.includes('bridge')));
  });

  it('are none elsewhere', async () => {
    const other = await suggestionsIn('{"editor.fontFamily": "|"}');
    assert.ok(!other.includes('"qwen/qwen3-8b"'));
    assert.ok(!(await suggestionsIn('{"|": "lmstudioBridge.model"}')).includes('"qwen/qwen3-8b"'));
  });
});
