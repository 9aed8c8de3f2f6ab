import { spawn, spawnSync } from 'node:child_process';
import type { Clock } from '../base/clock';
import { type Disposable, toDisposable } from '../base/disposable';
import { unwatchGroup, watchGroup } from './watchdog';

/**
 * A server is often not the process that we start: `npx`, `uvx` or a shell stands in between, and a signal to that one
 * alone leaves the server behind. So every server leads a process group of its own (Windows: a tree), and signals go to
 * the group. The group outlives its leader: it can be signalled as long as one member lives.
 */
const live = new Set<number>();

/**
 * From when on a group is watched, after its start in milliseconds: until then the processor is for the servers, whose
 * start somebody waits for.
 */
export const WATCHED_AFTER_MS = 500;

/** Registers the group that `pid` leads, until the result is disposed: it ends with us, however we end. */
export function trackProcessTree(pid: number, clock: Clock): Disposable {
  live.add(pid);
  const waiting = clock.after(WATCHED_AFTER_MS, () => watchGroup(pid));
  return toDisposable(() => {
    waiting.dispose();
    live.delete(pid);
    unwatchGroup(pid);
  });
}

/** Signals every process of the group; a group that is gone is fine. Windows knows only the hard way. */
export function signalProcessTree(pid: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (process.platform === 'win32') {
    spawn('taskkill', taskkillArguments(pid), { stdio: 'ignore', windowsHide: true }).on('error', () => undefined);
  } else {
    signalGroup(pid, signal);
  }
}

/**
 * Ends what a leader that has exited left behind; to be called right then, before its number can be given to others.
 * Windows forgets the tree with its root: there, only a tree that is ended as a whole leaves nothing.
 */
export function killLeftovers(pid: number): void {
  if (process.platform !== 'win32') signalGroup(pid, 'SIGKILL');
}

/** For 'exit' hooks, where nothing asynchronous runs any more: ends every server that is still there. */
export function killAllProcessTrees(): void {
  for (const pid of live) {
    if (process.platform === 'win32') {
      spawnSync('taskkill', taskkillArguments(pid), { stdio: 'ignore', windowsHide: true, timeout: 5000 });
    } else {
      signalGroup(pid, 'SIGKILL');
    }
  }
  live.clear();
}

function taskkillArguments(pid: number): string[] {
  return ['/pid', String(pid), '/T', '/F'];
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // ESRCH: nobody is left. EPERM (macOS): only zombies are left.
  }
}
