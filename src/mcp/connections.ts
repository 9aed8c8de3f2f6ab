/** Where a run gets its connections from: made for it alone, or shared with others by the hub. */
import { throwIfAborted } from '../base/abort';
import type { ConnectionOptions, McpConnection } from './connection';
import type { ResolvedServer, ServerSpec } from './serverSpec';
import { createTransport } from './transports';
import { createVariableContext, type InputSource, resolveServer } from './variables';

/** A ready connection that is held until it is released. */
export interface ConnectionLease {
  /** As of now: a server that was started again has another one. */
  readonly connection: McpConnection;
  /**
   * The connection to use next: while a server that went away is started again, this waits for it. Absent: what is lost
   * stays lost.
   *
   * @throws ToolExecutionError `mcp-connection-lost` where it is not started again, or the signal's reason
   */
  usable?(signal: AbortSignal): Promise<McpConnection>;
  /** Settles when nothing has to be waited for any more; never rejects; may be called again. */
  release(): Promise<void>;
}

export interface ConnectionSource {
  /**
   * A connection to the server, started where it does not run.
   * @throws ToolExecutionError `mcp-start-failed`, ConfigurationError `mcp-config`, BridgeError `auth-required`, or the
   * signal's reason; nothing is held then.
   */
  lease(spec: ServerSpec, signal: AbortSignal): Promise<ConnectionLease>;
}

export interface OwnConnectionOptions extends ConnectionOptions {
  /** Absent: nobody can be asked. */
  readonly inputs?: InputSource | undefined;
}

/** Connections of one run, which end with it. */
export function ownConnections(options: OwnConnectionOptions): ConnectionSource {
  return {
    async lease(spec, signal) {
      // Each time anew: the folders of an editor come and go.
      const context = createVariableContext(options.host.roots.folders, options.inputs);
      const connection = await openConnection(await resolveServer(spec, context, signal), options, signal);
      return { connection, release: () => connection.close() };
    },
  };
}

/** @throws as `McpConnection.connect` */
export async function openConnection(
  server: ResolvedServer,
  options: ConnectionOptions,
  signal: AbortSignal,
): Promise<McpConnection> {
  const transport = await createTransport(server, options);
  throwIfAborted(signal);
  // Before all that is needed to talk to it is loaded: a process takes its time to start.
  transport.launch?.();
  const { McpConnection } = await import('./connection');
  const connection = new McpConnection(server, transport, options);
  await connection.connect(signal);
  return connection;
}
