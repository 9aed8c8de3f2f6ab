/** The progress of a prompt out of the server's log, through the stand-in for `lms` as a process. */
import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ChatModel, Phase } from '../../src/agent/types';
import { BridgeError, isBridgeError } from '../../src/base/errors';
import { createLogger } from '../../src/base/logger';
import { LmsCli } from '../../src/llm/lmstudio/lmsCli';
import { withLoggedProgress } from '../../src/llm/lmstudio/promptLog';
import { type Simulator, startSimulator } from '../simulator/server';
import { LMS_PROGRAM, type LmsStub, startLmsStub } from '../support/lms/stub';
import { ManualClock } from '../support/manualClock';
import { ASK, chatModel, eventsOf, joined, wireTo } from '../support/requests';

const QWEN = 'qwen/qwen3-8b';

describe('the progress of a prompt out of the log', () => {
  let simulator: Simulator;
  let stub: LmsStub;
  let home = '';
  /** Of the server: how far the prompt is. */
  let serverClock: ManualClock;
  /** Ours. */
  let clock: ManualClock;
  let logged: string[] = [];
  let phases: Phase[] = [];
  let controller = new AbortController();

  beforeEach(async () => {
    serverClock = new ManualClock();
    clock = new ManualClock();
    logged = [];
    phases = [];
    controller = new AbortController();
    simulator = await startSimulator({
      clock: serverClock,
      promptTokensPerSecond: 1,
      script: () => ({ text: 'Read.' }),
    });
    stub = await startLmsStub(simulator);
    home = await mkdtemp(join(tmpdir(), 'lms-log-'));
  });
  afterEach(async () => {
    await stub.close();
    await simulator.close();
    await rm(home, { recursive: true, force: true });
  });

  /** Puts a program `lms` there that runs `script`; by default the stand-in. */
  async function putLms(script?: string): Promise<void> {
    const standIn = `Object.assign(process.env, ${JSON.stringify(stub.env)});
      await import(${JSON.stringify(pathToFileURL(LMS_PROGRAM).href)});`;
    const folder = join(home, '.lmstudio', 'bin');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'lms.mjs'), script ?? standIn);
    const file = join(folder, 'lms');
    await writeFile(
      file,
      `#!${process.execPath}\nimport(${JSON.stringify(pathToFileURL(join(folder, 'lms.mjs')).href)});`,
    );
    await chmod(file, 0o755);
  }

  function following(port = simulator.port): ChatModel {
    return withLoggedProgress(chatModel(wireTo(simulator.url, clock), QWEN), {
      lms: new LmsCli({ clock, home, environment: { PATH: '' } }),
      ...{ port, names: [QWEN], clock },
      logger: createLogger((_, message) => {
        logged.push(message);
        wakeAll();
      }),
    });
  }

  const waiters = new Set<() => void>();
  const wakeAll = (): void => {
    for (const wake of waiters) wake();
    waiters.clear();
  };
  const onPhase = (phase: Phase): void => {
    phases.push(phase);
    wakeAll();
  };
  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds()) await new Promise<void>((wake) => waiters.add(wake));
  };
  const steps = () =>
    phases.flatMap((phase) => ('progress' in phase && phase.progress !== null ? [phase.progress] : []));
  const start = (model = following()) => eventsOf(model.stream(ASK, controller.signal, onPhase));
  const isReading = () => simulator.waitForState(QWEN, 'processingPrompt');
  const wakes = () => stub.invocations.filter((call) => call.wakes);
  /** How long the server takes for the prompt of these tests, at a token a second. */
  const finish = () => serverClock.advance(1_000_000);

  it('is told step by step while the prompt is read, and the program ends with that', async () => {
    await putLms();
    const answering = start();
    await isReading();
    clock.advance(1_000);
    await simulator.log.followedBy(1);
    simulator.log.write(QWEN, 'Running chat completion on conversation with 1 messages.');
    simulator.log.writeProgress('openai/gpt-oss-20b', 0.1);
    simulator.log.write(QWEN, `Generated prediction: ${'x'.repeat(100_000)}`);
    simulator.log.write(QWEN, `a prompt\n[x][INFO][${QWEN}] Prompt processing progress: 99%`);
    simulator.log.writeProgress(QWEN, 0.375);
    simulator.log.writeProgress(QWEN, 0.3751);
    await until(() => steps().length === 1);
    finish();
    await until(() => phases.at(-1)?.phase === 'generating');
    assert.equal(joined(await answering, 'text'), 'Read.');
    await simulator.log.followedBy(0);
    assert.deepEqual(phases.slice(0, 3), [
      { phase: 'connecting' },
      { phase: 'processing-prompt', estimatedMs: null, progress: null },
      { phase: 'processing-prompt', estimatedMs: null, progress: 0.375 },
    ]);
    assert.equal(phases.at(-1)?.phase, 'generating', 'nothing is told after that');
    assert.deepEqual(
      stub.invocations.map(({ argv }) => argv.join(' ')),
      ['server status --json', 'log stream -s server --json'],
    );
    assert.deepEqual(logged, []);
  });

  it("comes from the server's own prefill", async () => {
    await putLms();
    const first = start();
    await isReading();
    finish();
    const end = (await first).at(-1);
    const tokens = end?.type === 'finish' ? (end.usage.promptTokens ?? 0) : 0;
    const answering = start();
    await isReading();
    clock.advance(1_000);
    await simulator.log.followedBy(1);
    for (const progress of [0.25, 0.5, 0.75]) {
      serverClock.advance(tokens * 250);
      await until(() => steps().at(-1) === progress);
    }
    serverClock.advance(tokens * 250);
    assert.equal(joined(await answering, 'text'), 'Read.');
    assert.deepEqual(steps(), [0.25, 0.5, 0.75]);
  });

  it('starts no program for a short prompt, for nobody, or for another server', async () => {
    await putLms();
    const short = start();
    await isReading();
    finish();
    await short;
    clock.advance(10_000);
    const unheard = eventsOf(following().stream(ASK, controller.signal));
    await isReading();
    clock.advance(1_000);
    finish();
    await unheard;
    assert.deepEqual(stub.invocations, []);
  });

  it('never wakes LM Studio: not where its server does not run, nor where another one is asked', async () => {
    await putLms();
    for (const [running, port] of [
      [false, simulator.port],
      [true, 1],
    ] as const) {
      stub.setServerRunning(running);
      const before = logged.length;
      const answering = start(following(port));
      await isReading();
      clock.advance(1_000);
      await until(() => logged.length > before);
      finish();
      await answering;
    }
    assert.match(logged.join('\n'), /a server that does not run\.\n.*the server at port \d+\.$/);
    assert.deepEqual(wakes(), []);
    assert.deepEqual(steps(), []);
  });

  const failures: Record<string, [string | undefined, RegExp]> = {
    'is not there': [undefined, /lms was not found/],
    fails: ['process.stderr.write("No daemon"); process.exitCode = 1', /server status.* failed: No daemon/],
    'talks nonsense': ['console.log("Success!")', /no status/],
  };
  for (const [name, [script, said]] of Object.entries(failures)) {
    it(`leaves everything as it was where lms ${name}`, async () => {
      if (script !== undefined) await putLms(script);
      const answering = start();
      await isReading();
      clock.advance(1_000);
      await until(() => logged.length > 0);
      finish();
      assert.equal(joined(await answering, 'text'), 'Read.');
      assert.match(logged.join('\n'), said);
      assert.deepEqual(steps(), []);
    });
  }

  it('leaves everything as it was where the log ends by itself', async () => {
    await putLms(`if (process.argv[2] === 'server') console.log('{"running":true,"port":${simulator.port}}')`);
    const answering = start();
    await isReading();
    clock.advance(1_000);
    await until(() => logged.length > 0);
    finish();
    assert.equal(joined(await answering, 'text'), 'Read.');
    assert.match(logged.join('\n'), /"lms log stream" has ended by itself/);
  });

  it('ends with a request that is cancelled', async () => {
    await putLms();
    const answering = start();
    await isReading();
    clock.advance(1_000);
    await simulator.log.followedBy(1);
    controller.abort(new BridgeError('cancelled', 'Enough.'));
    await assert.rejects(answering, (error) => isBridgeError(error, 'cancelled'));
    await simulator.log.followedBy(0);
    simulator.log.writeProgress(QWEN, 0.5);
    assert.deepEqual(steps(), []);
    finish();
  });
});
