/** Runs the built command line as a process of its own, as a script would. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { once } from 'node:events';
import { startSimulator } from '../simulator/server';

export const CLI = resolve(__dirname, '../../dist/cli.js');
const SERVERS = resolve(__dirname, '../../node_modules/@modelcontextprotocol');
const FAKES = resolve(__dirname, 'mcp');

/** An event of the NDJSON contract, read loosely: a test names the fields it is about. */
export type CliEvent = { readonly type: string; readonly at: number } & Readonly<Record<string, unknown>>;

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Of a `--json` run. */
  readonly events: readonly CliEvent[];
}

export interface RunningCli {
  readonly child: ChildProcessWithoutNullStreams;
  readonly done: Promise<CliResult>;
  /** Resolves with the first event, past or future, of this type. Rejects when the process ends without one. */
  event(type: string): Promise<CliEvent>;
}

export interface CliOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Leaves stdin open, so that a test can write to `child.stdin`. */
  readonly withInput?: boolean;
}

export function startCli(args: readonly string[], options: CliOptions = {}): RunningCli {
  const child = spawn(process.execPath, [CLI, ...args], {
    cwd: options.cwd,
    env: { ...process.env, LM_API_TOKEN: undefined, ...options.env },
    stdio: 'pipe',
  });
  if (!options.withInput) child.stdin.end();
  let stdout = '';
  let stderr = '';
  const changed = new Set<() => void>();
  const notify = (): void => {
    for (const listener of [...changed]) listener();
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    notify();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const events = (): CliEvent[] =>
    stdout
      .split('\n')
      .slice(0, -1)
      .flatMap((line) => (line.startsWith('{"type"') ? [JSON.parse(line) as CliEvent] : []));
  const done = once(child, 'close').then(([code]): CliResult => {
    notify();
    return { code: code as number | null, stdout, stderr, events: events() };
  });
  return {
    child,
    done,
    event: (type) =>
      new Promise((resolveEvent, reject) => {
        const look = (): void => {
          const found = events().find((event) => event.type === type);
          if (!found) return;
          changed.delete(look);
          resolveEvent(found);
        };
        changed.add(look);
        void done.then((result) => {
          reject(
            new Error(`The run ended with ${String(result.code)} before ${type}.\n${result.stdout}${result.stderr}`),
          );
        });
        look();
      }),
  };
}

export function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return startCli(args, options).done;
}

export function ofType(result: { readonly events: readonly CliEvent[] }, type: string): CliEvent[] {
  return result.events.filter((event) => event.type === type);
}

/** The one event of a type; fails where there are none or several. */
export function theOnly(result: CliResult, type: string): CliEvent {
  const found = ofType(result, type);
  if (found.length !== 1) throw new Error(`${String(found.length)} events ${type}.\n${result.stdout}${result.stderr}`);
  return found[0]!;
}

export interface Workspace {
  readonly folder: string;
  path(...parts: string[]): string;
  write(file: string, content: string): Promise<string>;
  remove(): Promise<void>;
}

/** A fresh folder; `servers` becomes its `.mcp.json`. */
export async function makeWorkspace(servers: Readonly<Record<string, unknown>> = {}): Promise<Workspace> {
  const folder = await mkdtemp(join(tmpdir(), 'lmstudio-bridge-'));
  const path = (...parts: string[]): string => join(folder, ...parts);
  const write = async (file: string, content: string): Promise<string> => {
    await mkdir(dirname(path(file)), { recursive: true });
    await writeFile(path(file), content);
    return path(file);
  };
  await cp(resolve(__dirname, '../fixtures/sample-workspace'), folder, { recursive: true });
  await write('.mcp.json', JSON.stringify({ mcpServers: servers }, null, 2));
  return { folder, path, write, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** What every run needs: a simulator that answers "Forty-two.", and a fresh folder with these servers. */
export async function openBench(servers: Readonly<Record<string, unknown>>) {
  const simulator = await startSimulator({ script: [{ text: 'Forty-two.' }] });
  return { simulator, workspace: await makeWorkspace(servers) };
}

export const filesystem = {
  command: process.execPath,
  args: [join(SERVERS, 'server-filesystem', 'dist', 'index.js'), '${workspaceFolder}'],
};

export const memory = {
  command: process.execPath,
  args: [join(SERVERS, 'server-memory', 'dist', 'index.js')],
  env: { MEMORY_FILE_PATH: '${workspaceFolder}/memory.jsonl' },
};

export const everything = { command: process.execPath, args: [join(SERVERS, 'server-everything', 'dist', 'index.js')] };

/** One of the misbehaving servers of test/support/mcp. */
export function fake(program: string, env: Readonly<Record<string, string>> = {}) {
  return { command: process.execPath, args: [join(FAKES, `${program}.mjs`)], env };
}
