import type { Clock } from '../base/clock';
import type { Logger } from '../base/logger';
import type { ClientHost } from './clientHost';
import type { ResolvedServer } from './serverSpec';
import { StdioTransport } from './stdioTransport';
import type { ServerTransport } from './transport';

export interface TransportNeeds {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly host: ClientHost;
  /** A line that a server wrote to stderr, without its secrets. */
  readonly onOutput?: ((server: string, line: string) => void) | undefined;
}

/** The way to a server. What most servers do not need is loaded when one does. */
export async function createTransport(
  server: ResolvedServer,
  { clock, logger, host, onOutput }: TransportNeeds,
): Promise<ServerTransport> {
  const { name, transport, secrets } = server;
  switch (transport.kind) {
    case 'stdio':
      return new StdioTransport(name, transport, { clock, logger, secrets, onOutput });
    case 'http': {
      const { HttpTransport } = await import('./httpTransport');
      return new HttpTransport(server, transport, { clock, logger, signIn: host.signIn });
    }
    case 'embedded': {
      const { EmbeddedTransport } = await import('./embeddedTransport');
      return new EmbeddedTransport(transport);
    }
  }
}
