import assert from 'node:assert/strict';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/base/clock';
import { Emitter } from '../../src/base/emitter';
import { BridgeError, isBridgeError } from '../../src/base/errors';
import type { JsonObject } from '../../src/base/json';
import { nullLogger } from '../../src/base/logger';
import type { ClientHost, ElicitationAnswer, ElicitationRequest, SamplingRequest } from '../../src/mcp/clientHost';
import type { McpConnection } from '../../src/mcp/connection';
import { openConnection } from '../../src/mcp/connections';
import { createVariableContext, resolveServer } from '../../src/mcp/variables';
import { eventually, realServer } from '../support/mcp/harness';

const never = new AbortController().signal;

/** Everything that the official test server asks of clients, answered by a person and a model of this test. */
describe('mcp client features with server-everything', () => {
  const folders: string[] = [];
  const rootsChanged = new Emitter<undefined>();
  const elicited: ElicitationRequest[] = [];
  const sampled: SamplingRequest[] = [];
  const logged: string[] = [];
  let answerPerson: (request: ElicitationRequest, signal: AbortSignal) => Promise<ElicitationAnswer>;
  let connection: McpConnection;

  async function connect(host: ClientHost): Promise<McpConnection> {
    const spec = await resolveServer(realServer('everything'), createVariableContext(folders, undefined), never);
    return openConnection(spec, { host, clock: systemClock, logger: nullLogger, clientVersion: '0.0.0' }, never);
  }

  async function call(name: string, args: JsonObject = {}, signal = never): Promise<string> {
    const outcome = await connection.callTool(name, args, signal);
    assert.equal(outcome.isError, false, outcome.text);
    return outcome.text;
  }

  const toolNames = (made: McpConnection): string[] => made.tools.map(({ name }) => name);

  before(async () => {
    folders.push(await realpath(await mkdtemp(join(tmpdir(), 'mcp-features-'))));
    connection = await connect({
      roots: { folders, onDidChange: (listener) => rootsChanged.event(() => listener(undefined)) },
      elicit: (request, signal) => {
        elicited.push(request);
        return answerPerson(request, signal);
      },
      sample: (request) => {
        sampled.push(request);
        return Promise.resolve({ kind: 'answered', model: 'local', text: 'four', isCutOff: false });
      },
      onLog: (server, level, text) => void logged.push(`${server} ${level} ${text}`),
    });
  });

  beforeEach(() => {
    elicited.length = 0;
    sampled.length = 0;
    logged.length = 0;
    answerPerson = () => Promise.resolve({ kind: 'decline' });
  });

  after(async () => {
    await connection.close();
    await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
  });

  it('announces only what the host has', async () => {
    const bare = await connect({ roots: { folders } });
    try {
      assert.ok(toolNames(bare).includes('get-roots-list'));
      const asking = ['trigger-elicitation-request', 'trigger-url-elicitation', 'trigger-sampling-request'];
      for (const tool of asking) {
        assert.ok(!toolNames(bare).includes(tool), tool);
        assert.ok(toolNames(connection).includes(tool), tool);
      }
    } finally {
      await bare.close();
    }
  });

  describe('elicitation', () => {
    it('asks with every kind of field, and completes the answer with defaults', async () => {
      answerPerson = () => Promise.resolve({ kind: 'accept', content: { name: 'Ada', integer: 7, unasked: 'x' } });
      const text = await call('trigger-elicitation-request');
      const sent = JSON.parse(text.slice(text.indexOf('{'))) as { action: string; content: JsonObject };
      assert.deepEqual(sent, {
        action: 'accept',
        content: {
          name: 'Ada',
          firstLine: 'It was a dark and stormy night.',
          integer: 7,
          number: 3.14,
          untitledSingleSelectEnum: 'Monica',
          untitledMultipleSelectEnum: ['Guitar'],
          titledSingleSelectEnum: 'hero-1',
          titledMultipleSelectEnum: ['fish-1'],
          legacyTitledEnum: 'pet-1',
        },
      });
      const [request] = elicited;
      assert.ok(request?.kind === 'form');
      assert.equal(request.server, 'everything');
      const kinds = request.fields.map(({ name, type }) => [name, type.kind]);
      assert.deepEqual(Object.fromEntries(kinds), {
        ...{ name: 'text', check: 'boolean', firstLine: 'text', email: 'text', homepage: 'text', birthdate: 'text' },
        ...{ integer: 'number', number: 'number', untitledSingleSelectEnum: 'one', titledSingleSelectEnum: 'one' },
        ...{ untitledMultipleSelectEnum: 'many', titledMultipleSelectEnum: 'many', legacyTitledEnum: 'one' },
      });
      const pets = request.fields.find(({ name }) => name === 'legacyTitledEnum')?.type;
      assert.ok(pets?.kind === 'one');
      assert.deepEqual(pets.options[0], { value: 'pet-1', title: 'Cats' });
    });

    it('tells a no from a closed question', async () => {
      assert.match(await call('trigger-elicitation-request'), /User declined/);
      answerPerson = () => Promise.resolve({ kind: 'cancel' });
      assert.match(await call('trigger-elicitation-request'), /User cancelled/);
    });

    it('lets no answer through that does not fit', async () => {
      answerPerson = () => Promise.resolve({ kind: 'accept', content: { name: 'Ada', integer: 700 } });
      const outcome = await connection.callTool('trigger-elicitation-request', {}, never);
      assert.ok(outcome.isError);
      assert.match(outcome.text, /must be at most 100/);
    });

    it('asks before a page is opened, whether the server asks for it or fails for want of it', async () => {
      answerPerson = () => Promise.resolve({ kind: 'accept', content: {} });
      const args = { url: 'https://example.org/sign', message: 'Sign here' };
      assert.match(await call('trigger-url-elicitation', args), /completed the URL elicitation/);
      assert.deepEqual(elicited, [{ kind: 'url', server: 'everything', message: 'Sign here', url: args.url }]);

      const blocked = await connection.callTool('trigger-url-elicitation', { ...args, errorPath: true }, never);
      assert.ok(blocked.isError && blocked.code === 'tool-failed');
      assert.match(blocked.text, /they did just now\. Make the same call again/);
      assert.equal(elicited.length, 2);
      assert.match(await call('trigger-url-elicitation', { ...args, errorPath: true }), /completed/);
    });

    it('asks nobody any longer when the call is cancelled', async () => {
      const ending = new AbortController();
      let ended: Promise<unknown> | undefined;
      answerPerson = (_, signal) => {
        const waiting = new Promise<ElicitationAnswer>((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
        });
        ended = waiting.catch((error: unknown) => error);
        ending.abort(new BridgeError('cancelled', 'Enough.'));
        return waiting;
      };
      await assert.rejects(call('trigger-elicitation-request', {}, ending.signal), /Enough/);
      assert.ok(isBridgeError(await ended, 'cancelled'));
    });
  });

  it('lets the model answer what a server asks it', async () => {
    const text = await call('trigger-sampling-request', { prompt: 'two and two', maxTokens: 20 });
    assert.match(text, /"text": "four"/);
    assert.match(text, /"model": "local"/);
    assert.deepEqual(sampled, [
      {
        server: 'everything',
        systemPrompt: 'You are a helpful test server.',
        messages: [{ role: 'user', text: 'Resource trigger-sampling-request context: two and two', images: [] }],
        maxTokens: 20,
        temperature: 0.7,
        stopSequences: [],
      },
    ]);
  });

  it('gives the roots, and says when they change', async () => {
    assert.match(await call('get-roots-list'), new RegExp(String(folders[0])));
    const added = await realpath(await mkdtemp(join(tmpdir(), 'mcp-features-')));
    folders.push(added);
    rootsChanged.fire(undefined);
    await eventually('the new root', async () => ((await call('get-roots-list')).includes(added) ? true : undefined));
  });

  describe('resources', () => {
    it('lists them with their templates, and reads text and bytes', async () => {
      const { resources, templates } = connection.offer;
      assert.ok(resources.some(({ uri }) => uri.startsWith('demo://resource/static/')));
      assert.ok(templates.some(({ uriTemplate }) => uriTemplate === 'demo://resource/dynamic/text/{resourceId}'));
      const read = await connection.readResource('demo://resource/dynamic/text/1', never);
      assert.match(read.text, /^\[resource demo:\/\/resource\/dynamic\/text\/1\]\nResource 1: /);
      const bytes = await connection.readResource('demo://resource/dynamic/blob/1', never);
      assert.match(bytes.text, /not shown/);
      await assert.rejects(connection.readResource('demo://nothing', never), (error) =>
        isBridgeError(error, 'tool-failed'),
      );
    });

    it('tells of updates until nobody wants to know', async () => {
      assert.ok(connection.canSubscribe);
      let updates = 0;
      const uri = 'demo://resource/dynamic/text/1';
      const stop = await connection.subscribe(uri, () => updates++);
      const other = await connection.subscribe(uri, () => undefined);
      await call('toggle-subscriber-updates');
      await eventually('an update', () => (updates > 0 ? true : undefined));
      await other();
      await stop();
      await call('toggle-subscriber-updates');
      const before = updates;
      await call('toggle-subscriber-updates');
      await call('echo', { message: 'later' });
      await call('toggle-subscriber-updates');
      assert.equal(updates, before);
    });
  });

  describe('prompts', () => {
    it('lists them with their arguments, fills them in, and completes arguments', async () => {
      const { prompts } = connection.offer;
      const args = prompts.find(({ name }) => name === 'args-prompt');
      assert.deepEqual(
        args?.arguments.map(({ name, isRequired }) => [name, isRequired]),
        [
          ['city', true],
          ['state', false],
        ],
      );
      const filled = await connection.getPrompt('args-prompt', { city: 'Bern', state: 'BE' }, never);
      assert.deepEqual(filled.messages, [{ role: 'user', text: "What's weather in Bern, BE?", images: [] }]);

      const of = { kind: 'prompt', name: 'completable-prompt' } as const;
      const departments = await connection.complete(of, { name: 'department', value: 'S' }, {}, never);
      assert.deepEqual(departments, ['Sales', 'Support']);
      const known = { department: 'Sales' };
      const names = await connection.complete(of, { name: 'name', value: '' }, known, never);
      assert.ok(names.length > 0);
      await assert.rejects(connection.getPrompt('none', {}, never), /none/);
    });
  });

  it("passes the server's log on", async () => {
    // It begins each time with a line of a level that it draws by lot; it leaves out those that we do not want to hear.
    for (let draws = 0; draws < 20; draws++) {
      await call('toggle-simulated-logging');
      await call('toggle-simulated-logging');
    }
    await eventually('a line', () =>
      logged.find((line) => /^everything (info|notice|warning|error|critical|alert|emergency)/.test(line)),
    );
  });

  it('takes progress as a sign of life, and pings', async () => {
    await call('trigger-long-running-operation', { duration: 0.2, steps: 2 });
    assert.equal(await connection.isAlive(never), true);
  });

  it('knows its name, version, instructions and what tools declare', async () => {
    const { title, version, instructions } = connection.offer;
    assert.deepEqual([title, version], ['Everything Reference Server', '2.0.0']);
    assert.match(instructions ?? '', /Everything Server/);
    const structured = connection.tools.find(({ name }) => name === 'get-structured-content');
    assert.ok(structured);
    assert.equal(structured.outputSchema?.['type'], 'object');
    assert.deepEqual([structured.readOnly, structured.destructive, structured.openWorld], [true, false, false]);
    assert.equal(structured.title, 'Get Structured Content Tool');
    assert.doesNotMatch(await call('get-structured-content', { location: 'Chicago' }), /does not fit/);
  });
});
