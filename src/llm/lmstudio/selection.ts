import * as l10n from '@vscode/l10n';
import { ModelNotFoundError } from '../../base/errors';
import { serverError } from '../errors';
import type { Model, ModelInstance } from './model';

/** A model that a task is going to use. */
export interface ChosenModel {
  readonly model: Model;
  /** What requests name: the instance in memory where there is one, else the key. */
  readonly id: string;
  /** Tokens, or null where the server does not say. */
  readonly contextLength: number | null;
  readonly contextSource: 'loaded-instance' | 'model-maximum' | null;
}

/**
 * Finds the model a person means. Undefined and "default" mean: the loaded one, else the first that can use tools.
 * A key, an instance id and a variant's id all name a model, exactly.
 *
 * @throws ModelNotFoundError, or ModelValidationError `no-model` where the server has no chat model at all.
 */
export function chooseModel(models: readonly Model[], wanted: string | undefined): ChosenModel {
  if (isAnyModel(wanted)) return describe(defaultModel(models.filter(isChat)));
  const found = findModel(models, wanted);
  if (!found) throw modelNotFound(models, wanted);
  return found;
}

/** True where no model is asked for by name. */
export function isAnyModel(wanted: string | undefined): wanted is undefined | 'default' {
  return wanted === undefined || wanted === 'default';
}

/** False where `chooseModel` knows no chat model of this name. */
export function hasModel(models: readonly Model[], wanted: string | undefined): boolean {
  return isAnyModel(wanted) || findModel(models, wanted) !== undefined;
}

/** The chat model of this name. Searches a list once; after that its length does not matter. */
export function findModel(models: readonly Model[], name: string): ChosenModel | undefined {
  let index = INDEXES.get(models);
  if (!index) {
    index = indexOf(models.filter(isChat));
    INDEXES.set(models, index);
  }
  return index.get(name);
}

/** What each list's names mean, for as long as somebody holds the list. */
const INDEXES = new WeakMap<readonly Model[], ReadonlyMap<string, ChosenModel>>();

function indexOf(chat: readonly Model[]): ReadonlyMap<string, ChosenModel> {
  const index = new Map<string, ChosenModel>();
  // The surer name later, so that it wins: of several models with a variant the first, over that a key, over all a copy.
  for (const model of [...chat].reverse()) for (const variant of model.variants) index.set(variant, describe(model));
  for (const model of chat) index.set(model.key, describe(model));
  for (const model of chat) {
    for (const instance of model.instances ?? []) index.set(instance.id, describe(model, instance));
  }
  return index;
}

/** Says which models there are, and which of them have a name like this. */
export function modelNotFound(models: readonly Model[], name: string): ModelNotFoundError {
  return new ModelNotFoundError(
    name,
    models.filter(isChat).map(({ key }) => key),
  );
}

function isChat({ kind }: Model): boolean {
  return kind === 'chat';
}

function defaultModel(chat: readonly Model[]): Model {
  const loaded = chat.filter((model) => model.instances && model.instances.length > 0);
  const best = loaded.find((model) => model.toolUse) ?? loaded[0] ?? chat.find((model) => model.toolUse) ?? chat[0];
  if (!best) throw serverError('no-model', l10n.t('The server has no chat model.'));
  return best;
}

function describe(model: Model, instance: ModelInstance | undefined = primaryInstance(model)): ChosenModel {
  const loadedLength = instance?.contextLength ?? null;
  const contextLength = loadedLength ?? model.maxContextLength;
  return {
    model,
    id: instance?.id ?? model.key,
    contextLength,
    contextSource: loadedLength !== null ? 'loaded-instance' : contextLength !== null ? 'model-maximum' : null,
  };
}

/** The copy that a request for the key reaches. */
function primaryInstance(model: Model): ModelInstance | undefined {
  return model.instances?.find(({ id }) => id === model.key) ?? model.instances?.[0];
}

/** True where an answer signed `answered` comes from the chosen model and not from a substitute (reference 3.3, E2). */
export function isAnswerOf(chosen: ChosenModel, answered: string): boolean {
  const { model, id } = chosen;
  const accepted = [id, model.key, ...model.variants, ...(model.instances ?? []).map((instance) => instance.id)];
  return accepted.some((name) => baseName(name) === baseName(answered));
}

/** Without publisher, variant and copy number: `qwen/qwen3-8b@q4_k_m:2` → `qwen3-8b`. */
function baseName(id: string): string {
  return id
    .toLowerCase()
    .replace(/^.*\//, '')
    .replace(/(@[^:]*)?(:\d+)?$/, '');
}
