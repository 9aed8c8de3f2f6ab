import type { CatalogModel, ServerHealth } from '../../src/llm/lmstudio/catalog';
import type { ServerSource } from '../../src/vscode/models/modelRows';

export const ONLINE: ServerHealth = { kind: 'online', listing: '/api/v1/models', latencyMs: 1, skipped: 0 };

/** A server of which nothing is known but its models, with what a test wants to be different. */
export function serverSource(
  models: readonly CatalogModel[],
  change: Partial<ServerSource> & { readonly health?: ServerHealth } = {},
): ServerSource {
  const { health = ONLINE, ...rest } = change;
  const nothing = () => undefined;
  return {
    ...{ name: undefined, label: 'LM Studio', isMisconfigured: false, taskModel: undefined },
    snapshot: { root: 'http://a', health, models },
    ...{ fitnessOf: nothing, speedOf: nothing, workOf: nothing, usedAt: nothing, canCancelLoad: () => false },
    ...rest,
  };
}
