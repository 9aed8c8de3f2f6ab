import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { isJsonObject, type JsonObject } from '../../src/base/json';
import type { TestHooks } from '../../src/vscode/testHooks';
import { CHAT_VENDOR } from '../../src/vscode/chat/participantIds';
import { gate } from '../simulator/gate';
import type { Simulator } from '../simulator/server';
import { activated, connectSimulator, eventually, notices, setSetting } from './support';
import { whileGiven } from './givenModels';

const QWEN = 'qwen/qwen3-8b';
const GEMMA = 'google/gemma-3-12b';
const CODER = 'qwen/qwen3-coder-30b';

const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

const ADD: vscode.LanguageModelChatTool = {
  name: 'calc-addNumbers',
  description: 'Adds two numbers.',
  inputSchema: {
    type: 'object',
    properties: { a: { type: 'number' }, b: { type: 'number' } },
    required: ['a', 'b'],
  },
};

interface Answer {
  readonly text: string;
  readonly calls: readonly vscode.LanguageModelToolCallPart[];
}

describe("LM Studio's models in VS Code's chat", () => {
  let hooks: TestHooks;
  let simulator: Simulator;

  before(async () => {
    hooks = await activated();
    simulator = await connectSimulator(hooks);
  });

  beforeEach(() => hooks.dialogs.reset());

  afterEach(() => assert.equal(hooks.dialogs.unusedAnswers, 0, 'every answer was asked for'));

  after(() => simulator.close());

  const all = (): Thenable<vscode.LanguageModelChat[]> => vscode.lm.selectChatModels({ vendor: CHAT_VENDOR });
  const modelOf = async (id: string): Promise<vscode.LanguageModelChat> => {
    const [model] = await vscode.lm.selectChatModels({ vendor: CHAT_VENDOR, id });
    assert.ok(model, `there is no model ${id}`);
    return model;
  };
  const informationOf = async (id: string) => {
    const { token } = new vscode.CancellationTokenSource();
    const list = await hooks.chat.models.provideLanguageModelChatInformation({ silent: true }, token);
    const found = list.find((model) => model.id === id);
    assert.ok(found, `there is no model ${id}`);
    return found;
  };
  const user = (...parts: Parameters<typeof vscode.LanguageModelChatMessage.User>) =>
    vscode.LanguageModelChatMessage.User(...parts);
  const ask = async (
    id: string,
    messages: vscode.LanguageModelChatMessage[],
    options?: vscode.LanguageModelChatRequestOptions,
    token?: vscode.CancellationToken,
  ): Promise<Answer> => read(await (await modelOf(id)).sendRequest(messages, options, token));
  const read = async ({ stream }: vscode.LanguageModelChatResponse): Promise<Answer> => {
    let text = '';
    const calls: vscode.LanguageModelToolCallPart[] = [];
    for await (const part of stream) {
      if (part instanceof vscode.LanguageModelTextPart) text += part.value;
      else if (part instanceof vscode.LanguageModelToolCallPart) calls.push(part);
    }
    return { text, calls };
  };
  const chats = () => simulator.requests.filter(({ path }) => path.endsWith('/chat/completions'));
  const lastBody = (): JsonObject => {
    const body = chats().at(-1)?.body;
    assert.ok(isJsonObject(body));
    return body;
  };
  /** As another program would. */
  const command = async (what: 'load' | 'unload', body: JsonObject): Promise<void> => {
    const options = { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
    assert.equal((await fetch(`${simulator.url}/api/v1/models/${what}`, options)).status, 200);
    await hooks.refresh();
  };
  const failure = async (asking: Promise<unknown>): Promise<Error & { code?: string }> => {
    try {
      await asking;
    } catch (error) {
      assert.ok(error instanceof Error);
      return error;
    }
    assert.fail('the request did not fail');
  };

  it('are listed with their true limits, loading none of them', async () => {
    const listed = await all();
    assert.deepEqual(
      listed.map(({ id }) => id).sort(),
      hooks
        .snapshot()
        .models.filter(({ kind }) => kind === 'chat')
        .map(({ key }) => key)
        .sort(),
    );
    assert.ok(!listed.some(({ id }) => id.startsWith('text-embedding')));
    const qwen = await informationOf(QWEN);
    assert.equal(qwen.maxInputTokens + qwen.maxOutputTokens, 32_768, 'the loaded context, not the longest');
    assert.equal((await modelOf(QWEN)).maxInputTokens, qwen.maxInputTokens);
    assert.equal(qwen.family, 'qwen3');
    assert.match(qwen.detail, /^loaded · Q4_K_M$/);
    assert.match(qwen.tooltip, /loaded with 32,768 tokens of context/);
    assert.deepEqual(qwen.capabilities, { imageInput: false, toolCalling: true });

    const gemma = await informationOf(GEMMA);
    assert.equal(gemma.maxInputTokens + gemma.maxOutputTokens, 8_192, 'nobody knows what a load gives');
    assert.match(gemma.tooltip, /not loaded\..*8,192 tokens are assumed/);
    assert.deepEqual(gemma.capabilities, { imageInput: true, toolCalling: false });
    assert.equal(simulator.models.stateOf(GEMMA), 'not-loaded');
    assert.deepEqual(hooks.dialogs.seen, []);
  });

  it('follow what a load by our settings would give, and tell the pickers only of what they show', async () => {
    const { token } = new vscode.CancellationTokenSource();
    const list = async (): Promise<string> =>
      JSON.stringify(await hooks.chat.models.provideLanguageModelChatInformation({ silent: true }, token));
    const listening: vscode.Disposable[] = [];
    try {
      await whileGiven(hooks.chat.models, async (given) => {
        await list();
        // VS Code asks by itself too, and is not told of what it has just seen: only what it was given last counts.
        const told: { readonly before: string; readonly now: Promise<string> }[] = [];
        const hear = (): unknown => told.push({ before: JSON.stringify(given.at(-1)), now: list() });
        listening.push(hooks.chat.models.onDidChangeLanguageModelChatInformation(hear));
        const count = (what: RegExp): number => JSON.stringify(given.at(-1) ?? []).match(what)?.length ?? 0;
        // It is busy and idle again, which no picker shows.
        simulator.setScript([{ text: 'Hello.' }]);
        await ask(QWEN, [user('Hello')]);
        await setSetting('load.contextLength', 16_384);
        await eventually(() => assert.ok(count(/16,384/g) > 0));
        const coder = await informationOf(CODER);
        assert.equal(coder.maxInputTokens + coder.maxOutputTokens, 16_384);
        assert.match(coder.tooltip, /A request loads it with 16,384 tokens/);
        await setSetting('load.contextLength', undefined);
        await eventually(() => assert.equal(count(/16,384/g), 0));
        await command('load', { model: 'openai/gpt-oss-20b' });
        await eventually(() => assert.equal(count(/"loaded /g), 2));
        await command('unload', { instance_id: 'openai/gpt-oss-20b' });
        await eventually(() => assert.equal(count(/"loaded /g), 1));
        for (const { before, now } of told) assert.notEqual(await now, before, 'something new each time');
      });
    } finally {
      for (const item of listening) item.dispose();
      await setSetting('load.contextLength', undefined);
    }
  });

  it('answer as they write, without their thoughts', async () => {
    const middle = gate();
    simulator.setScript([
      { reasoning: 'Let me think.', text: 'Hello there, friend.', hold: middle.promise, holdAfter: 6 },
    ]);
    const { stream } = await (await modelOf(QWEN)).sendRequest([user('Hello')]);
    const parts: string[] = [];
    for await (const part of stream) {
      assert.ok(part instanceof vscode.LanguageModelTextPart);
      parts.push(part.value);
      middle.open();
    }
    assert.ok(parts.length > 1, 'it streams');
    assert.equal(parts.join(''), 'Hello there, friend.');
  });

  it('call a tool with whole arguments and go on with its result', async () => {
    simulator.setScript([
      { text: 'I add.', toolCalls: [{ match: 'add', arguments: '{"a": "1", b: 2,}' }] },
      { text: 'It is 3.' },
    ]);
    const question = user('What is 1 + 2?');
    const first = await ask(QWEN, [question], { tools: [ADD] });
    assert.equal(first.text, 'I add.');
    const [call] = first.calls;
    assert.equal(call?.name, ADD.name, "under the caller's name");
    assert.deepEqual(call.input, { a: 1, b: 2 }, 'repaired, and as the schema wants them');
    assert.notEqual(call.callId, '');

    const result = new vscode.LanguageModelToolResultPart(call.callId, [new vscode.LanguageModelTextPart('3')]);
    const second = await ask(
      QWEN,
      [
        question,
        vscode.LanguageModelChatMessage.Assistant([new vscode.LanguageModelTextPart(first.text), call]),
        user([result]),
      ],
      { tools: [ADD] },
    );
    assert.equal(second.text, 'It is 3.');
    const { messages, tools } = lastBody();
    assert.match(JSON.stringify(tools), /"name":"calc_add_numbers"/, 'a name that every template takes');
    assert.deepEqual(messages, [
      { role: 'user', content: 'What is 1 + 2?' },
      {
        role: 'assistant',
        content: 'I add.',
        tool_calls: [
          { id: call.callId, type: 'function', function: { name: 'calc_add_numbers', arguments: '{"a":1,"b":2}' } },
        ],
      },
      { role: 'tool', tool_call_id: call.callId, content: '3' },
    ]);
  });

  it('make calls of what was leaked into their text', async () => {
    simulator.setScript([{ toolCalls: [{ match: 'add', arguments: { a: 1, b: 2 } }], leakAs: 'tool-call-json' }]);
    const { text, calls } = await ask(QWEN, [user('What is 1 + 2?')], { tools: [ADD] });
    assert.equal(text.trim(), '');
    assert.deepEqual(
      calls.map(({ name, input }) => [name, input]),
      [[ADD.name, { a: 1, b: 2 }]],
    );
  });

  it('do not make a call that was cut off', async () => {
    simulator.setScript([{ toolCalls: [{ match: 'add', arguments: '{"a": 1, "b"' }], finish: 'length' }]);
    const { message } = await failure(ask(QWEN, [user('What is 1 + 2?')], { tools: [ADD] }));
    assert.match(message, /call of "calc_add_numbers" was cut off before its end, so it was not made\./);
  });

  it('have to call a tool where that is required', async () => {
    const required = { tools: [ADD], toolMode: vscode.LanguageModelChatToolMode.Required };
    simulator.setScript([{ toolCalls: [{ match: 'add', arguments: { a: 1, b: 2 } }] }, { text: 'No need.' }]);
    assert.equal((await ask(QWEN, [user('1 + 2?')], required)).calls.length, 1);
    assert.equal(lastBody()['tool_choice'], 'required');
    const { message } = await failure(ask(QWEN, [user('1 + 2?')], required));
    assert.match(message, /answered without calling a tool, although it had to/);
  });

  it('take the options that they know, and refuse wrong ones', async () => {
    simulator.setScript([{ text: 'Yes.' }]);
    await ask(QWEN, [user('Hello')], {
      modelOptions: { temperature: 0.2, max_tokens: 50, topP: 0.9, stop: 'END', other: { a: 1 } },
    });
    const { temperature, max_tokens, top_p, stop, other } = lastBody();
    assert.deepEqual([temperature, max_tokens, top_p, stop, other], [0.2, 50, 0.9, ['END'], undefined]);
    const sent = chats().length;
    const { message } = await failure(ask(QWEN, [user('Hello')], { modelOptions: { temperature: 'hot' } }));
    assert.match(message, /The model option "temperature" cannot be used/);
    assert.equal(chats().length, sent, 'nothing was sent');
  });

  it('see the images of a message where they see at all', async () => {
    simulator.setScript([{ text: 'A dot.' }, { text: 'I cannot.' }]);
    // VS Code itself looks into pictures, so this is a real one.
    const pixel = Buffer.from(PIXEL, 'base64');
    const message = (): vscode.LanguageModelChatMessage =>
      user([new vscode.LanguageModelTextPart('What is it?'), vscode.LanguageModelDataPart.image(pixel, 'image/png')]);
    await ask(GEMMA, [message()]);
    assert.match(JSON.stringify(lastBody()['messages']), /"url":"data:image\/png;base64,iVBORw0KGgo/);
    await ask(QWEN, [message()]);
    assert.doesNotMatch(JSON.stringify(lastBody()['messages']), /base64/);
    assert.match(JSON.stringify(lastBody()['messages']), /an image, which you cannot see/);
    await command('unload', { instance_id: GEMMA });
  });

  it('are stopped with the request', async () => {
    const never = gate();
    simulator.setScript([{ text: 'One two three', hold: never.promise }]);
    const source = new vscode.CancellationTokenSource();
    const { stream } = await (await modelOf(QWEN)).sendRequest([user('Count')], {}, source.token);
    for await (const part of stream) {
      assert.ok(part instanceof vscode.LanguageModelTextPart);
      break;
    }
    source.cancel();
    await eventually(() => assert.equal(chats().at(-1)?.aborted, true));
    never.open();
    // The lane is free again.
    simulator.setScript([{ text: 'Here.' }]);
    assert.equal((await ask(QWEN, [user('Hello')])).text, 'Here.');
  });

  it('wait for one another: a server generates one answer at a time', async () => {
    const held = gate();
    const wasFirstDone: (boolean | undefined)[] = [];
    simulator.setScript((_request, index) => {
      if (index === 0) return { text: 'First.', hold: held.promise };
      wasFirstDone.push(chats().at(-2)?.finished);
      return { text: 'Second.' };
    });
    const before = chats().length;
    const first = ask(QWEN, [user('One')]);
    await eventually(() => assert.equal(chats().length, before + 1));
    const lists = (): number => simulator.requests.filter(({ path }) => path.endsWith('/models')).length;
    const listed = lists();
    const model = await modelOf(QWEN);
    const second = Promise.resolve(model.sendRequest([user('Two')])).then(read);
    // It has looked for its model, and stands in the lane.
    await eventually(() => assert.ok(lists() > listed));
    held.open();
    assert.deepEqual([(await first).text, (await second).text], ['First.', 'Second.']);
    assert.deepEqual(wasFirstDone, [true]);
  });

  it('are asked again after a passing failure, and say in a sentence what will not pass', async () => {
    simulator.setScript([{ error: { status: 503, body: { error: 'busy' } } }, { text: 'Now.' }]);
    assert.equal((await ask(QWEN, [user('Hello')])).text, 'Now.');
    simulator.setScript([{ text: '' }]);
    assert.match((await failure(ask(QWEN, [user('Hello')]))).message, /ended its answer without a word/);
  });

  it('count tokens at once, better after an answer', async () => {
    // But for the list, which is polled whenever it is due.
    const sent = (): number => simulator.requests.filter(({ path }) => path !== '/api/v1/models').length;
    const before = sent();
    const model = await modelOf(GEMMA);
    assert.equal(await model.countTokens('x'.repeat(400)), 100);
    const image = vscode.LanguageModelDataPart.image(new Uint8Array([1]), 'image/png');
    assert.ok((await model.countTokens(user([image]))) > 1_000);
    assert.ok((await model.countTokens(user('x'.repeat(400)))) >= 100);
    assert.equal(sent(), before, 'nobody was asked');

    simulator.setScript([{ text: 'Read.', promptTokens: 1_000 }]);
    const qwen = await modelOf(QWEN);
    const long = 'word '.repeat(400);
    const first = await qwen.countTokens(long);
    await ask(QWEN, [user(long)]);
    const second = await qwen.countTokens(long);
    assert.ok(Math.abs(second - 1_000) < 50 && Math.abs(first - 1_000) > 100, `${first}, then ${second}`);
  });

  it('name a model that is gone', async () => {
    const gone = await informationOf(QWEN);
    const { token } = new vscode.CancellationTokenSource();
    const message = {
      role: vscode.LanguageModelChatMessageRole.User,
      content: [new vscode.LanguageModelTextPart('Hi')],
      name: undefined,
    };
    const asking = hooks.chat.models.provideLanguageModelChatResponse(
      { ...gone, id: 'qwen/deleted' },
      [message],
      { toolMode: vscode.LanguageModelChatToolMode.Auto },
      { report: () => undefined },
      token,
    );
    const error = await failure(asking);
    assert.ok(error instanceof vscode.LanguageModelError);
    assert.equal(error.code, vscode.LanguageModelError.NotFound.name);
    assert.match(error.message, /The server has no model "qwen\/deleted"/);
  });

  it('stay listed while the server is away, and say so; only who asks for them is told', async () => {
    const away = await connectSimulator(hooks);
    const model = await modelOf(QWEN);
    await away.close();
    await hooks.refresh();
    const { message } = await failure(Promise.resolve(model.sendRequest([user('Hello')])).then(read));
    assert.match(message, /Could not reach|not reach|refused|answer/i);
    const listed = await informationOf(QWEN);
    assert.match(listed.detail, /server not reachable/);
    assert.match(listed.tooltip, /8,192 tokens are assumed/);
    assert.deepEqual(notices(hooks), [], 'silent');
    const { token } = new vscode.CancellationTokenSource();
    await hooks.chat.models.provideLanguageModelChatInformation({ silent: false }, token);
    assert.equal(notices(hooks).length, 1);
    await setSetting('server.url', simulator.url);
    await eventually(() => assert.equal(hooks.snapshot().health.kind, 'online'));
  });

  it('are none of a server that wants a token', async () => {
    const locked = await connectSimulator(hooks, { token: 'secret-token' });
    try {
      assert.deepEqual(await all(), []);
    } finally {
      await locked.close();
      await setSetting('server.url', simulator.url);
      await eventually(() => assert.equal(hooks.snapshot().health.kind, 'online'));
    }
  });
});
