import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { BridgeError, isBridgeError } from '../../../../src/base/errors';
import { type Clock, systemClock } from '../../../../src/base/clock';
import { isLocalRoot, LmsCli } from '../../../../src/llm/lmstudio/lmsCli';
import { ManualClock } from '../../../support/manualClock';

const signal = new AbortController().signal;
/** Reference 4, with what this product reads. */
const PS = [
  {
    type: 'llm',
    modelKey: 'qwen/qwen3-8b',
    identifier: 'qwen/qwen3-8b:2',
    ttlMs: 3_600_000,
    lastUsedTime: 1_790_683_201_000,
    contextLength: 32_768,
    status: 'generating',
    queued: 1,
    parallel: 4,
  },
];

describe("LM Studio's own command line", () => {
  let home = '';
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'lms-'));
  });
  afterEach(async () => {
    await rm(home, { recursive: true, force: true });
  });

  /** Writes a stub `lms` that runs this JavaScript. */
  async function stub(script: string, folder = join(home, '.lmstudio', 'bin')): Promise<string> {
    await mkdir(folder, { recursive: true });
    const file = join(folder, 'lms');
    await writeFile(file, `#!${process.execPath}\n${script}`);
    await chmod(file, 0o755);
    return file;
  }

  const cli = (environment: Record<string, string> = {}, clock: Clock = systemClock) =>
    new LmsCli({ clock, home, environment: { PATH: '', ...environment } });

  it('is found on PATH first, else in the folder of LM Studio, and never through a relative entry', async () => {
    assert.equal(await cli().find(), undefined);
    const own = await stub('');
    assert.equal(await cli().find(), own, 'found although it was missing a moment ago');
    assert.equal(await cli({ PATH: ['.', 'bin', ''].join(delimiter) }).find(), own);
    const onPath = await stub('', join(home, 'elsewhere'));
    assert.equal(await cli({ PATH: ['/nowhere', join(home, 'elsewhere')].join(delimiter) }).find(), onPath);
  });

  it('tells what is in memory and what it does', async () => {
    await stub(`process.stdout.write(${JSON.stringify(JSON.stringify(PS))} + '\\n')`);
    assert.deepEqual(await cli().ps(signal), {
      kind: 'known',
      value: [
        {
          identifier: 'qwen/qwen3-8b:2',
          modelKey: 'qwen/qwen3-8b',
          contextLength: 32_768,
          ttlMs: 3_600_000,
          work: 'generating',
        },
      ],
    });
  });

  it('does not know, rather than nothing is loaded, where it is missing, fails or talks nonsense', async () => {
    const reason = async () => {
      const answer = await cli().ps(signal);
      return answer.kind === 'unknown' ? answer.reason.message : 'known';
    };
    assert.match(await reason(), /lms was not found/);
    await stub('process.stderr.write("No daemon for sk-lm-abcdefgh:ABCDEFGHIJKLMNOPQRST"); process.exitCode = 1');
    const failed = await reason();
    assert.match(failed, /"lms ps --json" failed: No daemon/);
    assert.ok(!failed.includes('ABCDEFGHIJKLMNOPQRST'), 'a token stays a secret');
    await stub('console.log("Success!")');
    assert.match(await reason(), /not its list/);
    await stub('console.log("[]")');
    assert.deepEqual(await cli().ps(signal), { kind: 'known', value: [] }, 'and it is asked again each time');
  });

  it('is given no more of the environment than it needs, and no shell', async () => {
    const log = join(home, 'log.json');
    const script = `require('fs').writeFileSync(${JSON.stringify(log)}, JSON.stringify([process.env, process.argv.slice(2)]))`;
    await stub(script);
    await cli({ LM_API_TOKEN: 'secret', OPENAI_API_KEY: 'secret', NODE_OPTIONS: '', DISPLAY: ':0' }).startServer(
      signal,
    );
    const [environment, args] = JSON.parse(await readFile(log, 'utf8')) as [Record<string, string>, string[]];
    assert.deepEqual(args, ['server', 'start']);
    assert.deepEqual(environment, { PATH: '', HOME: home, DISPLAY: ':0' });
  });

  it('says why the server did not start', async () => {
    const said = 'Failed to verify the server is running. Please try to use another port.';
    await stub(`process.stderr.write(${JSON.stringify(said)}); process.exitCode = 1`);
    await assert.rejects(cli().startServer(signal), (error) => {
      assert.ok(isBridgeError(error, 'server-unreachable'));
      assert.ok(error.message.includes(said));
      return true;
    });
  });

  it('ends one that hangs when its time is up, and one that nobody waits for', async () => {
    const started = join(home, 'started');
    await stub(
      `require('fs').writeFileSync(${JSON.stringify(started)}, String(process.pid)); setInterval(() => {}, 1000)`,
    );
    const clock = new ManualClock();
    const late = cli({}, clock).ps(signal);
    const pid = await written(started);
    clock.advance(15_000);
    const answer = await late;
    assert.ok(answer.kind === 'unknown' && answer.reason.message.includes('did not end within 15 s'));
    await gone(pid);

    await rm(started);
    const controller = new AbortController();
    const cancelled = cli().ps(controller.signal);
    const second = await written(started);
    const stop = new BridgeError('cancelled', 'Enough.');
    controller.abort(stop);
    await assert.rejects(cancelled, stop);
    await gone(second);
  });

  it('ends one that writes without an end', async () => {
    await stub(`const piece = 'x'.repeat(65536); const go = () => process.stdout.write(piece, go); go()`);
    const answer = await cli().ps(signal);
    assert.ok(answer.kind === 'unknown' && answer.reason.message.includes('without an end'));
  });

  it('does not wait for what it has woken and left running', async () => {
    const clock = new ManualClock();
    const pidFile = join(home, 'app');
    await stub(`
      const { spawn } = require('child_process');
      const app = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit', detached: true });
      require('fs').writeFileSync(${JSON.stringify(pidFile)}, String(app.pid));
      app.unref();
      console.log('[]');`);
    const asking = cli({}, clock).ps(signal);
    const app = await written(pidFile);
    try {
      // Its exit sets the timer of the grace; that of the time limit is there already.
      while (clock.pending < 2) await new Promise(setImmediate);
      clock.advance(1_000);
      assert.deepEqual(await asking, { kind: 'known', value: [] });
      assert.ok(process.kill(app, 0), 'LM Studio itself goes on');
    } finally {
      process.kill(app, 'SIGKILL');
    }
  });

  it('speaks of servers on this machine only', () => {
    for (const root of ['http://127.0.0.1:1234', 'http://localhost:1234', 'http://[::1]:1', 'http://127.1.2.3']) {
      assert.ok(isLocalRoot(root), root);
    }
    for (const root of ['http://10.0.0.2:1234', 'https://example.org', 'http://localhost.example.org', '']) {
      assert.ok(!isLocalRoot(root), root);
    }
  });
});

/** The number in a file, once it is there. */
async function written(file: string): Promise<number> {
  for (;;) {
    const text = await readFile(file, 'utf8').catch(() => '');
    if (text !== '') return Number(text);
    await new Promise(setImmediate);
  }
}

/** Waits until a process is gone. */
async function gone(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await new Promise(setImmediate);
  }
}
