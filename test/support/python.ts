/** The official MCP servers that are written in Python, installed from PyPI once for this machine, in its temporary folder. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const PYTHON = process.platform === 'win32' ? 'python' : 'python3';
/** The SQLite server was last published for the SDK's first generation, which cannot stand beside the second. */
const SETS = {
  sqlite: ['mcp-server-sqlite==2025.4.25', 'mcp==1.30.0'],
  others: ['mcp-server-git==2026.10.19', 'mcp-server-fetch==2026.10.24', 'mcp-server-time==2026.10.19'],
} as const;
/** A new one for every change above. */
const FOLDER = join(tmpdir(), 'lmstudio-bridge-python-servers-1');

export type PythonServer = 'sqlite' | 'git' | 'fetch' | 'time';

/** Undefined when all is there; else why it is not. */
export async function installPythonServers(): Promise<string | undefined> {
  try {
    await run(PYTHON, ['-c', 'import sys; assert sys.version_info >= (3, 10), sys.version']);
    // Both to their end: the one that goes on after the other has failed would be taken for a process left behind.
    const ends = await Promise.allSettled([install('sqlite'), install('others')]);
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
    return undefined;
  } catch (error) {
    const lines = (error instanceof Error ? error.message : String(error)).trim().split('\n');
    return `the Python servers cannot be had: ${lines[0] ?? ''} … ${lines.at(-1) ?? ''}`;
  }
}

/** The entry of a configuration file for one of them. */
export function pythonServer(name: PythonServer, ...args: string[]) {
  return {
    command: PYTHON,
    args: ['-c', `from mcp_server_${name} import main; main()`, ...args],
    env: { PYTHONPATH: join(FOLDER, name === 'sqlite' ? 'sqlite' : 'others') },
  };
}

/** What a program in Python prints. */
export async function python(program: string, ...args: string[]): Promise<string> {
  return (await run(PYTHON, ['-c', program, ...args])).stdout.trim();
}

async function install(set: keyof typeof SETS): Promise<void> {
  const folder = join(FOLDER, set);
  if (existsSync(folder)) return;
  await mkdir(FOLDER, { recursive: true });
  // Whole or not at all, also when another run does the same.
  const unfinished = `${folder}.${String(process.pid)}`;
  const options = ['--quiet', '--disable-pip-version-check', '--no-input', '--target', unfinished];
  try {
    await run(PYTHON, ['-m', 'pip', 'install', ...options, ...SETS[set]], { timeout: 240_000 });
    await rename(unfinished, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}
