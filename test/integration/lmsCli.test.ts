/** Our use of LM Studio's own command line: the stand-in for `lms` as a process, beside the simulator that it speaks of. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { delimiter, join } from 'node:path';
import { type Clock, systemClock } from '../../src/base/clock';
import { BridgeError, isBridgeError } from '../../src/base/errors';
import { ModelCatalog } from '../../src/llm/lmstudio/catalog';
import { ModelLifecycle } from '../../src/llm/lmstudio/lifecycle';
import { LmsCli } from '../../src/llm/lmstudio/lmsCli';
import { applyPs } from '../../src/llm/lmstudio/ps';
import { gate } from '../simulator/gate';
import { type Simulator, startSimulator } from '../simulator/server';
import { type FakeHomeOptions, makeFakeHome, putLms } from '../support/lms/home';
import { type LmsStub, startLmsStub } from '../support/lms/stub';
import { modelServer, serveTcp, unusedRoot } from '../support/lmstudio';
import { ManualClock } from '../support/manualClock';
import { ASK, chatModel, eventsOf, wireTo } from '../support/requests';

const QWEN = 'qwen/qwen3-8b';
const GPT = 'openai/gpt-oss-20b';
const signal = new AbortController().signal;

describe('lms', () => {
  const closing: (() => Promise<void> | void)[] = [];
  let simulator: Simulator;
  let stub: LmsStub;

  beforeEach(async () => {
    simulator = await startSimulator();
    stub = await startLmsStub(simulator);
    closing.push(
      () => simulator.close(),
      () => stub.close(),
    );
  });
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  async function homeWith(options: FakeHomeOptions) {
    const fake = await makeFakeHome(options);
    closing.push(() => fake.remove());
    return fake;
  }
  const cliIn = (home: string, PATH = '', clock: Clock = systemClock) =>
    new LmsCli({ clock, home, environment: { PATH } });
  const whyUnknown = async (cli: LmsCli): Promise<string> => {
    const answer = await cli.ps(signal);
    return answer.kind === 'unknown' ? answer.reason.message : assert.fail('it is known');
  };

  it('is found on PATH first, else in any home of LM Studio, never through a relative entry, and as soon as it is there', async () => {
    for (const layout of ['default', 'cache', 'pointer'] as const) {
      const { home, lmsPath } = await homeWith({ layout, lms: false });
      assert.equal(await cliIn(home).find(), undefined);
      await putLms(lmsPath, stub.env);
      assert.equal(await cliIn(home, ['.', 'bin', ''].join(delimiter)).find(), lmsPath, layout);
      const onPath = join(home, 'elsewhere', 'lms');
      await putLms(onPath, stub.env);
      assert.equal(await cliIn(home, ['/nowhere', join(home, 'elsewhere')].join(delimiter)).find(), onPath);
      assert.equal((await cliIn(home).ps(signal)).kind, 'known', 'and it runs');
    }
    assert.deepEqual(stub.invocations, Array(3).fill({ argv: ['ps', '--json'], wakes: true }));
  });

  it("tells what is in memory and what it does, which is more than the server's list tells", async () => {
    const held = gate();
    const begun = gate();
    simulator.setScript([{ text: 'one two', hold: held.promise }]);
    const answer = eventsOf(
      chatModel(wireTo(simulator.url), GPT, { ttlSeconds: 60 }).stream(ASK, signal, ({ phase }) => {
        if (phase === 'generating') begun.open();
      }),
    );
    await begun.promise;
    const cli = cliIn((await homeWith({ lms: stub.env })).home);
    const known = await cli.ps(signal);
    assert.ok(known.kind === 'known');
    const time = (lastUsedAt: number | undefined) => (lastUsedAt === undefined ? {} : { lastUsedAt });
    const used = known.value.map(({ lastUsedAt }) => lastUsedAt);
    assert.ok(typeof used[1] === 'number', 'it was used for this answer');
    assert.deepEqual(known.value, [
      { identifier: QWEN, modelKey: QWEN, contextLength: 32_768, ttlMs: null, ...time(used[0]), work: 'idle' },
      { identifier: GPT, modelKey: GPT, contextLength: 4_096, ttlMs: 60_000, ...time(used[1]), work: 'generating' },
    ]);
    const { models } = await modelServer(simulator.url).listModels(signal);
    const workOf = (list: typeof models) => list.find(({ key }) => key === GPT)?.instances?.map(({ work }) => work);
    assert.deepEqual([workOf(models), workOf(applyPs(models, known.value))], [[undefined], ['generating']]);
    held.open();
    await answer;
    simulator.models.unload(GPT);
    const later = await cli.ps(signal);
    assert.deepEqual(later.kind === 'known' && later.value.map(({ identifier }) => identifier), [QWEN]);
  });

  it('leaves the state unknown, not empty, where it is missing or LM Studio is away, and models load without it', async () => {
    const missing = await homeWith({ lms: false });
    assert.match(await whyUnknown(cliIn(missing.home)), /lms was not found/);
    const { home } = await homeWith({ lms: { ...stub.env, LMS_STUB_URL: await unusedRoot() } });
    assert.match(await whyUnknown(cliIn(home)), /"lms ps --json" failed: Error: Failed to connect to LM Studio/);
    const catalog = new ModelCatalog(modelServer(simulator.url), systemClock);
    const lifecycle = new ModelLifecycle(catalog, systemClock);
    closing.push(
      () => catalog.dispose(),
      () => lifecycle.dispose(),
    );
    assert.equal((await lifecycle.load(GPT, {}, signal)).instanceId, GPT);
  });

  it('is ended where it hangs: when its time is up, and when nobody waits for it any more', async () => {
    const connected: ((socket: Socket) => void)[] = [];
    const silent = await serveTcp((socket) => {
      // A socket is closed when all that came has been read, and the question may have come before the end.
      socket.resume();
      connected.shift()?.(socket);
    });
    closing.push(silent.close);
    const { home } = await homeWith({ lms: { ...stub.env, LMS_STUB_URL: silent.root } });
    const hanging = (): Promise<Socket> => new Promise((resolve) => connected.push(resolve));

    const clock = new ManualClock();
    let arrives = hanging();
    const late = cliIn(home, '', clock).ps(signal);
    let socket = await arrives;
    let gone = once(socket, 'close');
    clock.advance(15_000);
    const answer = await late;
    assert.ok(answer.kind === 'unknown' && answer.reason.message.includes('did not end within 15 s'));
    await gone;

    const controller = new AbortController();
    arrives = hanging();
    const cancelled = cliIn(home).ps(controller.signal);
    socket = await arrives;
    gone = once(socket, 'close');
    const stop = new BridgeError('cancelled', 'Enough.');
    controller.abort(stop);
    await assert.rejects(cancelled, stop);
    await gone;
  });

  it('starts the server, or says in its own words why it did not', async () => {
    stub.setServerRunning(false);
    await cliIn((await homeWith({ lms: stub.env })).home).startServer(signal);
    assert.deepEqual(stub.invocations, [{ argv: ['server', 'start'], wakes: true }]);
    const other = await startLmsStub(simulator, { serverStarts: false });
    closing.push(() => other.close());
    const { home } = await homeWith({ lms: other.env });
    await assert.rejects(cliIn(home).startServer(signal), (error) => {
      assert.ok(isBridgeError(error, 'server-unreachable') && error.hint);
      assert.match(error.message, /"lms server start" failed: Failed to verify the server is running/);
      return true;
    });
  });
});
