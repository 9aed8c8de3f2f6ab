/** One process at a time writes a journal. */
import { link, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { uptime } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { systemErrorCode } from '../base/errors';

export interface RunLock {
  /** Never throws. */
  release(): Promise<void>;
}

/**
 * Lock files are numbered, `RUN.1.lock`: who takes over from a dead process makes the next number, which only one can,
 * instead of removing the old file, which two could do one after the other.
 */
const NAME = /^(.+)\.(\d+)\.lock$/;
/** Clocks are set now and then: a lock must be older than the machine's start by more than this to be of no use. */
const BOOT_SLACK_MS = 60_000;

interface Found {
  readonly name: string;
  readonly number: number;
  readonly pid: number | undefined;
}

/** Undefined where another process holds the run: see `holderOf`. @throws the system's error */
export async function lockRun(folder: string, runId: string, wallClock: () => number): Promise<RunLock | undefined> {
  const held = await locksOf(folder, runId, wallClock);
  const last = held.at(-1);
  if (last?.pid !== undefined) return undefined;
  const number = (last?.number ?? 0) + 1;
  const name = `${runId}.${String(number)}.lock`;
  if (!(await makeWhole(folder, name, `${String(process.pid)} ${String(wallClock())}\n`))) return undefined;
  const release = (): Promise<void> => rm(join(folder, name), { force: true }).catch(() => undefined);
  const now = await locksOf(folder, runId, wallClock);
  if (now.some((other) => other.number > number)) {
    await release();
    return undefined;
  }
  for (const old of now) if (old.number < number) await rm(join(folder, old.name), { force: true });
  return { release };
}

/** The process that writes the run's journal now. `names`: of the folder, where they are known. @throws the system's error */
export async function holderOf(
  folder: string,
  runId: string,
  wallClock: () => number,
  names?: readonly string[],
): Promise<number | undefined> {
  return (await locksOf(folder, runId, wallClock, names)).at(-1)?.pid;
}

export async function removeLocks(folder: string, runId: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (NAME.exec(name)?.[1] === runId) await rm(join(folder, name), { force: true });
  }
}

/** By number; `pid` of those whose process is alive. */
async function locksOf(
  folder: string,
  runId: string,
  wallClock: () => number,
  names?: readonly string[],
): Promise<readonly Found[]> {
  const found: Found[] = [];
  for (const name of names ?? (await readdir(folder))) {
    const match = NAME.exec(name);
    if (match?.[1] !== runId) continue;
    const content = await readFile(join(folder, name), 'utf8').catch(() => '');
    found.push({ name, number: Number(match[2]), pid: livingPid(content, wallClock()) });
  }
  return found.sort((a, b) => a.number - b.number);
}

/** Numbers of processes start again with the machine, so an older lock says nothing. */
function livingPid(content: string, now: number): number | undefined {
  const [, pid, since] = /^(\d+) (\d+)/.exec(content) ?? [];
  if (pid === undefined || since === undefined) return undefined;
  if (Number(since) < now - uptime() * 1_000 - BOOT_SLACK_MS) return undefined;
  return isAlive(Number(pid)) ? Number(pid) : undefined;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It is somebody else's.
    return systemErrorCode(error) === 'EPERM';
  }
}

/** With its content from its first moment on. False where the name is taken. @throws the system's error */
async function makeWhole(folder: string, name: string, content: string): Promise<boolean> {
  const draft = join(folder, `${randomUUID()}.tmp`);
  await writeFile(draft, content, { mode: 0o600, flag: 'wx' });
  try {
    await link(draft, join(folder, name));
    return true;
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}
