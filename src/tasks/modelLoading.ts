/** How the model of a task comes into memory: loaded before it where a context length is configured, else just in time. */
import * as l10n from '@vscode/l10n';
import type { ChatModel } from '../agent/types';
import { throwIfAborted } from '../base/abort';
import { BridgeError, isBridgeError } from '../base/errors';
import type { CatalogModel } from '../llm/lmstudio/catalog';
import type { LoadOutcome, ModelLifecycle } from '../llm/lmstudio/lifecycle';
import type { Model } from '../llm/lmstudio/model';
import type { ChosenModel } from '../llm/lmstudio/selection';

/** What a door lends to its tasks for this. */
export interface ModelLoading {
  readonly lifecycle: ModelLifecycle;
  /** Tokens to load with; undefined: LM Studio loads just in time, with its own settings. */
  readonly contextLength?: number | undefined;
  /** How long a model that LM Studio loads just in time stays unused in memory; undefined: as LM Studio is set. */
  readonly ttlSeconds?: number | undefined;
  /** Asks the person whether models in use may be pushed out of memory. Absent: nobody is there, a warning has to do. */
  readonly mayEvict?: (model: Model, evicted: readonly CatalogModel[], signal: AbortSignal) => Promise<boolean>;
}

export type Warn = (code: string, message: string) => void;

/**
 * The chosen model, in memory where a context length is configured. Touches nothing that is in memory already, whatever
 * its context is: other programs may use it.
 *
 * @throws what `ModelLifecycle.load` throws, or `cancelled` where the person wants nothing evicted
 */
export async function makeReady(
  chosen: ChosenModel,
  loading: ModelLoading | undefined,
  warn: Warn,
  signal: AbortSignal,
): Promise<ChosenModel> {
  const { model } = chosen;
  // Null: a server that tells nothing of its memory cannot be asked to load either.
  if (!loading || model.instances === null || model.instances.length > 0) return chosen;
  const outcome = loading.contextLength === undefined ? undefined : await preload(model, loading, warn, signal);
  if (outcome) return asLoaded(chosen, outcome);
  await agreeOnEviction(model, loading, warn, signal);
  return chosen;
}

async function preload(
  model: Model,
  { lifecycle, contextLength = 0 }: ModelLoading,
  warn: Warn,
  signal: AbortSignal,
): Promise<LoadOutcome | undefined> {
  const options = { contextLength: Math.min(contextLength, model.maxContextLength ?? contextLength) };
  try {
    const outcome = await lifecycle.load(model.key, options, signal);
    if (outcome.copies === 0) {
      const words = l10n.t(
        'was loaded, and was gone from memory at once. LM Studio loads it again for the first request',
      );
      warn('not-preloaded', l10n.t('{0} {1}, with its own settings.', model.displayName, words));
      return undefined;
    }
    if (outcome.difference) warn('context-differs', `${model.displayName}: ${outcome.difference}.`);
    return outcome;
  } catch (error) {
    // Before 0.4.0 there is no loading over HTTP: it is left to the first request then.
    if (!isBridgeError(error, 'wrong-server')) throw error;
    warn('not-preloaded', l10n.t('{0} is loaded by LM Studio itself: {1}', model.displayName, error.message));
    return undefined;
  }
}

/** The same model, as this load has brought it into memory. */
export function asLoaded(chosen: ChosenModel, { instanceId, applied }: LoadOutcome): ChosenModel {
  const contextLength = applied.contextLength ?? null;
  const instances = [...(chosen.model.instances ?? []), { id: instanceId, contextLength, settings: applied }];
  const known = contextLength === null ? {} : { contextLength, contextSource: 'loaded-instance' as const };
  return { ...chosen, ...known, model: { ...chosen.model, instances }, id: instanceId };
}

/** @throws `cancelled` where the person wants nothing pushed out of memory */
export async function agreeOnEviction(
  model: Model,
  { lifecycle, mayEvict }: ModelLoading,
  warn: Warn,
  signal: AbortSignal,
): Promise<void> {
  // Where nobody can be asked, nobody looks at the models either: whatever is in memory may be in use.
  const evicted = mayEvict ? lifecycle.evictedBy(model.key) : lifecycle.evictedBy(model.key, () => true);
  if (evicted.length === 0) return;
  const names = evicted.map(({ displayName }) => displayName).join(', ');
  if (!mayEvict) {
    warn(
      'model-evicted',
      l10n.t('Loading {0} can push what others may be using out of memory: {1}.', model.displayName, names),
    );
    return;
  }
  const isAgreed = await mayEvict(model, evicted, signal);
  throwIfAborted(signal);
  if (isAgreed) return;
  throw new BridgeError('cancelled', l10n.t('{0} was not loaded, so that {1} can go on.', model.displayName, names), {
    hint: l10n.t('Wait until the other task is done, or choose the model that is in memory.'),
  });
}

/** The same model, but a request that can load it just in time waits for a load of it, and the next for this (reference 2.9). */
export function inGate(model: ChatModel, lifecycle: ModelLifecycle, key: string): ChatModel {
  return {
    get id() {
      return model.id;
    },
    async *stream(request, signal, onPhase) {
      const gate = await lifecycle.enter(key, signal);
      try {
        for await (const event of model.stream(request, signal, onPhase)) {
          // It answers, so it is in memory.
          gate.dispose();
          yield event;
        }
      } finally {
        gate.dispose();
      }
    },
  };
}
