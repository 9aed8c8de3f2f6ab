import * as vscode from 'vscode';
import { ConfigurationError } from '../../base/errors';
import type { CatalogModel } from '../../llm/lmstudio/catalog';
import type { LoadOptions } from '../../llm/lmstudio/loadOptions';
import type { ReloadAdvice } from '../../tasks/types';
import { toSignal } from '../abort';
import type { ServerConnection } from '../connection';
import type { Dialogs } from '../dialogs';
import { offer } from '../failures';
import { askForLoadOptions } from './loadDialog';
import type { FitnessStore } from './fitnessStore';
import type { ModelLoads } from './modelLoads';
import { copiesOf, type Copy, mayUnload, type ModelContext, pickCopies, pickModel, pickTaskModel } from './modelPicks';
import { findTaskModel, isInMemory, type TaskModel } from './modelText';
import type { ModelNode } from './modelsTree';
import { readLoadSettings, readModel } from '../settings';
import { writeSetting } from '../typed';

/** What a person can do with a model, from its row or from the palette. */
export class ModelActions {
  constructor(
    private readonly connection: ServerConnection,
    private readonly dialogs: Dialogs,
    private readonly loads: ModelLoads,
    private readonly fitness: FitnessStore,
  ) {}

  /** What lists of models say beside the models. */
  get context(): ModelContext {
    const { root } = this.connection.snapshot;
    return { taskModel: this.taskModel, fitnessOf: (model) => this.fitness.of(root, model) };
  }

  get taskModel(): TaskModel | undefined {
    return findTaskModel(this.connection.snapshot.models, modelSetting());
  }

  get isLoading(): boolean {
    return this.loads.models.length > 0;
  }

  async select(): Promise<void> {
    const models = await this.#models();
    const chosen = await pickTaskModel(models, this.context, this.dialogs);
    if (chosen) await writeSetting('model', chosen === 'automatic' ? '' : chosen.key);
  }

  async useForTasks(node: unknown): Promise<void> {
    if (!isNode(node) || node.kind === 'embeddings') return this.select();
    if (node.model.kind === 'embedding') throw new ConfigurationError('usage', 'Tasks need a chat model.');
    await writeSetting('model', node.model.key);
  }

  async copyId(node: unknown): Promise<void> {
    if (!isNode(node) || node.kind === 'embeddings') return;
    await vscode.env.clipboard.writeText(node.kind === 'instance' ? node.instance.id : node.model.key);
  }

  /** The chat model with this key, or one that a person picks; undefined where the pick was closed. */
  async chooseChat(key: string | undefined, title: string): Promise<CatalogModel | undefined> {
    const chat = (await this.#models()).filter(({ kind }) => kind === 'chat');
    const fitting = key === undefined ? chat : chat.filter((model) => model.key === key);
    if (fitting.length === 0) throw new ConfigurationError('usage', `${title}: there is no model to choose.`);
    if (key !== undefined) return fitting[0];
    return pickModel(chat, this.context, this.dialogs, { title, placeholder: 'Which model?' });
  }

  async load(node: unknown): Promise<void> {
    const model = await this.#modelToLoad(node, 'Load Model');
    if (model) await this.loads.load(model, configuredOptions(model));
  }

  async loadWithOptions(node: unknown): Promise<void> {
    const model = await this.#modelToLoad(node, 'Load Model with Options');
    const options = model && (await askForLoadOptions(model, configuredOptions(model), this.dialogs));
    if (model && options) await this.loads.load(model, options);
  }

  /** Of the row; else of the only model that loads, or the one that a person picks. */
  async cancelLoad(node: unknown): Promise<void> {
    if (isNode(node) && node.kind !== 'embeddings') {
      this.loads.cancel(node.model);
      return;
    }
    const { models } = this.loads;
    const [only, ...others] = models;
    if (!only) throw new ConfigurationError('usage', 'Cancel Loading: no command of this window is loading a model.');
    const question = { title: 'Cancel Loading', placeholder: 'Which model is no longer wanted?' };
    const chosen = others.length === 0 ? only : await pickModel(models, this.context, this.dialogs, question);
    if (chosen) this.loads.cancel(chosen);
  }

  async unload(node: unknown): Promise<void> {
    const models = await this.#models();
    const copies = isNode(node) && node.kind !== 'embeddings' ? copiesOfNode(node, models) : models.flatMap(copiesOf);
    if (copies.length === 0) throw new ConfigurationError('usage', 'Unload Model: nothing is in memory.');
    const chosen = isNode(node) && copies.length === 1 ? copies : await pickCopies(copies, this.dialogs);
    for (const copy of chosen ?? []) await this.#unload(copy);
  }

  /** Loads a model anew, because its context was too small. Nothing is loaded where the person keeps a copy in use. */
  async reload({ model: key, contextLength }: ReloadAdvice): Promise<void> {
    const models = await this.#models();
    const model = models.find((candidate) => candidate.key === key);
    if (!model) throw new ConfigurationError('usage', `Reload Model: ${key} is not there any more.`);
    for (const copy of copiesOf(model)) if (!(await this.#unload(copy))) return;
    await this.loads.load(model, { contextLength });
  }

  async unloadOwned(): Promise<void> {
    const { lifecycle } = await this.connection.get();
    const gone = await this.#whileShowing('Unloading what this window loaded', (signal) =>
      lifecycle.unloadOwned(signal),
    );
    const left = lifecycle.owned.length;
    const kept = left > 0 ? ` Still in use: ${lifecycle.owned.map(({ instanceId }) => instanceId).join(', ')}.` : '';
    const words =
      gone.length > 0 ? `Unloaded: ${gone.join(', ')}.` : 'This window has loaded nothing that could be unloaded.';
    offer(this.dialogs, 'info', words + kept);
  }

  /** False where the person wants to keep it, because it is in use. */
  async #unload({ model, instance }: Copy): Promise<boolean> {
    const { lifecycle } = await this.connection.get();
    if (lifecycle.isInUse(model.key) && !(await mayUnload({ model, instance }, this.dialogs))) return false;
    await this.#whileShowing(`Unloading ${instance.id}`, (signal) => lifecycle.unload(model.key, instance.id, signal));
    return true;
  }

  /** The model of the row, or the one that a person picks; undefined where there is nothing to load. */
  async #modelToLoad(node: unknown, title: string): Promise<CatalogModel | undefined> {
    const models = await this.#models();
    if (isNode(node) && node.kind !== 'embeddings') {
      const model = models.find(({ key }) => key === node.model.key) ?? node.model;
      if (!isInMemory(model)) return model;
      offer(this.dialogs, 'info', `${model.displayName} is loaded already. Unload it first to load it in another way.`);
      return undefined;
    }
    const fitting = models.filter((model) => !isInMemory(model));
    if (fitting.length === 0) throw new ConfigurationError('usage', `${title}: there is no model to choose.`);
    return pickModel(fitting, this.context, this.dialogs, { title, placeholder: 'Which model?' });
  }

  async #whileShowing<T>(title: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
    return vscode.window.withProgress(options, (_progress, token) => work(toSignal(token)));
  }

  /** @throws the reason why the server cannot be asked */
  async #models(): Promise<readonly CatalogModel[]> {
    const { health, models } = await this.connection.refresh();
    if (health.kind === 'offline') throw health.error;
    return models;
  }
}

/** A wrong setting is told where a task is run; the views go on without it. */
export function modelSetting(): string | undefined {
  try {
    return readModel();
  } catch {
    return undefined;
  }
}

function configuredOptions({ maxContextLength, kind }: CatalogModel): LoadOptions {
  const { contextLength } = readLoadSettings();
  if (contextLength === undefined || kind === 'embedding') return {};
  return { contextLength: Math.min(contextLength, maxContextLength ?? contextLength) };
}

function copiesOfNode(
  node: Exclude<ModelNode, { kind: 'embeddings' }>,
  models: readonly CatalogModel[],
): readonly Copy[] {
  const copies = copiesOf(models.find(({ key }) => key === node.model.key) ?? node.model);
  return node.kind === 'model' ? copies : copies.filter(({ instance }) => instance.id === node.instance.id);
}

/** Of a model's row, or of a copy's. */
export function keyOfNode(node: unknown): string | undefined {
  return isNode(node) && node.kind !== 'embeddings' ? node.model.key : undefined;
}

function isNode(value: unknown): value is ModelNode {
  if (typeof value !== 'object' || value === null) return false;
  const kind: unknown = Reflect.get(value, 'kind');
  return kind === 'model' || kind === 'instance' || kind === 'embeddings';
}
