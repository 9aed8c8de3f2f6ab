/** What becomes of one MCP server, as views show it. */
import type { BridgeError } from '../base/errors';
import type { ServerPrompt } from './promptList';
import type { ServerResource, ServerResourceTemplate } from './resourceList';
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

/** What a ready server has, each list in its own order. Everything in it was written by the server. */
export interface ServerOffer {
  readonly tools: readonly ServerTool[];
  readonly resources: readonly ServerResource[];
  readonly templates: readonly ServerResourceTemplate[];
  readonly prompts: readonly ServerPrompt[];
  /** What it calls itself. */
  readonly title: string | undefined;
  readonly version: string | undefined;
  /** How it wants to be used, in its words for models. */
  readonly instructions: string | undefined;
}
