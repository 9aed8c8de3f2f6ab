import type { Clock } from '../base/clock';
import type { Logger } from '../base/logger';
import type { ClientHost } from './clientHost';
import { EmbeddedTransport } from './embeddedTransport';
import { HttpTransport } from './httpTransport';
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

/** The way to a server. */
export function createTransport(
  { name, transport, secrets }: ResolvedServer,
  { clock, logger, onOutput }: TransportNeeds,
): ServerTransport {
  switch (transport.kind) {
    case 'stdio':
      return new StdioTransport(name, transport, { clock, logger, secrets, onOutput });
    case 'http':
      return new HttpTransport(name, transport, logger);
    case 'embedded':
      return new EmbeddedTransport(transport);
  }
}
