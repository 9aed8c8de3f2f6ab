import * as l10n from '@vscode/l10n';
import type { CatalogModel } from '../../llm/lmstudio/catalog';
import type { Model, ModelInstance } from '../../llm/lmstudio/model';
import type { Choice, Dialogs, PickOptions } from '../dialogs';
import { markupFree } from '../markup';
import type { QuestionDesk } from '../questions/questionDesk';
import { moreWords } from '../questions/questionWords';
import type { ServedConnection } from '../serverConnections';
import type { Fitness } from './fitnessStore';
import { activityWords, describeInstance, describeModel, sortModels, type TaskModel } from './modelText';
import { fullName, type ServedModel } from './servedModel';
import { nameOfModel } from './serverList';

/** What a list of models says of them beside the models themselves. */
export interface ModelContext {
  readonly taskModel: TaskModel | undefined;
  readonly fitnessOf: (model: CatalogModel) => Fitness | undefined;
}

export type ContextOf = (server: ServedConnection) => ModelContext;

interface ModelChoice extends Choice {
  readonly served: ServedModel | undefined;
}

/** Lets a person choose among models; undefined where the pick was closed. */
export async function pickModel(
  models: readonly ServedModel[],
  contextOf: ContextOf,
  dialogs: Dialogs,
  options: PickOptions,
): Promise<ServedModel | undefined> {
  return (await dialogs.pickOne(toChoices(models, contextOf), options))?.served;
}

/** The name of a chat model, as settings know it; without one: automatic. Undefined where the pick was closed. */
export async function pickTaskModel(
  models: readonly ServedModel[],
  contextOf: ContextOf,
  dialogs: Dialogs,
): Promise<{ readonly name: string | undefined } | undefined> {
  const isAutomatic = models.some(({ server }) => contextOf(server).taskModel?.isAutomatic);
  const automatic: ModelChoice = {
    label: l10n.t('Automatic'),
    description: isAutomatic ? l10n.t('in use') : '',
    detail: l10n.t('The model that is loaded, else the first one that can use tools.'),
    served: undefined,
  };
  const chat = models.filter(({ model }) => model.kind === 'chat');
  const options = { title: l10n.t('Model for tasks'), placeholder: l10n.t('Which model should tasks use?') };
  const chosen = await dialogs.pickOne([automatic, ...toChoices(chat, contextOf)], options);
  return chosen && { name: chosen.served && fullName(chosen.served) };
}

/** One copy of a model in memory. */
export interface Copy extends ServedModel {
  readonly instance: ModelInstance;
}

export function copiesOf({ server, model }: ServedModel): readonly Copy[] {
  return (model.instances ?? []).map((instance) => ({ server, model, instance }));
}

/** Lets a person tick what is to leave memory; undefined where the pick was closed. */
export async function pickCopies(copies: readonly Copy[], dialogs: Dialogs): Promise<readonly Copy[] | undefined> {
  const choices = copies.map((copy) => ({
    label: nameOfModel(copy.server.name, copy.instance.id),
    description: copy.model.displayName,
    detail: `${activityWords(copy.model.activity)} · ${describeInstance(copy.instance)}`,
    copy,
  }));
  const chosen = await dialogs.pickMany(choices, {
    title: l10n.t('Unload Model'),
    placeholder: l10n.t('What should leave memory?'),
  });
  return chosen?.map(({ copy }) => copy);
}

export const UNLOAD_BUTTONS = { unload: l10n.t('Unload Anyway'), keep: l10n.t('Keep It') } as const;

/** Asks before a model that works is taken away. Closing the question means no. */
export async function mayUnload({ model, instance }: Copy, dialogs: Dialogs): Promise<boolean> {
  const question = {
    message: l10n.t('{0} is in memory and working for a task. Unload it anyway?', model.displayName),
    detail: l10n.t('What works with {0} fails, or waits until LM Studio has loaded the model again.', instance.id),
    buttons: [UNLOAD_BUTTONS.unload, UNLOAD_BUTTONS.keep],
    closing: UNLOAD_BUTTONS.keep,
  };
  return (await dialogs.ask(question, new AbortController().signal)) === UNLOAD_BUTTONS.unload;
}

export const EVICT_BUTTONS = { load: l10n.t('Load Anyway'), wait: l10n.t('Do Not Load') } as const;

/**
 * Asks before a task's model pushes others out of memory that are in use. Closing the question means no. `task`: the number of
 * the task that wants to load it; absent: it is no task's.
 */
export function createEvictionQuestion(desk: QuestionDesk, dialogs: Dialogs) {
  return (model: Model, evicted: readonly CatalogModel[], signal: AbortSignal, task?: number): Promise<boolean> => {
    const names = evicted.map(({ displayName }) => displayName).join(', ');
    const message = l10n.t('Load {0} although LM Studio may unload {1}?', model.displayName, names);
    const detail = l10n.t(
      'LM Studio keeps only one of the models that it loads just in time. {0} works for another task, which would break off.',
      names,
    );
    // A task asks this by itself, so Enter must change nothing.
    const buttons = [EVICT_BUTTONS.wait, EVICT_BUTTONS.load];
    return desk.put<boolean>(
      {
        notice: message,
        tasks: () => (task === undefined ? [] : [task]),
        unanswered: () => false,
        show: async (more, ending) => {
          const question = { message, detail: [detail, ...moreWords(more)].join('\n\n'), buttons };
          return (await dialogs.ask({ ...question, closing: EVICT_BUTTONS.wait }, ending)) === EVICT_BUTTONS.load;
        },
      },
      signal,
    );
  };
}

/** Under a heading for each server, where there are several. */
function toChoices(models: readonly ServedModel[], contextOf: ContextOf): readonly ModelChoice[] {
  const servers = [...new Set(models.map(({ server }) => server))];
  return servers.flatMap((server) => {
    const { taskModel, fitnessOf } = contextOf(server);
    const own = models.filter((served) => served.server === server).map(({ model }) => model);
    const choices = sortModels(own).map((model) => {
      const served = { server, model };
      const detail = describeModel(model, taskModel, fitnessOf(model));
      return { label: markupFree(model.displayName), description: markupFree(fullName(served)), detail, served };
    });
    const heading = { label: l10n.t('Server {0}', server.label), isHeading: true, served: undefined };
    return servers.length > 1 ? [heading, ...choices] : choices;
  });
}
