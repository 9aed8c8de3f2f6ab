import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '../../../src/base/clock';
import { nullLogger } from '../../../src/base/logger';
import { type ConnectionSource, type OwnConnectionOptions, ownConnections } from '../../../src/mcp/connections';
import { givenSource, type ServerSpec } from '../../../src/mcp/serverSpec';
import type { ManualClock } from '../manualClock';

const PROGRAMS = __dirname;
const SERVERS = join(PROGRAMS, '..', '..', '..', 'node_modules', '@modelcontextprotocol');

const FILE = '/project/.mcp.json';
/** What is the same for all servers of tests. */
const PLACE = {
  disabled: false,
  origin: { file: FILE, line: 4, column: 5 },
  source: givenSource(FILE),
  inputs: [],
};

/** Connections for one test, of a person who is not there. */
export function connectionsIn(folders: readonly string[], more: Partial<OwnConnectionOptions> = {}): ConnectionSource {
  return ownConnections({
    ...{ host: { roots: { folders } }, clock: systemClock, logger: nullLogger, clientVersion: '0.0.0' },
    ...more,
  });
}

export function serverSpec(
  name: string,
  command: string,
  args: readonly string[] = [],
  env: Record<string, string | null> = {},
  cwd?: string,
): ServerSpec {
  return { ...PLACE, name, transport: { kind: 'stdio', command, args, env, cwd } };
}

/** One of the programs of this folder, under its own name. */
export function fakeServer(program: string, env: Record<string, string | null> = {}): ServerSpec {
  return serverSpec(program, process.execPath, [join(PROGRAMS, `${program}.mjs`)], env);
}

/** One of the official servers. */
export function realServer(name: 'filesystem' | 'memory' | 'everything', args: string[] = [], env = {}): ServerSpec {
  return serverSpec(name, process.execPath, [join(SERVERS, `server-${name}`, 'dist', 'index.js'), ...args], env);
}

/** Waits until `probe` gives something; at most half a minute, which only says that it never will. */
export async function eventually<T>(what: string, probe: () => Promise<T | undefined> | T | undefined): Promise<T> {
  const end = performance.now() + 30_000;
  for (;;) {
    const found = await probe();
    if (found !== undefined) return found;
    if (performance.now() > end) throw new Error(`Waited in vain for ${what}.`);
    await pause(5);
  }
}

/** The lines of a file that a fake server writes, as soon as there are `count` of them. */
export function linesOf(file: string, count: number): Promise<string[]> {
  return eventually(`${count} lines in ${file}`, async () => {
    const content = await readFile(file, 'utf8').catch(() => '');
    const lines = content.split('\n').slice(0, -1);
    return lines.length >= count ? lines : undefined;
  });
}

export async function untilGone(pid: string | number): Promise<void> {
  await eventually(`the end of process ${pid}`, async () => ((await isAlive(Number(pid))) ? undefined : true));
}

export async function isAlive(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // One that ended but that nobody has waited for still has a number.
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return !stat.includes(') Z ');
}

/** Lets the manual clock run while `work` goes on, for work that waits for time and for processes in turn. */
export async function whileTimePasses<T>(clock: ManualClock, work: Promise<T>): Promise<T> {
  const state = { isDone: false };
  const done = work.finally(() => {
    state.isDone = true;
  });
  done.catch(() => undefined);
  while (!state.isDone) {
    clock.advance(100);
    await nextTurn();
  }
  return done;
}
