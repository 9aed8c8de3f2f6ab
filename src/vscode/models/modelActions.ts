import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { ConfigurationError } from '../../base/errors';
import type { CatalogModel } from '../../llm/lmstudio/catalog';
import type { LoadOptions } from '../../llm/lmstudio/loadOptions';
import type { ReloadAdvice } from '../../tasks/types';
import type { Dialogs } from '../dialogs';
import { offer } from '../failures';
import { withProgress } from '../progress';
import type { ServedConnection, ServerConnections } from '../serverConnections';
import { readLoadSettings, readModel } from '../settings/settings';
import { writeSetting } from '../typed';
import type { FitnessStore } from './fitnessStore';
import type { ListedModels } from './listedModels';
import { askForLoadOptions } from './loadDialog';
import type { ModelLoads } from './modelLoads';
import { isModelNode, isServerNode, type OneModelNode, rowsWith } from './modelNode';
import { copiesOf, type Copy, mayUnload, type ModelContext, pickCopies, pickModel, pickTaskModel } from './modelPicks';
import { findTaskModel, isInMemory, type TaskModel } from './modelText';
import { fullName, type ServedModel } from './servedModel';
import { placeOfModel } from './serverList';

/** What a person can do with a model, from its row or from the palette. */
export class ModelActions {
  constructor(
    private readonly connections: ServerConnections,
    private readonly dialogs: Dialogs,
    private readonly loads: ModelLoads,
    private readonly fitness: FitnessStore,
    /** What can be acted upon now. */
    readonly listed: ListedModels,
  ) {}

  /** What lists of a server's models say beside the models. */
  readonly contextOf = (server: ServedConnection): ModelContext => {
    const { root } = server.connection.snapshot;
    return { taskModel: this.taskModelOf(server), fitnessOf: this.fitness.on(root) };
  };

  /** Undefined where tasks use another server, or there is none to use. */
  taskModelOf({ name, connection }: ServedConnection): TaskModel | undefined {
    const place = placeOfModel(modelSetting());
    return place.server === name ? findTaskModel(connection.snapshot.models, place.key) : undefined;
  }

  get isLoading(): boolean {
    return this.loads.models.length > 0;
  }

  async select(): Promise<void> {
    const models = await this.listed.of();
    const chosen = await pickTaskModel(models, this.contextOf, this.dialogs);
    if (chosen) await writeSetting('model', chosen.name ?? '');
  }

  async useForTasks(node: unknown): Promise<void> {
    if (!isModelNode(node)) return this.select();
    if (node.model.kind === 'embedding') throw new ConfigurationError('usage', l10n.t('Tasks need a chat model.'));
    await writeSetting('model', fullName(this.#servedBy(node)));
  }

  async copyId(node: unknown): Promise<void> {
    if (!isModelNode(node)) return;
    await vscode.env.clipboard.writeText(node.kind === 'instance' ? node.instance.id : node.model.key);
  }

  /** The chat model of the row, as it is now, or one that a person picks; undefined where the pick was closed. */
  async chooseChat(node: unknown, title: string): Promise<ServedModel | undefined> {
    return this.choose(node, title, ({ kind }) => kind === 'chat');
  }

  /** The model of the row, as it is now, or one that a person picks; undefined where the pick was closed. */
  async choose(
    node: unknown,
    title: string,
    fits: (model: CatalogModel) => boolean = () => true,
  ): Promise<ServedModel | undefined> {
    const models = (await this.listed.of(node)).filter(({ model }) => fits(model));
    const name = isModelNode(node) ? fullName(this.#servedBy(node)) : undefined;
    const fitting = name === undefined ? models : models.filter((served) => fullName(served) === name);
    if (fitting.length === 0) throw new ConfigurationError('usage', l10n.t('{0}: there is no model to choose.', title));
    if (name !== undefined) return fitting[0];
    return pickModel(models, this.contextOf, this.dialogs, { title, placeholder: l10n.t('Which model?') });
  }

  /** The server of a row; else the only one, or the one that a person picks; undefined where the pick was closed. */
  async chooseServer(node: unknown, title: string): Promise<ServedConnection | undefined> {
    const servers = this.connections.all;
    if (isServerNode(node)) return this.connections.named(node.server);
    if (servers.length < 2) return servers[0];
    const choices = servers.map((server) => ({
      label: server.label,
      description: server.connection.snapshot.root,
      server,
    }));
    return (await this.dialogs.pickOne(choices, { title, placeholder: l10n.t('Which server?') }))?.server;
  }

  /** Of the row, or of all rows that are selected with it, one after the other: the rest is left where one fails or is cancelled. */
  async load(node: unknown, selection?: unknown): Promise<void> {
    const rows = rowsWith(node, selection);
    if (rows.length > 0) return this.#loadAll(rows);
    const served = await this.#modelToLoad(node, l10n.t('Load Model'));
    if (served) await this.loads.load(served, configuredOptions(served.model));
  }

  async loadWithOptions(node: unknown): Promise<void> {
    const served = await this.#modelToLoad(node, l10n.t('Load Model with Options'));
    const options = served && (await askForLoadOptions(served.model, configuredOptions(served.model), this.dialogs));
    if (served && options) await this.loads.load(served, options);
  }

  /** Of the row, or of all rows that are selected with it; else of the only model that loads, or the one that a person picks. */
  async cancelLoad(node: unknown, selection?: unknown): Promise<void> {
    const rows = rowsWith(node, selection);
    if (rows.length > 0) {
      this.#cancelAll(rows);
      return;
    }
    if (isModelNode(node)) {
      this.loads.cancel(this.#servedBy(node));
      return;
    }
    const { models } = this.loads;
    const [only, ...others] = models;
    if (!only)
      throw new ConfigurationError('usage', l10n.t('Cancel Loading: no command of this window is loading a model.'));
    const question = { title: l10n.t('Cancel Loading'), placeholder: l10n.t('Which model is no longer wanted?') };
    const chosen = others.length === 0 ? only : await pickModel(models, this.contextOf, this.dialogs, question);
    if (chosen) this.loads.cancel(chosen);
  }

  /** Of the row, or of all rows that are selected with it; else what a person ticks. */
  async unload(node: unknown, selection?: unknown): Promise<void> {
    const rows = rowsWith(node, selection);
    const models = await this.listed.of(...(rows.length > 0 ? rows : [node]));
    if (rows.length > 0) {
      const copies = rows.flatMap((row) => this.#copiesOfRow(row, models));
      // A model and one of its copies can both be selected.
      const each = [
        ...new Map(copies.map((copy) => [JSON.stringify([copy.server.name, copy.instance.id]), copy])).values(),
      ];
      return this.#unloadAll(each);
    }
    const copies = isModelNode(node) ? this.#copiesOfRow(node, models) : models.flatMap(copiesOf);
    if (copies.length === 0) throw nothingLoaded();
    await this.#unloadAll(isModelNode(node) && copies.length === 1 ? copies : await pickCopies(copies, this.dialogs));
  }

  /**
   * Loads a model anew, because its context was too small. Nothing is loaded where the person keeps a copy in use.
   * `modelName`: of the task, which says the server.
   */
  async reload({ model: key, contextLength }: ReloadAdvice, modelName: string | undefined): Promise<void> {
    const { server } = this.connections.find(modelName);
    const { models, health } = await server.connection.refresh();
    if (health.kind === 'offline') throw health.error;
    const model = models.find((candidate) => candidate.key === key);
    if (!model) throw new ConfigurationError('usage', l10n.t('Reload Model: {0} is not there any more.', key));
    for (const copy of copiesOf({ server, model })) if (!(await this.#unload(copy))) return;
    await this.loads.load({ server, model }, { contextLength });
  }

  async unloadOwned(): Promise<void> {
    const gone: string[] = [];
    const left: string[] = [];
    for (const { connection } of this.connections.all) {
      if (connection.isMisconfigured) continue;
      const { lifecycle } = await connection.get();
      if (lifecycle.owned.length === 0) continue;
      const work = (signal: AbortSignal) => lifecycle.unloadOwned(signal);
      gone.push(...(await this.#whileShowing(l10n.t('Unloading what this window loaded'), work)));
      left.push(...lifecycle.owned.map(({ instanceId }) => instanceId));
    }
    const kept = left.length > 0 ? l10n.t(' Still in use: {0}.', left.join(', ')) : '';
    const words =
      gone.length > 0
        ? l10n.t('Unloaded: {0}.', gone.join(', '))
        : l10n.t('This window has loaded nothing that could be unloaded.');
    offer(this.dialogs, 'info', words + kept);
  }

  async #loadAll(rows: readonly OneModelNode[]): Promise<void> {
    const models = await this.listed.of(...rows);
    // A model and one of its copies can both be selected.
    const wanted = new Set(rows.map((row) => this.#now(row, models)).filter(({ model }) => !isInMemory(model)));
    if (wanted.size === 0) offer(this.dialogs, 'info', l10n.t('The selected models are loaded already.'));
    for (const served of wanted) if (!(await this.loads.load(served, configuredOptions(served.model)))) return;
  }

  #cancelAll(rows: readonly OneModelNode[]): void {
    const loading = rows
      .map((row) => this.#servedBy(row))
      .filter(({ server, model }) => this.loads.has(server.name, model.key));
    if (loading.length === 0) {
      throw new ConfigurationError(
        'usage',
        l10n.t('Cancel Loading: no command of this window loads a selected model.'),
      );
    }
    for (const served of loading) if (this.loads.has(served.server.name, served.model.key)) this.loads.cancel(served);
  }

  /** One after the other; the rest stays where one fails. */
  async #unloadAll(copies: readonly Copy[] | undefined): Promise<void> {
    if (copies?.length === 0) throw nothingLoaded();
    for (const copy of copies ?? []) await this.#unload(copy);
  }

  /** False where the person wants to keep it, because it is in use. */
  async #unload(copy: Copy): Promise<boolean> {
    const { server, model, instance } = copy;
    const { lifecycle } = await server.connection.get();
    if (lifecycle.isInUse(model.key) && !(await mayUnload(copy, this.dialogs))) return false;
    await this.#whileShowing(l10n.t('Unloading {0}', instance.id), (signal) =>
      lifecycle.unload(model.key, instance.id, signal),
    );
    return true;
  }

  /** The model of the row, or the one that a person picks; undefined where there is nothing to load. */
  async #modelToLoad(node: unknown, title: string): Promise<ServedModel | undefined> {
    const models = await this.listed.of(node);
    if (isModelNode(node)) {
      const served = this.#now(node, models);
      if (!isInMemory(served.model)) return served;
      const { displayName } = served.model;
      offer(
        this.dialogs,
        'info',
        l10n.t('{0} is loaded already. Unload it first to load it in another way.', displayName),
      );
      return undefined;
    }
    const fitting = models.filter(({ model }) => !isInMemory(model));
    if (fitting.length === 0) throw new ConfigurationError('usage', l10n.t('{0}: there is no model to choose.', title));
    return pickModel(fitting, this.contextOf, this.dialogs, { title, placeholder: l10n.t('Which model?') });
  }

  #copiesOfRow(node: OneModelNode, models: readonly ServedModel[]): readonly Copy[] {
    const copies = copiesOf(this.#now(node, models));
    return node.kind === 'model' ? copies : copies.filter(({ instance }) => instance.id === node.instance.id);
  }

  /** The model of a row as the list says it now. */
  #now(node: OneModelNode, models: readonly ServedModel[]): ServedModel {
    const served = this.#servedBy(node);
    return models.find(({ server, model }) => server === served.server && model.key === node.model.key) ?? served;
  }

  #servedBy({ server: name, model }: OneModelNode): ServedModel {
    const server = this.connections.named(name);
    if (server) return { server, model };
    throw new ConfigurationError('usage', l10n.t('The server "{0}" is not in the settings any more.', name ?? ''));
  }

  async #whileShowing<T>(title: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return withProgress(title, (_report, signal) => work(signal));
  }
}

function nothingLoaded(): ConfigurationError {
  return new ConfigurationError('usage', l10n.t('Unload Model: nothing is in memory.'));
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
