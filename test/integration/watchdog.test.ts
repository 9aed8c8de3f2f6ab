import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assertNoOrphans } from '../support/mcp/orphans';
import { fakeServer, connectionsIn, eventually, linesOf, untilGone } from '../support/mcp/harness';

const HOST = join(__dirname, '..', 'support', 'mcp', 'killedHost.ts');
const never = new AbortController().signal;

/** The processes of ours whose command line holds the watchdog's program, by their parent; Linux tells that. */
async function watchdogsOf(parent: number): Promise<string[]> {
  const found: string[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    const [, ppid] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (Number(ppid) === parent && command.includes('taskkill')) found.push(pid);
  }
  return found;
}

describe('servers whose host is gone', function () {
  // A host with two servers takes a while where the machine is busy.
  this.timeout(60_000);
  let folder = '';
  const pidFile = (): string => join(folder, 'pids');

  before(function () {
    // Nowhere else can be seen whether they are watched.
    if (process.platform !== 'linux') this.skip();
  });
  beforeEach(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'watchdog-')));
  });
  afterEach(async () => {
    await assertNoOrphans(pidFile());
    await rm(folder, { recursive: true, force: true });
  });

  it('end with it, and all that they have started, when it is ended by SIGKILL', async () => {
    const host = spawn(process.execPath, ['--import', 'tsx', HOST], {
      env: { ...process.env, PID_FILE: pidFile() },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const exited = once(host, 'exit');
    const [said] = (await once(host.stdout, 'data')) as [Buffer];
    assert.equal(said.toString(), 'ready\n');
    assert.equal((await watchdogsOf(host.pid ?? 0)).length, 1);
    // The server, what it has started, and the one that minds nothing.
    const pids = await linesOf(pidFile(), 3);
    host.kill('SIGKILL');
    assert.deepEqual(await exited, [null, 'SIGKILL']);
    for (const pid of pids) await untilGone(pid);
  });

  it('are watched only while there are any', async () => {
    const connections = connectionsIn([folder]);
    const [one, two] = await Promise.all([
      connections.lease(fakeServer('grandchild', { PID_FILE: pidFile() }), never),
      connections.lease(fakeServer('progress'), never),
    ]);
    // Only what runs for half a second is watched.
    const watchdogs = await eventually('the watchdog', async () => {
      const found = await watchdogsOf(process.pid);
      return found.length > 0 ? found : undefined;
    });
    assert.equal(watchdogs.length, 1);
    await one.release();
    assert.deepEqual(await watchdogsOf(process.pid), watchdogs);
    await two.release();
    await eventually('its end', async () => ((await watchdogsOf(process.pid)).length === 0 ? true : undefined));
  });
});
