/** The questions to a model server that every doctor asks. */
import type { Clock } from '../base/clock';
import { type BridgeError, isBridgeError, toBridgeError } from '../base/errors';
import { configuredServerUrl } from '../llm/lmstudio/discovery';
import type { Model } from '../llm/lmstudio/model';
import type { ModelListing, ModelServer } from '../llm/lmstudio/server';

/** Below this an agent's tools and instructions hardly leave room for the work (reference 9, client 12). */
export const COMFORTABLE_CONTEXT = 16_384;

export const NEWEST_LIST = '/api/v1/models';

export type ServerProbe =
  | { readonly ok: true; readonly listing: ModelListing; readonly latencyMs: number; readonly isLmStudio: boolean }
  | { readonly ok: false; readonly error: BridgeError };

/** Asks for the list of models, and who is there. Never throws, but `ok` is false where the signal fires. */
export async function probeServer(server: ModelServer, clock: Clock, signal: AbortSignal): Promise<ServerProbe> {
  try {
    const start = clock.now();
    const listing = await server.listModels(signal);
    const latencyMs = Math.round(clock.now() - start);
    const isLmStudio = await server.greet(signal).catch((error: unknown) => {
      // A busy machine takes its time; who has this list is LM Studio, also without a greeting.
      if (isBridgeError(error, 'server-timeout') && listing.path === NEWEST_LIST) return true;
      throw error;
    });
    return { ok: true, listing, latencyMs, isLmStudio };
  } catch (error) {
    return { ok: false, error: toBridgeError(error) };
  }
}

/** The address that LM Studio of this computer was set to, where `root` is a local one with another port. */
export async function otherAddress(root: string): Promise<string | undefined> {
  const configured = await configuredServerUrl();
  if (configured === undefined || !isLoopback(root)) return undefined;
  return new URL(configured).port === new URL(root).port ? undefined : configured;
}

/** The address names the very machine that asks. */
export function isLoopback(root: string): boolean {
  return URL.canParse(root) && ['127.0.0.1', '[::1]', 'localhost'].includes(new URL(root).hostname);
}

/**
 * Whether the server loads what a request names. With just-in-time loading its OpenAI list has every downloaded model,
 * else only those in memory (reference 2.9); null where every model is in memory, or the server does not tell.
 */
export function loadsJustInTime(models: readonly Model[], openAiIds: readonly string[] | undefined): boolean | null {
  const onDisk = models.filter(({ instances }) => instances?.length === 0);
  if (onDisk.length === 0 || !openAiIds) return null;
  const named = new Set(openAiIds);
  return onDisk.some(({ key, variants }) => [key, ...variants].some((id) => named.has(id)));
}
