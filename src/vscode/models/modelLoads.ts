import * as l10n from '@vscode/l10n';
import { countText } from '../../base/numberText';
import { onAbort } from '../../base/abort';
import type { Clock } from '../../base/clock';
import { ConfigurationError, isBridgeError } from '../../base/errors';
import type { CatalogModel } from '../../llm/lmstudio/catalog';
import type { LoadOutcome, ModelLifecycle } from '../../llm/lmstudio/lifecycle';
import type { LoadOptions } from '../../llm/lmstudio/loadOptions';
import { cancelledByPerson } from '../abort';
import type { Dialogs } from '../dialogs';
import { offer } from '../failures';
import { withProgress } from '../progress';
import { tellLoad } from './loadProgress';
import { formatElapsed } from './modelText';
import { fullName, type ServedModel } from './servedModel';

interface RunningLoad {
  readonly served: ServedModel;
  readonly ended: AbortController;
}

type Notice = readonly ['info' | 'warning', string];

/** The loads that a person asked for, each shown by a notification; they can be cancelled there, in the tree and by command. */
export class ModelLoads {
  readonly #running = new Set<RunningLoad>();

  constructor(
    private readonly dialogs: Dialogs,
    private readonly clock: Clock,
    private readonly onLoaded: (served: ServedModel) => void = () => undefined,
  ) {}

  /** Those that are wanted still, each once, however often it was asked for. */
  get models(): readonly ServedModel[] {
    const wanted = [...this.#running].filter(({ ended }) => !ended.signal.aborted);
    return [...new Map(wanted.map(({ served }) => [fullName(served), served])).values()];
  }

  /** `server`: undefined: the main one. */
  has(server: string | undefined, key: string): boolean {
    return this.models.some(({ server: { name }, model }) => name === server && model.key === key);
  }

  /** False where the person cancelled it. @throws BridgeError */
  async load(served: ServedModel, asked: LoadOptions): Promise<boolean> {
    const { server, model } = served;
    const { lifecycle } = await server.connection.get();
    const start = this.clock.now();
    const elapsed = (): string => formatElapsed(this.clock.now() - start);
    // Before the load, whose beginning makes the tree look here.
    const load: RunningLoad = { served, ended: new AbortController() };
    this.#running.add(load);
    try {
      const work = (): Promise<LoadOutcome> => lifecycle.load(model.key, asked, load.ended.signal);
      const outcome = await this.#whileShowing(load, work);
      offer(this.dialogs, ...tell(model, outcome, elapsed()));
      this.onLoaded(served);
      return true;
    } catch (error) {
      if (!load.ended.signal.aborted || !isBridgeError(error, 'cancelled')) throw error;
      offer(this.dialogs, ...this.#discard(served, lifecycle));
      return false;
    } finally {
      this.#running.delete(load);
    }
  }

  /** @throws ConfigurationError where no load of a person's is under way for it */
  cancel(served: ServedModel): void {
    const { displayName } = served.model;
    const name = fullName(served);
    const loads = [...this.#running].filter((load) => fullName(load.served) === name);
    if (loads.length === 0) {
      const hint = l10n.t('What a task loads ends with "Cancel Task", what another program loads in LM Studio.');
      throw new ConfigurationError('usage', l10n.t('No command of this window is loading {0}.', displayName), { hint });
    }
    for (const { ended } of loads) ended.abort(cancelledByPerson());
  }

  async #whileShowing<T>({ served: { model }, ended }: RunningLoad, work: () => Promise<T>): Promise<T> {
    return withProgress(l10n.t('Loading {0}', model.displayName), async (tell, signal) => {
      const cancelling = onAbort(signal, () => ended.abort(cancelledByPerson()));
      const telling = tellLoad(model.sizeBytes, tell, this.clock);
      try {
        return await work();
      } finally {
        telling.dispose();
        cancelling.dispose();
      }
    });
  }

  #discard({ server, model: { key, displayName } }: ServedModel, lifecycle: ModelLifecycle): Notice {
    const fate = this.has(server.name, key) ? 'wanted' : lifecycle.discard(key);
    switch (fate) {
      case 'unloads':
        return [
          'info',
          l10n.t(
            'The load of {0} is cancelled. LM Studio cannot stop in the middle of it: the model is unloaded as soon as it is loaded.',
            displayName,
          ),
        ];
      case 'wanted':
        return [
          'info',
          l10n.t(
            'No longer waiting for {0}. It is loaded all the same, because something else waits for it.',
            displayName,
          ),
        ];
      case 'no-load':
        return ['info', l10n.t('The load of {0} is cancelled.', displayName)];
    }
  }
}

function tell(model: CatalogModel, outcome: LoadOutcome, elapsed: string): Notice {
  const { difference, copies, instanceId, applied } = outcome;
  if (copies > 1) {
    const advice = l10n.t('Unload {0} to free the memory.', instanceId);
    return [
      'warning',
      l10n.t('Another program loaded {0} too: there are {1} copies now. {2}', model.displayName, copies, advice),
    ];
  }
  if (copies === 0) {
    const advice = l10n.t('Another program or LM Studio itself took it out: look for memory that others use.');
    return ['warning', l10n.t('{0} was loaded, and was gone from memory at once. {1}', model.displayName, advice)];
  }
  const verb = outcome.wasLoaded ? l10n.t('is loaded already') : l10n.t('was loaded in {0}', elapsed);
  if (difference)
    return ['warning', l10n.t('{0} {1}, but other than asked: {2}.', model.displayName, verb, difference)];
  const context =
    applied.contextLength === undefined ? '' : l10n.t(' with {0} tokens of context', countText(applied.contextLength));
  return ['info', `${model.displayName} ${verb}${context}.`];
}
