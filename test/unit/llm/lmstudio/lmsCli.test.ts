import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, systemClock } from '../../../../src/base/clock';
import { isLocalRoot, LmsCli } from '../../../../src/llm/lmstudio/lmsCli';
import { ManualClock } from '../../../support/manualClock';

const signal = new AbortController().signal;

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

  it('takes nonsense for no answer, keeps a token secret, and asks again each time', async () => {
    const reason = async () => {
      const answer = await cli().ps(signal);
      return answer.kind === 'unknown' ? answer.reason.message : 'known';
    };
    await stub('process.stderr.write("No daemon for sk-lm-abcdefgh:ABCDEFGHIJKLMNOPQRST"); process.exitCode = 1');
    const failed = await reason();
    assert.match(failed, /"lms ps --json" failed: No daemon/);
    assert.ok(!failed.includes('ABCDEFGHIJKLMNOPQRST'), 'a token stays a secret');
    await stub('console.log("Success!")');
    assert.match(await reason(), /not its list/);
    await stub('console.log("[]")');
    assert.deepEqual(await cli().ps(signal), { kind: 'known', value: [] });
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
