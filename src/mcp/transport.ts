import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';

/** An SDK transport that can also say how it ended. */
export interface ServerTransport extends Transport {
  /** Begins to start the server, ahead of `start`, which then waits for it; what fails here fails there. */
  launch?(): void;
  /** How the other side ended on its own ("ended with exit code 1"); undefined while it lives, or where we ended it. */
  readonly ending: string | undefined;
  /** The last words of the server outside the protocol, safe to show; empty where it said nothing. */
  readonly lastWords: string;
  /** Told when a person begins to be waited for (a sign-in). Until `work` settles, no time-out of ours may run. */
  onWaiting?: ((work: Promise<unknown>) => void) | undefined;
  /** Ends the server and everything that it started. Settles when that is done; never rejects; may be called again. */
  close(): Promise<void>;
}
