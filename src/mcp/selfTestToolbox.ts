import type { ConnectionOptions } from './connection';
import { openConnection } from './connections';
import type { ResolvedServer } from './serverSpec';
import { createToolbox, type Toolbox } from './toolbox';

/** The tools of the self-test, reached as the tools of any other server are. @throws as `McpConnection.connect` */
export async function openSelfTest(options: ConnectionOptions, signal: AbortSignal): Promise<Toolbox> {
  const { serveSelfTest } = await import('./selfTestServer');
  const server: ResolvedServer = {
    name: 'self-test',
    transport: { kind: 'embedded', serve: serveSelfTest },
    secrets: [],
    origin: { file: '(built in)', line: 1, column: 1 },
  };
  const connection = await openConnection(server, options, signal);
  return createToolbox([{ connection, release: () => connection.close() }], false);
}
