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
  const chat = models.filter((model) => model.kind === 'chat');
  if (wanted === undefined || wanted === 'default') return describe(defaultModel(chat));
  for (const model of chat) {
    const instance = model.instances?.find(({ id }) => id === wanted);
    if (instance) return describe(model, instance);
  }
  const named = chat.find((model) => model.key === wanted || model.variants.includes(wanted));
  if (!named) {
    throw new ModelNotFoundError(
      wanted,
      chat.map((model) => model.key),
    );
  }
  return describe(named);
}

function defaultModel(chat: readonly Model[]): Model {
  const loaded = chat.filter((model) => model.instances && model.instances.length > 0);
  const best = loaded.find((model) => model.toolUse) ?? loaded[0] ?? chat.find((model) => model.toolUse) ?? chat[0];
  if (!best) throw serverError('no-model', 'The server has no chat model.');
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
