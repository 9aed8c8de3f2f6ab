/** Both sides as whole programs, with the same model server and the same MCP server: our command line and the plain loop. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MODEL_ID } from './frames';
import { mcpConfig } from './ourTask';

export const AGAINST = 'plain loop';
const TASK = 'Go.';

/** Arguments of node. */
type Program = readonly string[];

export interface Programs {
  readonly ours: Program;
  readonly baseline: Program;
  dispose(): void;
}

/** `built`: the folder of the built benchmarks. */
export function preparePrograms(url: string, built: string): Programs {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const config = join(folder, 'mcp.json');
  const mcpProgram = join(built, 'echoServer.js');
  writeFileSync(config, mcpConfig(mcpProgram));
  const servers = ['--mcp-config', config, '--all-mcps', '--workspace', folder];
  return {
    ours: [join(built, '../../dist/cli.js'), 'run', '--task', TASK, '--url', url, '--model', MODEL_ID, ...servers],
    baseline: [join(built, 'plainProgram.js'), url, MODEL_ID, TASK, mcpProgram],
    dispose: () => {
      rmSync(folder, { recursive: true });
    },
  };
}

export function launch(program: Program): ChildProcess {
  return spawn(process.execPath, program, { stdio: 'ignore' });
}

export async function toEnd(child: ChildProcess): Promise<void> {
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`${child.spawnargs.slice(1, 3).join(' ')} … ended with ${String(code)}.`);
}
