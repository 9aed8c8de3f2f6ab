/**
 * A host that is ended by SIGKILL, or that crashes, runs no hook: a server that does not mind its input's end, or what a
 * server has started, would live on. So a small process of ours waits for the end of its own input, which the system
 * closes with the host, and then ends the process groups that it was told of. One for all servers of the host; it is there
 * only while a server runs. A group that ended before is left alone, and a server that left its group is out of reach.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { Socket } from 'node:net';

/**
 * Reads lines "+pid" and "-pid". At the end of the input servers have two seconds to notice that themselves; first those
 * groups are picked that live at that moment, so that no number can have been given to others by then.
 */
const PROGRAM = `
const { spawnSync } = require('node:child_process');
const live = new Set();
let rest = '';
const kill = (pid, signal) => { try { process.kill(-pid, signal); return true; } catch { return false; } };
process.stdin.setEncoding('latin1').on('data', (chunk) => {
  const lines = (rest + chunk).split('\\n');
  rest = lines.pop();
  for (const line of lines) live[line[0] === '+' ? 'add' : 'delete'](Number(line.slice(1)));
}).on('end', () => {
  if (process.platform === 'win32') {
    for (const pid of live) spawnSync('taskkill', ['/pid', String(pid), '/T', '/F'], { stdio: 'ignore', windowsHide: true });
    return;
  }
  const left = [...live].filter((pid) => kill(pid, 0));
  if (left.length === 0) return;
  setTimeout(() => {
    for (const pid of left) kill(pid, 'SIGTERM');
    setTimeout(() => { for (const pid of left) kill(pid, 'SIGKILL'); }, 1000);
  }, 1000);
}).on('error', () => undefined);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined);
`;

let watching: { readonly child: ChildProcess; readonly pids: Set<number> } | undefined;

/** To be called as soon as the leader of a group runs. Failing to watch is no reason not to run. */
export function watchGroup(pid: number): void {
  watching ??= startWatching();
  watching.pids.add(pid);
  watching.child.stdin?.write(`+${String(pid)}\n`);
}

export function unwatchGroup(pid: number): void {
  if (!watching?.pids.delete(pid)) return;
  watching.child.stdin?.write(`-${String(pid)}\n`);
  if (watching.pids.size > 0) return;
  watching.child.stdin?.end();
  watching = undefined;
}

function startWatching(): NonNullable<typeof watching> {
  const child = spawn(process.execPath, ['--max-old-space-size=16', '-e', PROGRAM], {
    // In VS Code the program of this process is Electron.
    env: { ELECTRON_RUN_AS_NODE: '1', PATH: process.env['PATH'], SYSTEMROOT: process.env['SYSTEMROOT'] },
    cwd: process.platform === 'win32' ? undefined : '/',
    stdio: ['pipe', 'ignore', 'ignore'],
    // Ctrl+C in a terminal goes to the host's whole group.
    detached: true,
    windowsHide: true,
  });
  const started = { child, pids: new Set<number>() };
  const forget = (): void => {
    if (watching === started) watching = undefined;
  };
  child.on('error', forget).on('exit', forget);
  child.stdin.on('error', forget);
  // The host may end while it is watched.
  child.unref();
  // A pipe of a child is a socket.
  if (child.stdin instanceof Socket) child.stdin.unref();
  return started;
}
