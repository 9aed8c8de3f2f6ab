import type { CatalogModel } from '../../llm/lmstudio/catalog';
import type { Model, ModelInstance } from '../../llm/lmstudio/model';
import type { Choice, Dialogs, PickOptions } from '../dialogs';
import type { Fitness } from './fitnessStore';
import { activityWords, describeInstance, describeModel, sortModels, type TaskModel } from './modelText';

/** What a list of models says of them beside the models themselves. */
export interface ModelContext {
  readonly taskModel: TaskModel | undefined;
  readonly fitnessOf: (model: CatalogModel) => Fitness | undefined;
}

interface ModelChoice extends Choice {
  readonly model: CatalogModel;
}

/** Lets a person choose among models; undefined where the pick was closed. */
export async function pickModel(
  models: readonly CatalogModel[],
  context: ModelContext,
  dialogs: Dialogs,
  options: PickOptions,
): Promise<CatalogModel | undefined> {
  const choices = sortModels(models).map((model) => toChoice(model, context));
  return (await dialogs.pickOne(choices, options))?.model;
}

/** A chat model, or 'automatic'. */
export async function pickTaskModel(
  models: readonly CatalogModel[],
  context: ModelContext,
  dialogs: Dialogs,
): Promise<CatalogModel | 'automatic' | undefined> {
  const automatic: Choice & { readonly model: undefined } = {
    label: 'Automatic',
    description: context.taskModel?.isAutomatic ? 'in use' : '',
    detail: 'The model that is loaded, else the first one that can use tools.',
    model: undefined,
  };
  const chat = sortModels(models.filter(({ kind }) => kind === 'chat')).map((model) => toChoice(model, context));
  const options = { title: 'Model for tasks', placeholder: 'Which model should tasks use?' };
  const chosen = await dialogs.pickOne([automatic, ...chat], options);
  return chosen && (chosen.model ?? 'automatic');
}

/** One copy of a model in memory. */
export interface Copy {
  readonly model: CatalogModel;
  readonly instance: ModelInstance;
}

export function copiesOf(model: CatalogModel): readonly Copy[] {
  return (model.instances ?? []).map((instance) => ({ model, instance }));
}

/** Lets a person tick what is to leave memory; undefined where the pick was closed. */
export async function pickCopies(copies: readonly Copy[], dialogs: Dialogs): Promise<readonly Copy[] | undefined> {
  const choices = copies.map(({ model, instance }) => ({
    label: instance.id,
    description: model.displayName,
    detail: `${activityWords(model.activity)} · ${describeInstance(instance)}`,
    model,
    instance,
  }));
  return dialogs.pickMany(choices, { title: 'Unload Model', placeholder: 'What should leave memory?' });
}

export const UNLOAD_BUTTONS = { unload: 'Unload Anyway', keep: 'Keep It' } as const;

/** Asks before a model that works is taken away. Closing the question means no. */
export async function mayUnload({ model, instance }: Copy, dialogs: Dialogs): Promise<boolean> {
  const question = {
    message: `${model.displayName} is in memory and working for a task. Unload it anyway?`,
    detail: `What works with ${instance.id} fails, or waits until LM Studio has loaded the model again.`,
    buttons: [UNLOAD_BUTTONS.unload, UNLOAD_BUTTONS.keep],
    closing: UNLOAD_BUTTONS.keep,
  };
  return (await dialogs.ask(question, new AbortController().signal)) === UNLOAD_BUTTONS.unload;
}

export const EVICT_BUTTONS = { load: 'Load Anyway', wait: 'Do Not Load' } as const;

/** Asks before a task's model pushes others out of memory that are in use. Closing the question means no. */
export function createEvictionQuestion(dialogs: Dialogs) {
  return async (model: Model, evicted: readonly CatalogModel[], signal: AbortSignal): Promise<boolean> => {
    const names = evicted.map(({ displayName }) => displayName).join(', ');
    const question = {
      message: `Load ${model.displayName} although LM Studio may unload ${names}?`,
      detail: `LM Studio keeps only one of the models that it loads just in time. ${names} works for another task, which would break off.`,
      // A task asks this by itself, so Enter must change nothing.
      buttons: [EVICT_BUTTONS.wait, EVICT_BUTTONS.load],
      closing: EVICT_BUTTONS.wait,
    };
    return (await dialogs.ask(question, signal)) === EVICT_BUTTONS.load;
  };
}

function toChoice(model: CatalogModel, { taskModel, fitnessOf }: ModelContext): ModelChoice {
  const detail = describeModel(model, taskModel, fitnessOf(model));
  return { label: model.displayName, description: model.key, detail, model };
}
