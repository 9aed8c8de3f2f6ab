/** The requests besides the agent's chat, over HTTP: against the simulator, and against servers that lack something. */
import assert from 'node:assert/strict';
import type { ChatEvent } from '../../src/agent/types';
import { BridgeError, ModelValidationError } from '../../src/base/errors';
import { Responder, type ResponseEvent } from '../../src/llm/wire/responder';
import type { ResponseRequest } from '../../src/llm/wire/responsesBody';
import { completeChat, completeJson, completeText, embed, streamText } from '../../src/llm/wire/requests';
import { startSimulator } from '../simulator/server';
import { ASK, eventsOf, failsWith, joined, READ_TOOL, wireTo } from '../support/requests';
import { openedInEachTest } from '../support/opened';

const QWEN = 'qwen/qwen3-8b';
const GEMMA = 'google/gemma-3-12b';
const EMBEDDING = 'text-embedding-nomic-embed-text-v1.5';
const PIXEL =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const signal = new AbortController().signal;
const STOP = new BridgeError('cancelled', 'Stopped by hand.');
const user = (content: string) => ({ role: 'user', content }) as const;

describe('requests', () => {
  const { simulate, http } = openedInEachTest();

  /** A server that gives these bodies in turn. */
  async function answering(...bodies: readonly unknown[]) {
    const left = [...bodies];
    return http((_, response) => response.end(JSON.stringify(left.shift())));
  }
  describe('for a chat answer in one piece', () => {
    it('give text, reasoning, calls, the reason and the count', async () => {
      const turn = {
        reasoning: 'Hm',
        text: 'Größe 漢字',
        toolCalls: [{ match: 'read_file', arguments: { path: 'a' } }],
      };
      const { url } = await simulate({ script: [turn] });
      const answer = await completeChat(wireTo(url), QWEN, { ...ASK, tools: [READ_TOOL] }, signal);
      assert.deepEqual(
        [answer.text, answer.reasoning, answer.reason, answer.model],
        ['Größe 漢字', 'Hm', 'tool-calls', QWEN],
      );
      assert.deepEqual(
        answer.calls.map(({ name, arguments: args }) => [name, args]),
        [['read_file', '{"path":"a"}']],
      );
      assert.ok((answer.usage.promptTokens ?? 0) > 0);
    });

    it('send what was asked for, and no stream', async () => {
      const simulator = await simulate({ script: [{ text: 'one two three' }] });
      const request = { ...ASK, temperature: 0, maxTokens: 1, stop: ['x'] };
      assert.equal((await completeChat(wireTo(simulator.url), QWEN, request, signal)).reason, 'length');
      assert.deepEqual(simulator.requests[0]?.body, {
        model: QWEN,
        messages: [{ role: 'user', content: 'Hi' }],
        temperature: 0,
        max_tokens: 1,
        stop: ['x'],
      });
    });

    it('split reasoning from the answer although only its closing tag came', async () => {
      const { url } = await simulate({ script: [{ text: 'Hm\n</think>\n\nHi' }] });
      const { text, reasoning } = await completeChat(wireTo(url), QWEN, ASK, signal);
      assert.deepEqual({ text, reasoning }, { text: 'Hi', reasoning: 'Hm' });
    });

    it('show pictures to a model that sees, before the text', async () => {
      const simulator = await simulate({ script: () => ({ text: 'A pixel' }) });
      const request = { messages: [{ ...user('What is it?'), images: [PIXEL] }], tools: [] };
      assert.equal((await completeChat(wireTo(simulator.url), GEMMA, request, signal)).text, 'A pixel');
      const body = simulator.requests[0]?.body as unknown as { messages: readonly { content: unknown }[] };
      assert.deepEqual(body.messages[0]?.content, [
        { type: 'image_url', image_url: { url: PIXEL } },
        { type: 'text', text: 'What is it?' },
      ]);
      await assert.rejects(completeChat(wireTo(simulator.url), QWEN, request, signal), failsWith('bad-response'));
    });

    it('fail on every success that is none', async () => {
      const bodies = [
        { error: 'Unexpected endpoint or method. (POST /v1/chat/completions)' },
        {},
        [],
        { choices: [] },
        null,
      ];
      const { root } = await answering(...bodies);
      const ask = () => completeChat(wireTo(root), QWEN, ASK, signal);
      await assert.rejects(ask(), failsWith('wrong-server'));
      for (let rest = 1; rest < bodies.length; rest++) await assert.rejects(ask(), failsWith('bad-response'));
    });

    it('end with the reason of their signal, and the server stops', async () => {
      const simulator = await simulate({ script: [{ holdHeaders: new Promise(() => undefined), text: 'x' }] });
      const controller = new AbortController();
      const failing = assert.rejects(completeChat(wireTo(simulator.url), QWEN, ASK, controller.signal), STOP);
      await simulator.waitForRequest(({ body }) => body !== undefined);
      controller.abort(STOP);
      await failing;
      await simulator.waitForRequest(({ aborted }) => aborted);
    });
  });

  describe('for JSON by a schema', () => {
    const schema = {
      type: 'object',
      properties: { name: { type: 'string' }, age: { type: 'integer' } },
      required: ['name', 'age'],
      additionalProperties: false,
    };
    const request = { messages: [user('Who?')], name: 'person', schema };
    const ask = (root: string) => completeJson(wireTo(root), QWEN, request, signal);

    it('give the value, from a model that keeps to the schema', async () => {
      const simulator = await simulate();
      const value = (await ask(simulator.url)) as Record<string, unknown>;
      assert.deepEqual([typeof value['name'], typeof value['age']], ['string', 'number']);
      const body = simulator.requests[0]?.body as Record<string, unknown>;
      assert.deepEqual(body['response_format'], {
        type: 'json_schema',
        json_schema: { name: 'person', strict: true, schema },
      });
    });

    it('find the value in the reasoning where the answer is empty', async () => {
      const { url } = await simulate({ script: [{ reasoning: '{"name":"Ada","age":36}' }] });
      assert.deepEqual(await ask(url), { name: 'Ada', age: 36 });
    });

    it('say what is wrong with an answer that does not fit, is no JSON, or was cut off', async () => {
      const cases = [
        [{ text: '{"name":"Ada"}' }, /the answer: .*age/],
        [{ text: 'Ada, 36' }, /not the JSON/],
        [{ text: '{"name":', finish: 'length' }, /cut off/],
      ] as const;
      for (const [turn, words] of cases) {
        const { url } = await simulate({ script: [turn] });
        await assert.rejects(ask(url), (error) => {
          assert.match(String(error), words);
          return failsWith('bad-response')(error);
        });
      }
    });
  });

  describe('for a completion', () => {
    const request = { prompt: 'Once upon', maxTokens: 50 };

    it('give text after text, in one piece and in a stream', async () => {
      const { url } = await simulate({ script: () => ({ text: ' <think>a time' }) });
      const answer = await completeText(wireTo(url), QWEN, request, signal);
      assert.deepEqual([answer.text, answer.reason], [' <think>a time', 'stop']);
      const events = await eventsOf(streamText(wireTo(url), QWEN, request, signal));
      assert.equal(joined(events, 'text'), ' <think>a time', 'tags mean nothing without a template');
      const last = events.at(-1);
      assert.ok(last?.type === 'finish' && last.reason === 'stop' && (last.usage.promptTokens ?? 0) > 0);
    });

    it('fail in mid-stream as a chat does', async () => {
      const { url } = await simulate({ script: () => ({ text: 'Hel', midStreamError: 'Model unloaded.' }) });
      await assert.rejects(eventsOf(streamText(wireTo(url), QWEN, request, signal)), failsWith('model-unloaded'));
      await assert.rejects(completeText(wireTo(url), QWEN, request, signal), failsWith('model-unloaded'));
    });
  });

  describe('for embeddings', () => {
    it('give one vector for each text, in one request', async () => {
      const simulator = await simulate();
      const one = await embed(wireTo(simulator.url), EMBEDDING, 'alpha', signal);
      const many = await embed(wireTo(simulator.url), EMBEDDING, ['alpha', 'beta', 'gamma'], signal);
      assert.deepEqual(many.vectors[0], one.vectors[0]);
      assert.notDeepEqual(many.vectors[1], many.vectors[2]);
      assert.equal(many.vectors.length, 3);
      assert.equal(many.promptTokens, null, 'zero is no count');
      assert.equal(simulator.requests.length, 2);
      assert.deepEqual((await embed(wireTo(simulator.url), EMBEDDING, [], signal)).vectors, []);
      assert.equal(simulator.requests.length, 2, 'no text, no request');
    });

    it('keep the order of the texts where the server does not', async () => {
      const data = [
        { index: 1, embedding: [2] },
        { index: 0, embedding: [1] },
      ];
      const { root } = await answering({ data }, { data: data.slice(1) }, { data: [{ index: 0, embedding: 'AAAA' }] });
      assert.deepEqual((await embed(wireTo(root), EMBEDDING, ['a', 'b'], signal)).vectors, [[1], [2]]);
      await assert.rejects(embed(wireTo(root), EMBEDDING, ['a', 'b'], signal), failsWith('bad-response'));
      await assert.rejects(embed(wireTo(root), EMBEDDING, 'a', signal), failsWith('bad-response'));
    });

    it('say that a chat model makes none', async () => {
      const { url } = await simulate();
      await assert.rejects(embed(wireTo(url), QWEN, 'alpha', signal), (error) => {
        assert.ok(
          error instanceof ModelValidationError && error.message.includes(QWEN) && error.hint?.includes('Embeddings'),
        );
        return true;
      });
    });
  });

  describe('that the server remembers', () => {
    const first: ResponseRequest = { model: QWEN, messages: [user('My name is Ada.')], tools: [] };
    const text = (events: readonly ResponseEvent[]): string =>
      joined(
        events.filter((event): event is ChatEvent => event.type !== 'response'),
        'text',
      );
    async function respond(responder: Responder, request: ResponseRequest) {
      const events: ResponseEvent[] = [];
      for await (const event of responder.respond(request, signal)) events.push(event);
      const response = events.at(-2);
      assert.ok(response?.type === 'response' && events.at(-1)?.type === 'finish');
      return { events, id: response.id, isRemembered: response.isRemembered };
    }
    const script = () => ({ reasoning: 'Hm', text: 'ok' });

    it('send only what is new', async () => {
      const simulator = await simulate({ script });
      const responder = new Responder(wireTo(simulator.url));
      const { id, isRemembered, events } = await respond(responder, first);
      assert.equal(isRemembered, true);
      assert.equal(text(events), 'ok');
      await respond(responder, { ...first, messages: [user('Who am I?')], previousResponseId: id });
      assert.deepEqual(
        simulator.requests.map(({ path }) => path),
        ['/v1/responses', '/v1/responses'],
      );
      assert.deepEqual(simulator.requests[1]?.body, {
        model: QWEN,
        input: [{ role: 'user', content: 'Who am I?' }],
        previous_response_id: id,
        store: true,
        stream: true,
      });
    });

    it('call tools and take their results', async () => {
      const calling = { toolCalls: [{ match: 'read_file', arguments: { path: 'a' } }] };
      const { url } = await simulate({ script: [calling, { text: 'read' }] });
      const responder = new Responder(wireTo(url));
      const { id, events } = await respond(responder, { ...first, tools: [READ_TOOL] });
      const call = events.find((event) => event.type === 'tool-call');
      assert.ok(call?.type === 'tool-call' && call.name === 'read_file' && call.arguments === '{"path":"a"}');
      const result = { role: 'tool', toolCallId: call.id, content: 'text' } as const;
      const second = await respond(responder, {
        ...first,
        messages: [result],
        tools: [READ_TOOL],
        previousResponseId: id,
      });
      assert.equal(text(second.events), 'read');
    });

    it('go on over chat completions where the server has no such endpoint, in either way of saying so', async () => {
      for (const options of [{ responses: false }, { profile: 'openai-only' }] as const) {
        const simulator = await simulate({ script, ...options });
        const responder = new Responder(wireTo(simulator.url));
        const { id, isRemembered } = await respond(responder, first);
        assert.equal(isRemembered, false);
        await respond(responder, { ...first, messages: [user('Who am I?')], previousResponseId: id });
        await respond(responder, first);
        const paths = simulator.requests.map(({ path }) => path);
        assert.deepEqual(paths, ['/v1/responses', ...Array<string>(3).fill('/v1/chat/completions')], 'asked once');
        const body = simulator.requests[2]?.body as { messages: unknown };
        assert.deepEqual(body.messages, [
          { role: 'user', content: 'My name is Ada.' },
          { role: 'assistant', content: 'ok' },
          { role: 'user', content: 'Who am I?' },
        ]);
      }
    });

    it('send the whole conversation again to a server that has forgotten it', async () => {
      const before = await startSimulator({ script });
      const responder = new Responder(wireTo(before.url));
      const { id } = await respond(responder, first);
      await before.close();
      const after = await simulate({ script, port: before.port });
      const second = await respond(responder, { ...first, messages: [user('Who am I?')], previousResponseId: id });
      assert.equal(second.isRemembered, true);
      const body = after.requests[1]?.body as Record<string, unknown>;
      assert.equal(body['previous_response_id'], undefined);
      assert.deepEqual(body['input'], [
        { role: 'user', content: 'My name is Ada.' },
        { role: 'assistant', content: 'ok' },
        { role: 'user', content: 'Who am I?' },
      ]);
    });

    it('never begin again after something was said', async () => {
      const frames = [
        '{"type":"response.output_text.delta","delta":"Hel"}',
        '{"error":"Unexpected endpoint or method."}',
      ];
      const sick = await http((_, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.end(frames.map((frame) => `data: ${frame}\n\n`).join(''));
      });
      await assert.rejects(respond(new Responder(wireTo(sick.root)), first), failsWith('wrong-server'));
      assert.equal(sick.requests.length, 1);
    });

    it('fail where nobody remembers, and where the server says anything else', async () => {
      const { url } = await simulate({ script, responses: false });
      const lost = respond(new Responder(wireTo(url)), { ...first, previousResponseId: 'resp_gone' });
      await assert.rejects(lost, failsWith('usage'));
      const crash = { error: 'The model has crashed without additional information. (Exit code: 6)' };
      const sick = await http((_, response) => response.writeHead(400).end(JSON.stringify(crash)));
      await assert.rejects(respond(new Responder(wireTo(sick.root)), first), failsWith('engine-crashed'));
      assert.equal(sick.requests.length, 1);
    });
  });
});
