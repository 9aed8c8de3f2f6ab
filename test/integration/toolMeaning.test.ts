/** Tools by their meaning: one request for embeddings, and what becomes of it when it fails, is slow, or has no model. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { type Clock, systemClock } from '../../src/base/clock';
import { BridgeError } from '../../src/base/errors';
import type { Model } from '../../src/llm/lmstudio/model';
import { ModelLanes } from '../../src/tasks/modelLanes';
import { nearnessToTask } from '../../src/tasks/toolEmbeddings';
import { VectorCache } from '../../src/tasks/vectorCache';
import { serve, type TestServer } from '../support/lmstudio';
import { ManualClock } from '../support/manualClock';
import { model } from '../support/models';
import { wireTo } from '../support/requests';
import { toolOf } from '../support/tools';

const EMBEDDING = model('embed', { kind: 'embedding', instances: [{ id: 'embed:2', contextLength: 2_048 }] });
const WEATHER = toolOf('web', 'weather', 'The forecast.');
const BANK = toolOf('web', 'bank', 'Moves money.');
/** What the server makes of texts: three dimensions of meaning. */
const VECTORS = { sunny: [2, 0, 1], weather: [1, 0, 0], bank: [0, 5, 0] };

interface Asked {
  readonly model: string;
  readonly input: readonly string[];
}

describe('the meaning of tools', () => {
  let server: TestServer | undefined;
  afterEach(async () => {
    await server?.close();
    server = undefined;
  });

  /** A server that answers with these vectors, or as `answer` does. */
  async function start(answer?: (request: IncomingMessage, response: ServerResponse) => void) {
    const asked: Asked[] = [];
    const vectorOf = (text: string): readonly number[] =>
      Object.entries(VECTORS).find(([word]) => text.includes(word))?.[1] ?? [1, 1, 1];
    server = await serve((request, response) => {
      if (answer) {
        answer(request, response);
        return;
      }
      void json(request).then((body) => {
        const { input } = body as Asked;
        asked.push(body as Asked);
        const data = input.map((text, index) => ({ index, embedding: vectorOf(text) }));
        response.setHeader('content-type', 'application/json').end(JSON.stringify({ data, model: 'embed' }));
      });
    });
    const { root, requests } = server;
    const lanes = new ModelLanes();
    const vectors = new VectorCache();
    const ask = (
      {
        tools = [WEATHER, BANK],
        models = [EMBEDDING],
        clock = systemClock,
        signal = new AbortController().signal,
      }: {
        tools?: readonly (typeof WEATHER)[];
        models?: readonly Model[];
        clock?: Clock;
        signal?: AbortSignal;
      } = {},
      task = 'Is it sunny?',
    ) => nearnessToTask(task, tools, { models: () => models, vectors }, wireTo(root, clock), lanes, signal);
    return { asked, ask, lanes, root, requests };
  }

  it('ranks them by how near they are to the task', async () => {
    const { ask, asked } = await start();
    const [weather = 0, bank = 0] = (await ask()) ?? [];
    assert.ok(Math.abs(weather - 2 / Math.sqrt(5)) < 1e-6);
    assert.equal(bank, 0);
    assert.deepEqual(asked, [
      {
        model: 'embed:2',
        input: ['Is it sunny?', 'weather: The forecast. ()', 'bank: Moves money. ()'],
        encoding_format: 'float',
      },
    ]);
  });

  it('is asked for each definition once', async () => {
    const { ask, asked } = await start();
    const first = await ask();
    assert.deepEqual(await ask(), first);
    await ask({ tools: [WEATHER, toolOf('web', 'bank', 'Moves money and gold.')] });
    assert.deepEqual(
      asked.map(({ input }) => input.length),
      [3, 1, 2],
    );
  });

  it('is not asked of a model that is not in memory, nor of one that chats', async () => {
    const { ask, requests } = await start();
    assert.equal(await ask({ models: [{ ...EMBEDDING, instances: [] }] }), undefined);
    assert.equal(await ask({ models: [{ ...EMBEDDING, instances: null }] }), undefined);
    assert.equal(await ask({ models: [model('chat', { instances: EMBEDDING.instances })] }), undefined);
    assert.equal(requests.length, 0);
  });

  it('is left out where the server fails', async () => {
    const { ask, requests } = await start((_, response) => {
      response.statusCode = 500;
      response.end('{"error":"The engine has crashed."}');
    });
    assert.equal(await ask(), undefined);
    assert.equal(requests.length, 1);
  });

  it('is waited for three seconds, then the request ends', async () => {
    const clock = new ManualClock();
    let closed: Promise<unknown> | undefined;
    const { ask } = await start((_, response) => {
      closed = once(response, 'close');
      clock.advance(3_000);
    });
    assert.equal(await ask({ clock }), undefined);
    await closed;
    assert.equal(clock.pending, 0);
  });

  it('waits for its turn at the server, but not longer', async () => {
    const clock = new ManualClock();
    const { ask, lanes, root, requests } = await start();
    const held = await lanes.enter(root, new AbortController().signal);
    const asking = ask({ clock });
    clock.advance(3_000);
    assert.equal(await asking, undefined);
    assert.equal(requests.length, 0);
    held.dispose();
    assert.equal((await ask())?.length, 2);
    assert.equal(lanes.isHeld(root), false);
  });

  it('ends with the run', async () => {
    const controller = new AbortController();
    const { ask } = await start(() => {
      controller.abort(new BridgeError('cancelled', 'Enough.'));
    });
    await assert.rejects(ask({ signal: controller.signal }), { code: 'cancelled' });
  });
});
