import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Conversation } from '../../../src/agent/conversation';
import { LoadedContext, type LoadedContextOptions } from '../../../src/agent/loadedContext';
import type { Turn } from '../../../src/agent/turn';
import type { AgentEvent, FinishReason, Message, ToolDefinition } from '../../../src/agent/types';
import { ContextOverflowError, isBridgeError } from '../../../src/base/errors';
import { finish, ofType, ScriptedModel, type Step, text, usageOf } from '../../support/agent';
import { brokenPair, histories, lastingOf } from '../../support/histories';

const { signal } = new AbortController();
const OPENING: readonly Message[] = [
  { role: 'system', content: 'Rules.' },
  { role: 'user', content: 'Task.' },
];
const TOOL: ToolDefinition = { name: 'read', description: 'Reads.', inputSchema: { type: 'object' } };
const LOREM = 'Lorem ipsum dolor. ';

function keeper(options: Partial<LoadedContextOptions> = {}, summaries: readonly Step[][] = []) {
  const events: AgentEvent[] = [];
  const model = new ScriptedModel(summaries);
  const emit = (event: AgentEvent) => events.push(event);
  const context = new LoadedContext({ limit: 4_096, source: 'loaded-instance', model, emit, ...options });
  const codes = () => ofType(events, 'warning').map(({ code }) => code);
  return { context, model, events, codes };
}

function turn(promptTokens: number | null, reason: FinishReason = 'stop', completionTokens = 10): Turn {
  return { text: 'Hm.', reasoning: '', calls: [], reason, usage: usageOf(promptTokens, completionTokens) };
}

let calls = 0;
function addRound(conversation: Conversation, characters: number): void {
  const call = { type: 'tool-call', id: `c${++calls}`, name: 'read', arguments: '{}', recovered: false } as const;
  const runner = { replayed: () => ({ name: 'read', arguments: '{}' }), meant: () => ({ server: null, tool: 'read' }) };
  for (const { id } of conversation.addTurn({ ...turn(0), calls: [call] }, runner)) {
    const message = { toolCallId: id, content: LOREM.repeat(characters / LOREM.length) };
    conversation.addResult({ message, outcome: { code: null, durationMs: 1, truncated: false } });
  }
}

/** As the simulator counts: four characters a token. */
const countOf = (messages: readonly Message[]): number => Math.ceil(JSON.stringify(messages).length / 4);

describe('a loaded context', () => {
  it('holds any conversation, or says that it cannot', async () => {
    const limits = fc.integer({ min: 300, max: 8_000 });
    await fc.assert(
      fc.asyncProperty(histories, limits, async (messages, limit) => {
        const { context } = keeper({ limit, bytesPerToken: 4 });
        const conversation = new Conversation(messages);
        try {
          await context.prepare(conversation, [TOOL], signal);
        } catch (error) {
          assert.ok(error instanceof ContextOverflowError, String(error));
          assert.equal(error.contextLength, limit);
          assert.ok((error.requestTokens ?? 0) > limit * 0.9, 'nothing that would fit is refused');
          return;
        }
        assert.equal(brokenPair(conversation.messages), undefined);
        assert.deepEqual(lastingOf(conversation.messages), lastingOf(messages));
        const after = [...conversation.messages];
        await context.prepare(conversation, [TOOL], signal);
        assert.deepEqual(conversation.messages, after, 'what has just been made shorter is left alone');
      }),
      { numRuns: 200 },
    );
  });

  it('has room for several rounds after a compaction', async () => {
    const { context, codes } = keeper();
    const conversation = new Conversation(OPENING);
    for (let round = 0; round < 40; round++) {
      await context.prepare(conversation, [TOOL], signal);
      context.learn(turn(countOf(conversation.messages)));
      addRound(conversation, 1_600);
    }
    const compactions = codes().filter((code) => code === 'context-compacted').length;
    assert.ok(compactions >= 5 && compactions <= 13, `${compactions} in 40 rounds of 400 tokens`);
  });

  it('says after each round how full it is', async () => {
    const { context, events } = keeper();
    await context.prepare(new Conversation(OPENING), [], signal);
    assert.equal(context.learn(turn(100)), false);
    const use = { type: 'context', usedTokens: 110, limit: 4_096, source: 'loaded-instance' };
    assert.deepEqual(events, [use]);
  });

  it('learns how long the tokens of the model are, and uses what it knew before', async () => {
    const measured: number[] = [];
    const onMeasure = (bytes: number) => measured.push(bytes);
    const { context, codes } = keeper({ onMeasure });
    const conversation = new Conversation([...OPENING, { role: 'user', content: LOREM.repeat(100) }]);
    await context.prepare(conversation, [], signal);
    context.learn(turn(1_000));
    assert.ok(measured[0] !== undefined && measured[0] > 1.9 && measured[0] < 2.1, String(measured));
    // Two bytes a token: this is twice as much as it looks.
    for (let round = 0; round < 3; round++) addRound(conversation, 2_000);
    await context.prepare(conversation, [], signal);
    assert.deepEqual(codes(), ['context-compacted']);
    const second = keeper();
    await second.context.prepare(conversation, [], signal);
    assert.deepEqual(second.codes(), []);
  });

  it('lets the server decide on a first prompt that nobody has measured', async () => {
    const tooLong = (): Conversation => new Conversation([...OPENING, { role: 'user', content: LOREM.repeat(1_000) }]);
    await keeper().context.prepare(tooLong(), [], signal);
    await keeper({ source: 'assumed', bytesPerToken: 4 }).context.prepare(tooLong(), [], signal);
    await assert.rejects(keeper({ bytesPerToken: 4 }).context.prepare(tooLong(), [], signal), (error) =>
      isBridgeError(error, 'context-overflow'),
    );
  });

  it('takes an answer that ends at the limit for a full context, and a shorter one for what it is', async () => {
    const { context } = keeper();
    await context.prepare(new Conversation(OPENING), [], signal);
    assert.equal(context.learn(turn(3_000, 'length', 1_090)), true);
    assert.equal(context.learn(turn(3_000, 'length', 500)), false);
    assert.equal(context.learn(turn(3_000, 'stop', 1_090)), false);
  });

  describe('of which the server silently drops the beginning', () => {
    async function secondCount(promptTokens: number, first = 3_000, options: Partial<LoadedContextOptions> = {}) {
      const { context, codes } = keeper(options);
      const conversation = new Conversation(OPENING);
      for (let round = 0; round < 6; round++) addRound(conversation, 1_500);
      await context.prepare(conversation, [TOOL], signal);
      context.learn(turn(first));
      addRound(conversation, 400);
      await context.prepare(conversation, [TOOL], signal);
      context.learn(turn(promptTokens));
      addRound(conversation, 40);
      await context.prepare(conversation, [TOOL], signal);
      return codes();
    }

    it('says so, and makes room by itself', async () => {
      assert.deepEqual(await secondCount(2_200), ['context-rolled', 'context-compacted']);
      const unknown = { limit: 8_192, source: 'assumed' } as const;
      assert.deepEqual(await secondCount(2_200, 3_000, unknown), ['context-rolled', 'context-compacted']);
    });

    it('does not take a server that counts only what is new for one', async () => {
      assert.deepEqual(await secondCount(130), []);
      assert.deepEqual(await secondCount(3_100), []);
      assert.deepEqual(await secondCount(900, 1_000), []);
    });
  });

  it('becomes no shorter than it can, and stays as it was then', async () => {
    const { context } = keeper();
    const conversation = new Conversation(OPENING);
    await context.prepare(conversation, [], signal);
    const error = new ContextOverflowError('Too long.', { requestTokens: 5_000, contextLength: 4_096 });
    assert.equal(await context.overflowed(error, conversation, [], signal), false);
    assert.deepEqual(conversation.messages, OPENING);
    const explained = context.explain(error);
    assert.match(explained.message, /context of 4096 tokens: even its shortest form needs about 5000\./);
    assert.ok(explained.hint);
  });

  it('counts what its summaries cost', async () => {
    const { context, model, events } = keeper({}, [[text('All was read.'), finish('stop', usageOf(900, 30))]]);
    const conversation = new Conversation(OPENING);
    for (let round = 0; round < 40; round++) addRound(conversation, 456);
    await context.prepare(conversation, [TOOL], signal);
    assert.equal(model.requests.length, 1);
    assert.deepEqual(model.requests[0]?.tools, []);
    assert.deepEqual(context.takeSpent(), usageOf(900, 30));
    assert.deepEqual(context.takeSpent(), usageOf(null, null));
    assert.equal(ofType(events, 'usage').length, 1);
    assert.match(JSON.stringify(conversation.messages), /All was read\./);
  });

  it('ends its summary with the run', async () => {
    const controller = new AbortController();
    const { context, model } = keeper({}, [['hang']]);
    model.beforeStep = () => {
      controller.abort(new Error('Stopped.'));
    };
    const conversation = new Conversation(OPENING);
    for (let round = 0; round < 40; round++) addRound(conversation, 456);
    const before = [...conversation.messages];
    await assert.rejects(context.prepare(conversation, [TOOL], controller.signal));
    assert.deepEqual(conversation.messages, before);
  });
});
