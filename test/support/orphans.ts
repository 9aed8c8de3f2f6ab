/**
 * Root hooks of mocha: no test leaves a process behind. After each test nothing of ours may be without its parent, and
 * after each file nothing may run at all.
 *
 * Processes are known by a mark in PATH, the one variable that even a server with a minimal environment inherits: it
 * stays on what has lost its parent, which a look at the tree of processes would miss. Windows shows no process the
 * environment of another: there, nothing is checked.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { subscribe } from 'node:diagnostics_channel';
import { readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { tmpdir } from 'node:os';
import type { Context, Suite } from 'mocha';

/** What was told to end may take so long on a busy machine: the watchdog alone waits two seconds before it is hard. */
const GRACE_MS = 20_000;
const MARK = join(tmpdir(), `lmstudio-bridge-test-${String(process.pid)}`);

/** What reads TypeScript for mocha starts when it is first needed, and ends with mocha. */
const OF_THE_RUNNER = /esbuild\S* --service=/;

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
  readonly isMarked: boolean;
}

/** Marks what is started from now on. */
process.env['PATH'] = [process.env['PATH'], MARK].join(delimiter);
let hasStarted = false;
// Tests that start nothing cost nothing.
subscribe('child_process', () => {
  hasStarted = true;
});

/** What this process has started, and what that has started in turn. `orphans`: only what has lost its parent. */
export function startedProcesses(which: 'all' | 'orphans' = 'all'): readonly Process[] {
  const processes = process.platform === 'linux' ? listProc() : process.platform === 'win32' ? [] : listPs();
  const parents = new Map(processes.map(({ pid, parent }) => [pid, parent]));
  const isBelowUs = (pid: number | undefined): boolean =>
    pid !== undefined && pid > 1 && (pid === process.pid || isBelowUs(parents.get(pid)));
  return processes.filter(
    ({ pid, command, isMarked }) => isMarked && !OF_THE_RUNNER.test(command) && (which === 'all' || !isBelowUs(pid)),
  );
}

/** Fails, and ends them, where such processes are still there after a moment. */
export async function assertNoneLeft(which: 'all' | 'orphans', after: string, graceMs = GRACE_MS): Promise<void> {
  const end = performance.now() + graceMs;
  let left = startedProcesses(which);
  while (left.length > 0 && performance.now() < end) {
    await pause(20);
    left = startedProcesses(which);
  }
  for (const { pid } of left) endProcess(pid);
  const lines = left.map(({ pid, parent, command }) => `  ${String(pid)} (parent ${String(parent)}): ${command}`);
  assert.equal(left.length, 0, `still running after ${after}:\n${lines.join('\n')}`);
}

export const mochaHooks = {
  beforeAll(this: Context) {
    for (const suite of this.test?.parent?.suites ?? []) checkAtEnd(suite);
  },
  async afterEach(this: Context) {
    if (hasStarted) await assertNoneLeft('orphans', `the test "${this.currentTest?.fullTitle() ?? ''}"`);
  },
};

/** Its own `after` hooks come first. */
function checkAtEnd(suite: Suite): void {
  suite.afterAll('leaves no process behind', async () => {
    if (hasStarted) await assertNoneLeft('all', `"${suite.title}" (${suite.file ?? ''})`);
    hasStarted = false;
  });
}

function listProc(): readonly Process[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        // The name of the program stands in brackets and may hold anything.
        const [state = '', parent = ''] =
          readFileSync(`/proc/${name}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
        // One that has ended and that nobody has waited for.
        if (state === 'Z' || state === 'X') return [];
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
        return [{ pid: Number(name), parent: Number(parent), command, isMarked: environmentOf(name).includes(MARK) }];
      } catch {
        // It ended while we looked.
        return [];
      }
    });
}

function environmentOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch {
    // Somebody else's.
    return '';
  }
}

/** `ps` writes the environment behind the command. */
function listPs(): readonly Process[] {
  const output = execFileSync('ps', ['-AEww', '-o', 'pid=,ppid=,stat=,command='], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  return output.split('\n').flatMap((line) => {
    const [, pid = '', parent = '', state = '', rest = ''] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    if (pid === '' || state.startsWith('Z') || rest.startsWith('ps ')) return [];
    return [{ pid: Number(pid), parent: Number(parent), command: rest.slice(0, 200), isMarked: rest.includes(MARK) }];
  });
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself after all.
  }
}
