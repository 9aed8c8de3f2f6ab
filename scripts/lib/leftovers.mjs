import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from './main.mjs';

/**
 * Ends the processes that still work in `folder` (by working directory, arguments or environment) after everything was
 * stopped, and throws when there were any. Gives them half a minute to go by themselves, for a busy machine. Linux
 * only; elsewhere it finds none.
 * @param {string} folder a run's own temporary folder, so that nobody else's process is meant
 */
export async function failOnLeftovers(folder) {
  let found;
  for (let tries = 0; tries < 200; tries++) {
    found = process.platform === 'linux' ? inFolder(folder) : [];
    if (found.length === 0) return;
    await sleep(150);
  }
  for (const { pid } of found) process.kill(pid, 'SIGKILL');
  throw new Failure(`The run left processes behind:\n${found.map(({ pid, args }) => `${pid}: ${args}`).join('\n')}`);
}

function inFolder(folder) {
  const found = [];
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)) {
    try {
      const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      // A process that has ended and is only waiting to be collected has no arguments.
      if (!args) continue;
      const traces = [args, readFileSync(`/proc/${pid}/environ`, 'utf8'), readlinkSync(`/proc/${pid}/cwd`)];
      if (traces.some((trace) => trace.includes(folder))) found.push({ pid: Number(pid), args: args.slice(0, 160) });
    } catch {
      // It ended while we were looking, or is not ours to look at.
    }
  }
  return found;
}
