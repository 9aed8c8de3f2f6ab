import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { defer } from './cleanup.mjs';
import { say } from './log.mjs';

/**
 * Does `work` while no other process does work under the same lock folder. A lock left by a process that is gone is taken over.
 * @param {string} folder created as the lock, so its parent must exist
 */
export async function withLock(folder, work) {
  for (let waited = false; !take(folder); waited = true) {
    if (!waited) say(`Waiting for another process that holds ${path.basename(folder)}`);
    await sleep(500);
  }
  const release = defer(() => rmSync(folder, { recursive: true, force: true }));
  try {
    return await work();
  } finally {
    await release();
  }
}

function take(folder) {
  const owner = path.join(folder, 'pid');
  try {
    mkdirSync(folder);
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    if (isRunning(owner)) return false;
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
  }
  writeFileSync(owner, String(process.pid));
  return true;
}

function isRunning(owner) {
  try {
    process.kill(Number(readFileSync(owner, 'utf8')), 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
