import * as l10n from '@vscode/l10n';
import type { ChatEvent, ChatModel } from '../agent/types';
import { abortReason, throwIfAborted } from '../base/abort';
import { type BridgeError, type ErrorCode, isBridgeError, toBridgeError } from '../base/errors';
import type { ChosenModel } from '../llm/lmstudio/selection';
import type { ModelValidator } from '../llm/lmstudio/validator';
import { agreeOnEviction, asLoaded, type ModelLoading, type Warn } from './modelLoading';

/** How a model shows that it is gone. */
const LOSSES: ReadonlySet<ErrorCode> = new Set([
  'model-unloaded',
  'engine-crashed',
  'no-model',
  'model-not-found',
  'stream-interrupted',
]);
/** Those of them that can mean something else: a loss only where the copy has left the server's list. */
const AMBIGUOUS: ReadonlySet<ErrorCode> = new Set(['model-not-found', 'stream-interrupted']);

export interface RecoveryNeeds {
  readonly validator: Pick<ModelValidator, 'chooseAnew'>;
  /** Absent: LM Studio loads just in time. */
  readonly loading?: ModelLoading | undefined;
  readonly warn: Warn;
  /** Told before the model is asked again: its id and its context can be others than before. */
  readonly onReturn?: (now: ChosenModel, before: ChosenModel) => void;
}

/**
 * The model of a task, with a way back where it leaves memory in mid-task: evicted, unloaded by hand, crashed. It comes
 * back as it came: by a load with the same settings, or just in time with the next request; never as a second copy.
 */
export class RecoverableModel implements ChatModel {
  #model: ChatModel;
  #hasAnswered = false;
  /** LM Studio loads it with the request that needs it. */
  readonly #isJustInTime: boolean;

  /** @param connect makes what sends requests to a model under the id that it has now */
  constructor(
    private chosen: ChosenModel,
    private readonly connect: (chosen: ChosenModel) => ChatModel,
    private readonly needs: RecoveryNeeds,
  ) {
    this.#model = connect(chosen);
    const copy = copyOf(chosen, chosen.id);
    this.#isJustInTime = !copy || typeof copy.ttlMs === 'number';
  }

  get id(): string {
    return this.#model.id;
  }

  async *stream(...question: Parameters<ChatModel['stream']>): AsyncGenerator<ChatEvent> {
    for await (const event of this.#model.stream(...question)) {
      this.#hasAnswered = true;
      yield event;
    }
  }

  /**
   * Brings the model back where `error` means that it was lost, and says so. True where it may be asked again. A model
   * that was never there is not lost.
   *
   * @throws the signal's reason only
   */
  async recover(error: BridgeError, signal: AbortSignal): Promise<boolean> {
    const wasThere = this.#hasAnswered || copyOf(this.chosen, this.chosen.id) !== undefined;
    if (!wasThere || !LOSSES.has(error.code)) return false;
    let isLost = !AMBIGUOUS.has(error.code);
    try {
      const before = this.chosen;
      const found = await this.needs.validator.chooseAnew(before.model.key, signal);
      const isThere = copyOf(found, before.id) !== undefined;
      isLost ||= !isThere && found.model.instances !== null;
      if (!isLost) return false;
      const now = await this.#bringBack(found, error, signal);
      throwIfAborted(signal);
      this.needs.onReturn?.(now, before);
      this.chosen = now;
      this.#model = this.connect(now);
      return true;
    } catch (failure) {
      if (signal.aborted) throw abortReason(signal);
      if (!isLost) return false;
      const { message } = toBridgeError(failure);
      this.needs.warn(
        'model-not-reloaded',
        l10n.t('{0} could not be brought back: {1}', this.chosen.model.displayName, message),
      );
      return false;
    }
  }

  async #bringBack(found: ChosenModel, error: BridgeError, signal: AbortSignal): Promise<ChosenModel> {
    const { warn, loading } = this.needs;
    const say = (what: string): void => {
      warn(
        'model-reloaded',
        l10n.t('{0} was lost ({1}). {2} {3}', found.model.displayName, error.code, error.message, what),
      );
    };
    // Null: the server does not say what is in memory.
    if (found.model.instances === null || found.model.instances.length > 0) {
      say(
        found.id === this.chosen.id
          ? l10n.t('It is asked again.')
          : l10n.t('It is in memory as "{0}" and asked there.', found.id),
      );
      return found;
    }
    if (loading && !this.#isJustInTime) {
      say(l10n.t('It is loaded again with the same settings, and then asked again.'));
      const loaded = await this.#load(found, loading, signal);
      if (loaded) return loaded;
    } else say(l10n.t('LM Studio loads it again for the next request.'));
    if (loading) await agreeOnEviction(found.model, loading, warn, signal);
    return found;
  }

  /** Undefined where this LM Studio cannot load over HTTP: it is left to the next request then. */
  async #load(found: ChosenModel, { lifecycle }: ModelLoading, signal: AbortSignal): Promise<ChosenModel | undefined> {
    const copy = copyOf(this.chosen, this.chosen.id);
    const settings = copy?.settings ?? (copy?.contextLength ? { contextLength: copy.contextLength } : {});
    try {
      return asLoaded(found, await lifecycle.load(found.model.key, settings, signal));
    } catch (error) {
      if (isBridgeError(error, 'wrong-server')) return undefined;
      throw error;
    }
  }
}

function copyOf({ model }: ChosenModel, id: string) {
  return model.instances?.find((instance) => instance.id === id);
}
