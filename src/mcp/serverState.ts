/** What becomes of one MCP server, as views show it. */
import type { BridgeError } from '../base/errors';
import type { ServerTool } from './toolList';

/**
 * stopped → starting → ready → stopped; a start that fails, or a server that goes away, is `failed`, and with `retryAt`
 * it is started again then. All times are on the clock's scale.
 */
export type ServerState =
  | { readonly kind: 'stopped' }
  | { readonly kind: 'starting'; readonly since: number }
  | { readonly kind: 'ready'; readonly since: number; readonly holders: number; readonly offer: ServerOffer }
  | { readonly kind: 'failed'; readonly error: BridgeError; readonly retryAt: number | undefined };

/** What a ready server has, in its own order. */
export interface ServerOffer {
  readonly tools: readonly ServerTool[];
}
