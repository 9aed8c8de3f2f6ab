/**
 * Ten MCP servers, from nothing to the list of their tools. `waiting`: against the slowest of them alone; servers that
 * wait for something start side by side, or they do not. `busy`: real servers that load their code; against the slowest
 * alone, where the number of cores speaks, and against the MCP SDK with ten plain clients at once, where we do.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { systemClock } from '../src/base/clock';
import { nullLogger } from '../src/base/logger';
import { ownConnections } from '../src/mcp/connections';
import { parseConfigFile } from '../src/mcp/configFile';
import { givenSource } from '../src/mcp/serverSpec';
import { openToolbox } from '../src/mcp/toolbox';
import { now } from './lib/modelServerClient';
import { alternate, pairedRow, type Row, runBenchmark } from './lib/report';

interface Launch {
  readonly command: string;
  readonly args: string[];
  readonly env: Record<string, string>;
}

const MODULES = join(__dirname, '../../node_modules/@modelcontextprotocol');
const SLOWEST_MS = 1_500;

const never = new AbortController().signal;

/** Nine that wait less than the last one. */
const waiting: readonly Launch[] = Array.from({ length: 10 }, (_, n) =>
  program(join(__dirname, 'slowServer.js'), [], { START_MS: String(SLOWEST_MS - (9 - n) * 100) }),
);

function busy(folder: string): readonly Launch[] {
  return Array.from({ length: 10 }, (_, n) => {
    const name = ['everything', 'memory', 'filesystem'][n % 3] ?? '';
    const env = name === 'memory' ? { MEMORY_FILE_PATH: join(folder, `memory-${String(n)}.json`) } : {};
    return program(join(MODULES, `server-${name}`, 'dist', 'index.js'), name === 'filesystem' ? [folder] : [], env);
  });
}

function program(file: string, args: string[], env: Record<string, string> = {}): Launch {
  return { command: process.execPath, args: [file, ...args], env };
}

/** Milliseconds from nothing to the tools of all. */
async function open(launches: readonly Launch[], folder: string): Promise<number> {
  const mcpServers = Object.fromEntries(launches.map((launch, n) => [`server-${String(n)}`, launch]));
  const { servers } = parseConfigFile(JSON.stringify({ mcpServers }), givenSource('mcp.json'));
  const connections = ownConnections({
    host: { roots: { folders: [folder] } },
    ...{ clock: systemClock, logger: nullLogger, clientVersion: '0.0.0' },
  });
  const start = now();
  const { toolbox, failures } = await openToolbox(servers, connections, never);
  const taken = now() - start;
  await toolbox.close();
  if (failures.length > 0) throw failures[0]?.error ?? new Error('A server failed.');
  return taken;
}

/** The same with nothing but the SDK. */
async function openPlainly(launches: readonly Launch[]): Promise<number> {
  const start = now();
  const clients = await Promise.all(
    launches.map(async (launch) => {
      const client = new Client({ name: 'plain', version: '0.0.0' });
      await client.connect(new StdioClientTransport({ ...launch, stderr: 'ignore' }));
      await client.listTools();
      return client;
    }),
  );
  const taken = now() - start;
  await Promise.all(clients.map((client) => client.close()));
  return taken;
}

/** The longest of those that are not alike, each on its own. */
async function slowestAlone(launches: readonly Launch[], folder: string): Promise<number> {
  const times: number[] = [];
  for (const launch of launches) times.push(await open([launch], folder));
  return Math.max(...times);
}

runBenchmark(async (isQuick) => {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const real = busy(folder);
  const count = isQuick ? 3 : 7;
  const rows: Row[] = [];
  try {
    // The first ones read the files from the disk.
    await open(real, folder);
    const compare = async (name: string, against: string, all: readonly Launch[], baseline: () => Promise<number>) => {
      const pairs = await alternate(count, () => open(all, folder), baseline);
      rows.push(pairedRow(`servers: 10 ${name}`, 'ms', against, pairs));
    };
    await compare('waiting', 'slowest alone', waiting, () => slowestAlone(waiting.slice(-1), folder));
    await compare('busy', 'slowest alone', real, () => slowestAlone(real.slice(0, 3), folder));
    await compare('busy', 'MCP SDK alone', real, () => openPlainly(real));
  } finally {
    rmSync(folder, { recursive: true });
  }
  return { rows, skipped: [] };
});
