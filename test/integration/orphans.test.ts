import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { assertNoneLeft, startedProcesses } from '../support/orphans';

/** Without PATH nothing could be found by its name; with nothing but PATH it is like a server's environment. */
const env = { PATH: process.env['PATH'] };
const WAITS = 'process.stdin.resume(); process.stdout.write("here");';

describe('the check for processes left behind', () => {
  it('sees what runs, and lets go what has ended', async () => {
    const child = spawn(process.execPath, ['-e', WAITS, 'a-child-of-ours'], { stdio: 'pipe' });
    await once(child.stdout, 'data');
    assert.deepEqual(
      startedProcesses().map(({ pid }) => pid),
      [child.pid],
    );
    assert.deepEqual(startedProcesses('orphans'), [], 'its parent lives');
    child.stdin.end();
    await assertNoneLeft('all', 'this');
  });

  it('finds one whose parent has ended, in a group of its own, names it and ends it', async () => {
    const inner = `require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => 0, 1000)', 'left-behind'], { detached: true, stdio: 'ignore' }).unref()`;
    const parent = spawn(process.execPath, ['-e', inner], { env, stdio: 'ignore' });
    await once(parent, 'exit');
    assert.equal(startedProcesses('orphans').length, 1);
    await assert.rejects(assertNoneLeft('orphans', 'this test', 0), /still running after this test:\n.*left-behind/);
    await assertNoneLeft('all', 'this');
  });
});
