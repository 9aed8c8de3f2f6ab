/** One answer for a conversation that somebody else leads, over HTTP against the simulator. */
import assert from 'node:assert/strict';
import type { AgentEvent, Message, ToolDefinition } from '../../src/agent/types';
import { systemClock } from '../../src/base/clock';
import { ContextOverflowError, isBridgeError } from '../../src/base/errors';
import { createFetch } from '../../src/base/http';
import { ModelCatalog } from '../../src/llm/lmstudio/catalog';
import { ModelLifecycle } from '../../src/llm/lmstudio/lifecycle';
import { ModelValidator } from '../../src/llm/lmstudio/validator';
import { ServerPolicy } from '../../src/llm/resilience';
import { SpeedLedger } from '../../src/llm/speedLedger';
import { TokenLedger } from '../../src/llm/tokenLedger';
import { answerChat, type AnswerEnvironment, type AnswerRequest } from '../../src/tasks/chatAnswer';
import { ModelLanes } from '../../src/tasks/modelLanes';
import { fault } from '../simulator/faults';
import { gate } from '../simulator/gate';
import { type Simulator, type SimulatorOptions, startSimulator } from '../simulator/server';
import { modelServer } from '../support/lmstudio';

const QWEN = 'qwen/qwen3-8b';
const GEMMA = 'google/gemma-3-12b';
const QUESTION: Message = { role: 'user', content: 'Add 1 and 2.' };
const ADD: ToolDefinition = {
  name: 'mathTools-Add',
  description: 'Adds.',
  inputSchema: { type: 'object', properties: { a: { type: 'number' } }, required: ['a'] },
};

describe('an answer for a chat', () => {
  const closing: (() => Promise<void> | void)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  async function open(options: SimulatorOptions = {}) {
    const simulator = await startSimulator(options);
    const policy = new ServerPolicy({ clock: systemClock, random: () => 0 });
    const catalog = new ModelCatalog(modelServer(simulator.url, undefined, systemClock, policy), systemClock);
    const lifecycle = new ModelLifecycle(catalog, systemClock);
    closing.push(
      () => simulator.close(),
      () => catalog.dispose(),
      () => lifecycle.dispose(),
    );
    const environment = {
      ...{ clock: systemClock, server: catalog.server, fetch: createFetch(systemClock), lanes: new ModelLanes() },
      validator: new ModelValidator(catalog, systemClock),
      ...{ speed: new SpeedLedger(), tokens: new TokenLedger(), loading: { lifecycle } },
    } satisfies AnswerEnvironment;
    const events: AgentEvent[] = [];
    let onText = (): void => undefined;
    const text = new Promise<void>((resolve) => (onText = resolve));
    const ask = (more: Partial<AnswerRequest> = {}, lent: Partial<AnswerEnvironment> = {}) =>
      answerChat(
        { model: QWEN, messages: [QUESTION], tools: [], ...more },
        { ...environment, ...lent },
        (event) => {
          events.push(event);
          if (event.type === 'text_delta') onText();
        },
        new AbortController().signal,
      );
    return { simulator, environment, events, text, ask };
  }

  const bodies = ({ requests }: Simulator) =>
    requests.filter(({ path }) => path === '/v1/chat/completions').map(({ body }) => JSON.stringify(body));
  const textOf = (events: readonly AgentEvent[]): string =>
    events.flatMap((event) => (event.type === 'text_delta' ? [event.text] : [])).join('');

  it('speaks of tools under names that every template takes, and gives calls under those of their owner', async () => {
    const { simulator, ask } = await open({
      script: [
        {
          toolCalls: [
            { name: 'math_tools_add', arguments: { a: '1' }, id: '7' },
            { name: 'add', id: '7' },
          ],
        },
      ],
    });
    const history: Message[] = [
      QUESTION,
      { role: 'assistant', content: '', toolCalls: [{ id: '7', name: ADD.name, arguments: '{}' }] },
      { role: 'tool', toolCallId: '7', content: 'no' },
    ];
    const { calls } = await ask({ messages: history, tools: [ADD] });
    assert.deepEqual(
      calls.map(({ name, input }) => [name, input]),
      [
        [ADD.name, { a: 1 }],
        ['add', {}],
      ],
    );
    const ids = calls.map(({ id }) => id);
    assert.equal(new Set([...ids, '7']).size, 3, 'no id stands twice in the conversation');
    const [body = ''] = bodies(simulator);
    assert.equal(body.match(/"name":"math_tools_add"/g)?.length, 2);
    assert.doesNotMatch(body, /mathTools-Add/);
  });

  it('gives the caller what does not fit the schema: the caller says what is wrong', async () => {
    const { ask } = await open({ script: [{ toolCalls: [{ match: 'add', arguments: { b: true } }] }] });
    assert.deepEqual((await ask({ tools: [ADD] })).calls[0]?.input, { b: true });
  });

  it('asks in the prompt where the model knows no tools, also where it has to call', async () => {
    const { simulator, ask, events } = await open({
      script: [{ text: '<tool_call>{"name": "math_tools_add", "arguments": {"a": 1}}</tool_call>' }],
    });
    const { calls } = await ask({ model: GEMMA, tools: [ADD], answering: { mustCall: true, stop: ['END'] } });
    assert.deepEqual(
      calls.map(({ name, input }) => [name, input]),
      [[ADD.name, { a: 1 }]],
    );
    assert.equal(textOf(events), '');
    const body = bodies(simulator)[0] ?? '';
    assert.match(body, /Call one of your tools now\.\"/);
    assert.match(body, /"stop":\["<tool_response","END"\]/);
    assert.doesNotMatch(body, /tool_choice|"tools"/);
  });

  it('brings a model back that was lost before it said anything', async () => {
    const { simulator, ask, events } = await open({ script: [fault('E15-refused'), { text: 'Three.' }] });
    await ask();
    assert.equal(textOf(events), 'Three.');
    assert.equal(bodies(simulator).length, 2);
    assert.ok(events.some(({ type }) => type === 'retry'));
  });

  it('fails where it was lost in the middle of what somebody reads', async () => {
    const held = gate();
    const { simulator, ask, events, text } = await open({
      script: [{ text: 'Half of', hold: held.promise }, { text: 'No.' }],
    });
    const asking = ask();
    const failing = assert.rejects(asking, (error) => isBridgeError(error, 'model-unloaded'));
    await text;
    simulator.models.unload(QWEN, 'error-frame');
    await failing;
    assert.equal(bodies(simulator).length, 1);
    assert.doesNotMatch(textOf(events), /No/);
  });

  it('loads just in time, once for requests that come together, or with the length that is set', async () => {
    const { simulator, ask } = await open({ script: () => ({ text: 'Yes.' }), jitRace: true });
    await Promise.all([ask({ model: GEMMA }), ask({ model: GEMMA })]);
    assert.equal(simulator.models.instancesOf(GEMMA).length, 1);
    const { environment, ask: again, simulator: other } = await open({ script: [{ text: 'Yes.' }] });
    const { lifecycle } = environment.loading;
    await again({ model: GEMMA }, { loading: { lifecycle, contextLength: 12_288 } });
    assert.equal(other.models.instancesOf(GEMMA)[0]?.config.context_length, 12_288);
  });

  it('says what to load the model with where the prompt is too long', async () => {
    const { ask } = await open({ script: [{ text: 'Never.' }] });
    const long: Message = { role: 'user', content: 'word '.repeat(60_000) };
    await assert.rejects(ask({ messages: [long] }), (error) => {
      assert.ok(error instanceof ContextOverflowError);
      assert.match(error.hint ?? '', /^Reload qwen\/qwen3-8b with a larger context, for example 40960 tokens/);
      return true;
    });
  });

  it('learns the length of tokens, and no reading speed from a conversation that began elsewhere', async () => {
    const { environment, ask } = await open({
      script: () => ({ text: 'One two three four five six seven eight nine.', promptTokens: 500 }),
    });
    const long: Message = { role: 'user', content: 'x'.repeat(1_500) };
    const history: Message[] = [long, { role: 'assistant', content: 'Yes.', toolCalls: [] }, QUESTION];
    await ask({ messages: history });
    assert.ok(Math.abs((environment.tokens.bytesPerToken(QWEN) ?? 0) - 3) < 0.5);
    assert.equal(environment.speed.of(QWEN)?.promptTokensPerSecond, null);
    await ask({ messages: [long] });
    assert.notEqual(environment.speed.of(QWEN)?.promptTokensPerSecond, null);
  });

  it('says in a sentence why there is none', async () => {
    const { ask } = await open({
      script: [{ reasoning: 'Hm hm hm', finish: 'length' }, { text: ' ' }, { text: 'Words.' }],
    });
    await assert.rejects(ask(), /The model thought until its answer was cut off, and said nothing\./);
    await assert.rejects(ask(), /ended its answer without a word/);
    await assert.rejects(ask({ tools: [ADD], answering: { mustCall: true } }), /without calling a tool/);
  });
});
