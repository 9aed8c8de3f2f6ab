import type { CatalogModel } from '../llm/lmstudio/catalog';
import type { Choice, Dialogs, PickOptions } from './dialogs';
import { describeModel, sortModels, type TaskModel } from './modelText';

interface ModelChoice extends Choice {
  readonly model: CatalogModel;
}

/** Lets a person choose among models; undefined where the pick was closed. */
export async function pickModel(
  models: readonly CatalogModel[],
  taskModel: TaskModel | undefined,
  dialogs: Dialogs,
  options: PickOptions,
): Promise<CatalogModel | undefined> {
  const choices = sortModels(models).map((model) => toChoice(model, taskModel));
  return (await dialogs.pickOne(choices, options))?.model;
}

/** A chat model, or 'automatic'. */
export async function pickTaskModel(
  models: readonly CatalogModel[],
  taskModel: TaskModel | undefined,
  dialogs: Dialogs,
): Promise<CatalogModel | 'automatic' | undefined> {
  const automatic: Choice & { readonly model: undefined } = {
    label: 'Automatic',
    description: taskModel?.isAutomatic ? 'in use' : '',
    detail: 'The model that is loaded, else the first one that can use tools.',
    model: undefined,
  };
  const chat = sortModels(models.filter(({ kind }) => kind === 'chat')).map((model) => toChoice(model, taskModel));
  const options = { title: 'Model for tasks', placeholder: 'Which model should tasks use?' };
  const chosen = await dialogs.pickOne([automatic, ...chat], options);
  return chosen && (chosen.model ?? 'automatic');
}

function toChoice(model: CatalogModel, taskModel: TaskModel | undefined): ModelChoice {
  return { label: model.displayName, description: model.key, detail: describeModel(model, taskModel), model };
}
