/** Watches over the processes that fakes report in their PID_FILE: none of them may outlive its test. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { isAlive } from './harness';

/** Who was just killed may still be on its way out, on a busy machine for seconds. */
const LEAVING_MS = 20_000;

/** Fails where a process that was reported still lives, and ends it, so that the next test has its peace. */
export async function assertNoOrphans(pidFile: string): Promise<void> {
  const pids = (await readFile(pidFile, 'utf8').catch(() => '')).split('\n').filter(Boolean).map(Number);
  const end = performance.now() + LEAVING_MS;
  let left = await living(pids);
  while (left.length > 0 && performance.now() < end) {
    await pause(5);
    left = await living(pids);
  }
  for (const pid of left) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // Gone by itself in this very moment; too late all the same.
    }
  }
  assert.deepEqual(left, [], 'processes are left over');
}

async function living(pids: readonly number[]): Promise<number[]> {
  const states = await Promise.all(pids.map(isAlive));
  return pids.filter((_pid, index) => states[index]);
}
