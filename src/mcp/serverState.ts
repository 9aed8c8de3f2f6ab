/** What becomes of one MCP server, as views show it. */
import type { BridgeError } from '../base/errors';
import type { ServerPrompt } from './promptList';
import type { ServerResource, ServerResourceTemplate } from './resourceList';
import type { ServerTool } from './toolList';

/**
 * The states of a server. All times are on the clock's scale.
 *
 * - `stopped`: nothing runs, or what ran has been told to end.
 * - `starting`: from the spawn to the last list of what it offers.
 * - `ready`: it can be used, by `holders` at the moment. With `isOutdated` its entry is another one by now, or gone: it
 *   ends with its last holder.
 * - `failed`: it could not be started, or it went away; with `retryAt` it is started again then.
 */
export type ServerState =
  | { readonly kind: 'stopped' }
  | { readonly kind: 'starting'; readonly since: number }
  | {
      readonly kind: 'ready';
      readonly since: number;
      readonly holders: number;
      readonly offer: ServerOffer;
      readonly isOutdated?: boolean;
    }
  | { readonly kind: 'failed'; readonly error: BridgeError; readonly retryAt: number | undefined };

/**
 * What may follow what.
 *
 * - stopped → starting: somebody asks for it.
 * - starting → ready: it has answered; → failed: it has not; → stopped: nobody waits any more, or it was stopped.
 * - ready → ready: its holders or its offer changed; → failed: it went away; → stopped: it was stopped, or nobody has
 *   used it for a while.
 * - failed → starting: its time has come, or somebody asks; → stopped: it was stopped, or nobody needs it any more.
 */
const TRANSITIONS: Readonly<Record<ServerState['kind'], readonly ServerState['kind'][]>> = {
  stopped: ['starting'],
  starting: ['ready', 'failed', 'stopped'],
  ready: ['ready', 'failed', 'stopped'],
  failed: ['starting', 'stopped'],
};

export function mayFollow(from: ServerState['kind'], to: ServerState['kind']): boolean {
  return TRANSITIONS[from].includes(to);
}

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
