import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { defer, isInterrupted } from './cleanup.mjs';
import { Failure } from './main.mjs';

const windows = process.platform === 'win32';

/**
 * Starts a program in a process group of its own, so that stop() ends it together with whatever it started.
 * The group also ends with this process.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {import('node:child_process').SpawnOptions & { graceMs?: number }} [options]
 *   `graceMs`: how long it may take to end by itself after SIGTERM before it is killed
 */
export function startGroup(command, args, { graceMs = 5000, ...options } = {}) {
  if (isInterrupted()) throw new Failure('Interrupted.');
  const child = spawn(command, args, { ...options, detached: !windows });
  /** Never rejects: a program that could not be started has `error`. */
  const exited = new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: null, error }));
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  const stop = defer(async () => {
    if (child.pid === undefined) return;
    signalGroup(child.pid, 'SIGTERM');
    await Promise.race([exited, sleep(graceMs, undefined, { ref: false })]);
    // Also when the leader has ended: its children may still be there.
    signalGroup(child.pid, 'SIGKILL');
    await exited;
  });
  return { child, exited, stop };
}

/**
 * Runs a program to its end with its output in this terminal.
 * @returns {Promise<number>} its exit code
 */
export async function run(command, args, options = {}) {
  const { exited, stop } = startGroup(command, args, { stdio: ['ignore', 'inherit', 'inherit'], ...options });
  const { code, signal, error } = await exited;
  await stop();
  if (error) throw new Failure(`Cannot start ${command}: ${error.message}`);
  return code ?? (signal ? 1 : 0);
}

/** Like run(), but keeps the output to itself and shows it only when the program fails. */
export async function runQuietly(command, args, { what = command, ...options } = {}) {
  const { child, exited, stop } = startGroup(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  const { code, error } = await exited;
  await stop();
  if (error) throw new Failure(`${what}: ${error.message}`);
  if (code !== 0)
    throw new Failure(`${what} failed (exit code ${code}):\n${output.trim().split('\n').slice(-40).join('\n')}`);
  return output;
}

/** The command and first arguments that run npm here: through node itself, because npm is a .cmd file on Windows. */
export function npm(...args) {
  const cli = process.env.npm_execpath;
  if (cli && /npm-cli\.[cm]?js$/.test(cli)) return [process.execPath, [cli, ...args], {}];
  return ['npm', args, { shell: windows }];
}

function signalGroup(pid, signal) {
  if (windows) {
    if (signal === 'SIGTERM') spawn('taskkill', ['/pid', String(pid), '/t', '/f'], { stdio: 'ignore' });
    return;
  }
  try {
    process.kill(-pid, signal);
  } catch {
    // ESRCH: the group is empty, which is what we want.
  }
}
