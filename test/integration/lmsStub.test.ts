/** The stand-in for `lms`, as a process of its own, and the fake home folder in which it lies. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { gate } from '../simulator/gate';
import { startSimulator, type Simulator } from '../simulator/server';
import { makeFakeHome, type FakeHome, type HomeLayout } from '../support/lms/home';
import { LMS_PROGRAM, startLmsStub, type LmsStub } from '../support/lms/stub';

interface Output {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Info {
  readonly type: string;
  readonly modelKey: string;
  readonly identifier: string;
  readonly ttlMs: number | null;
  readonly contextLength: number;
  readonly status: string;
  readonly queued: number;
}

describe('the stand-in for lms', () => {
  let simulator: Simulator;
  let stub: LmsStub;

  beforeEach(async () => {
    simulator = await startSimulator({ script: () => ({ text: 'ok' }) });
    stub = await startLmsStub(simulator);
  });

  afterEach(async () => {
    await stub.close();
    await simulator.close();
  });

  const launch = (program: string, args: readonly string[]) =>
    spawn(program, args, { env: { ...process.env, ...stub.env }, stdio: ['ignore', 'pipe', 'pipe'] });

  async function outputOf(child: ReturnType<typeof launch>): Promise<Output> {
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, stdout, stderr };
  }

  const lms = (...args: string[]): Promise<Output> => outputOf(launch(process.execPath, [LMS_PROGRAM, ...args]));

  async function list(...args: string[]): Promise<Info[]> {
    const { code, stdout, stderr } = await lms(...args);
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout) as Info[];
  }

  it('lists what is on the disk, by kind', async () => {
    assert.equal((await list('ls', '--json')).length, 6);
    assert.equal((await list('ls', '--json', '--llm')).length, 5);
    const [embedding] = await list('ls', '--json', '--embedding');
    assert.equal(embedding?.modelKey, 'text-embedding-nomic-embed-text-v1.5');
    const [first] = await list('ls', '--json');
    assert.deepEqual(Object.keys(first ?? {}), [
      ...['type', 'modelKey', 'format', 'displayName', 'publisher', 'path', 'sizeBytes', 'indexedModelIdentifier'],
      ...['deviceIdentifier', 'paramsString', 'architecture', 'quantization', 'variants', 'selectedVariant', 'vision'],
      ...['trainedForToolUse', 'maxContextLength'],
    ]);
  });

  it('shows what is in memory on one line, and that it is at work', async () => {
    const held = gate();
    simulator.setScript([{ text: 'ok', holdHeaders: held.promise }]);
    const messages = [{ role: 'user', content: 'Hi' }];
    const running = fetch(`${simulator.url}/v1/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({ messages }),
    });
    await simulator.waitForState('qwen/qwen3-8b', 'processingPrompt');
    const busy = await lms('ps', '--json');
    assert.match(busy.stdout, /^\[\{.*\}\]\n$/);
    const [info] = JSON.parse(busy.stdout) as Info[];
    assert.deepEqual([info?.status, info?.queued, info?.contextLength], ['processingPrompt', 1, 32_768]);
    held.open();
    await (await running).text();
    const [idle] = await list('ps', '--json');
    assert.deepEqual([idle?.status, idle?.queued, idle?.ttlMs], ['idle', 0, null]);
  });

  it('says [] where nothing is in memory', async () => {
    simulator.models.unload('qwen/qwen3-8b');
    assert.equal((await lms('ps', '--json')).stdout, '[]\n');
  });

  it('tells of the server and the daemon', async () => {
    const status = await lms('server', 'status', '--json');
    assert.equal(status.stdout, `{"running":true,"port":${simulator.port}}\n`);
    assert.match(
      (await lms('daemon', 'status', '--json')).stdout,
      /^\{"status":"running","pid":\d+,"isDaemon":true\}\n$/,
    );
    stub.setServerRunning(false);
    assert.equal((await lms('server', 'status', '--json')).stdout, '{"running":false}\n');
    assert.equal((await lms('daemon', 'status', '--json')).stdout, '{"status":"not-running"}\n');
    assert.match((await lms('version')).stdout, /LM Studio version: 0\.4/);
  });

  it('streams the log of the server until it is killed', async () => {
    const child = launch(process.execPath, [LMS_PROGRAM, 'log', 'stream', '-s', 'server', '--json']);
    const output = outputOf(child);
    await simulator.log.followedBy(1);
    simulator.log.writeProgress('qwen/qwen3-8b', 0.375);
    await once(child.stdout, 'data');
    child.kill();
    const { stdout, stderr } = await output;
    assert.equal(stderr, 'Streaming logs from LM Studio\n');
    const { data } = JSON.parse(stdout) as { data: { type: string; content: string } };
    assert.equal(data.type, 'server.log');
    assert.match(data.content, /^\[[\d-]{10} [\d:]{8}\]\[INFO\]\[qwen\/qwen3-8b\] Prompt processing progress: 37\.5%$/);
    await simulator.log.followedBy(0);
    assert.equal((await lms('log', 'stream', '-s', 'model', '--json')).code, 1);
  });

  it('loads with context, time to live and identifier, and again as key:2', async () => {
    const loaded = await lms('load', 'openai/gpt-oss-20b', '-y', '-c', '16384', '--ttl', '60');
    assert.match(loaded.stderr, /^Model loaded successfully in \d+\.\ds\.\nTo use the model in the API\/SDK, use the/);
    assert.match(loaded.stderr, /use the identifier "openai\/gpt-oss-20b"\.\n$/);
    await lms('load', 'openai/gpt-oss-20b', '-y', '--identifier', 'mine');
    await lms('load', 'openai/gpt-oss-20b', '-y');
    const shown = (await list('ps', '--json')).slice(1);
    assert.deepEqual(
      shown.map(({ identifier, ttlMs, contextLength }) => [identifier, ttlMs, contextLength]),
      [
        ['openai/gpt-oss-20b', 60_000, 16_384],
        ['mine', null, 4096],
        ['openai/gpt-oss-20b:2', null, 4096],
      ],
    );
  });

  it('takes the first fuzzy match with -y, which may be another model than was meant', async () => {
    const { code, stderr } = await lms('load', 'qwen3', '-y');
    assert.equal(code, 0);
    assert.match(stderr, /identifier "qwen\/qwen3-8b:2"/);
    const none = await lms('load', 'llama-405b', '-y');
    assert.equal(none.code, 1);
    assert.match(none.stderr, /No model found/);
  });

  it('hangs at its question where the key is ambiguous and -y is missing', async () => {
    const child = launch(process.execPath, [LMS_PROGRAM, 'load', 'qwen3']);
    const output = outputOf(child);
    await once(child.stderr, 'data');
    assert.equal(child.exitCode, null);
    child.kill();
    assert.match((await output).stderr, /Select a model to load/);
    assert.equal(simulator.models.instances.length, 1);
  });

  it('fails as LM Studio does when the load fails, and when nothing runs', async () => {
    await stub.close();
    await simulator.close();
    simulator = await startSimulator({ memoryBytes: 1 });
    stub = await startLmsStub(simulator);
    const refused = await lms('load', 'openai/gpt-oss-20b', '-y');
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /insufficient system resources/);
    await stub.close();
    const dead = await lms('ps', '--json');
    assert.deepEqual([dead.code, dead.stdout], [1, '']);
  });

  it('unloads one, all, or the only one', async () => {
    await lms('load', 'openai/gpt-oss-20b', '-y');
    assert.equal((await lms('unload')).code, 1);
    assert.equal((await lms('unload', 'nothing')).code, 1);
    assert.equal((await lms('unload', 'openai/gpt-oss-20b')).code, 0);
    assert.equal((await lms('unload')).code, 0);
    assert.deepEqual(simulator.models.instances, []);
    await lms('load', 'openai/gpt-oss-20b', '-y');
    await lms('unload', '--all');
    assert.deepEqual(simulator.models.instances, []);
  });

  it('keeps what it was asked, and which calls would have woken LM Studio; the REST server heard nothing', async () => {
    assert.deepEqual(stub.invocations, []);
    await lms('server', 'status', '--json');
    await lms('ps', '--json');
    await lms('dance');
    assert.deepEqual(stub.invocations, [
      { argv: ['server', 'status', '--json'], wakes: false },
      { argv: ['ps', '--json'], wakes: true },
      { argv: ['dance'], wakes: false },
    ]);
    assert.deepEqual(simulator.requests, []);
  });

  describe('in a fake home folder', () => {
    let fake: FakeHome | undefined;

    afterEach(() => fake?.remove());

    for (const layout of ['default', 'cache', 'pointer'] satisfies HomeLayout[]) {
      it(`lies where LM Studio is found: ${layout}`, async () => {
        fake = await makeFakeHome({ layout, port: 4321, mcpServers: { files: { command: 'npx' } } });
        assert.ok(fake.lmStudioHome.startsWith(fake.home));
        const read = (...path: string[]): unknown =>
          JSON.parse(readFileSync(join(fake!.lmStudioHome, ...path), 'utf8'));
        assert.equal((read('.internal', 'http-server-config.json') as { port: number }).port, 4321);
        assert.deepEqual(read('mcp.json'), { mcpServers: { files: { command: 'npx' } } });
        if (layout === 'pointer') {
          const pointer = readFileSync(join(fake.home, '.lmstudio-home-pointer'), 'utf8');
          assert.equal(pointer.trim(), fake.lmStudioHome);
        }
        const started =
          process.platform === 'win32'
            ? launch(process.execPath, [fake.lmsPath, 'version'])
            : launch(fake.lmsPath, ['version']);
        assert.match((await outputOf(started)).stdout, /LM Studio version/);
      });
    }

    it('is the home folder of a process that gets its environment', async () => {
      fake = await makeFakeHome({ lms: false });
      const print = ['-p', 'require("node:os").homedir()'];
      const child = spawn(process.execPath, print, {
        env: { ...process.env, ...fake.env },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      assert.equal((await outputOf(child)).stdout.trim(), fake.home);
      assert.notEqual(homedir(), fake.home);
    });
  });
});
