import type { Event } from '../../base/emitter';
import type { ServerSpec } from '../../mcp/serverSpec';

/** What a person thinks of a server: whether it may start, and whether its word counts. */
export interface ServerStanding {
  /** Either is another one now, of some server. */
  readonly onDidChange: Event<void>;
  isTrusted(spec: ServerSpec): boolean;
  /** Its start would ask. */
  needsConsent(spec: ServerSpec): boolean;
  /** Asks the person. */
  trust(spec: ServerSpec, signal: AbortSignal): Promise<unknown>;
  distrust(spec: ServerSpec): Promise<void>;
}
