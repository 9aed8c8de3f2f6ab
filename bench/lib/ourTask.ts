/** One task as a door runs it, in this process. */
import { systemClock } from '../../src/base/clock';
import { nullLogger } from '../../src/base/logger';
import { createFetch } from '../../src/base/http';
import { ModelCatalog } from '../../src/llm/lmstudio/catalog';
import { ModelServer } from '../../src/llm/lmstudio/server';
import { ModelValidator } from '../../src/llm/lmstudio/validator';
import { ownConnections } from '../../src/mcp/connections';
import { parseConfigFile } from '../../src/mcp/configFile';
import { givenSource } from '../../src/mcp/serverSpec';
import { createUnattendedGate } from '../../src/policy/gates';
import { ModelLanes } from '../../src/tasks/modelLanes';
import { runTask } from '../../src/tasks/taskRunner';
import type { TaskEvent } from '../../src/tasks/types';
import { MODEL_ID } from './frames';

export interface OurTask {
  readonly url: string;
  /** An MCP server that is a program of node; absent: no server. */
  readonly mcpProgram?: string;
}

export async function runOurTask({ url, mcpProgram }: OurTask, onEvent: (event: TaskEvent) => void): Promise<void> {
  const fetch = createFetch(systemClock);
  const server = new ModelServer({ root: url, token: undefined }, { fetch, clock: systemClock });
  const end = await runTask(
    {
      task: 'Go.',
      model: MODEL_ID,
      servers: { kind: mcpProgram === undefined ? 'none' : 'all' },
      maxRounds: 1_000,
      maxTokens: undefined,
      timeoutMs: undefined,
    },
    {
      clock: systemClock,
      logger: nullLogger,
      version: '0.0.0',
      server,
      validator: new ModelValidator(new ModelCatalog(server, systemClock), systemClock),
      fetch,
      lanes: new ModelLanes(),
      workspaces: [process.cwd()],
      connections: ownConnections({
        host: { roots: { folders: [process.cwd()] } },
        ...{ clock: systemClock, logger: nullLogger, clientVersion: '0.0.0' },
      }),
      found: parseConfigFile(mcpConfig(mcpProgram), givenSource('mcp.json')),
      gate: createUnattendedGate('all'),
    },
    onEvent,
    new AbortController().signal,
  );
  if (end.status !== 'completed') throw new Error(`Our task ended with ${end.status} (${String(end.code)}).`);
}

/** The text of an mcp.json with the server `echo`, or with none. */
export function mcpConfig(program: string | undefined): string {
  const mcpServers = program === undefined ? {} : { echo: { command: process.execPath, args: [program] } };
  return JSON.stringify({ mcpServers });
}
