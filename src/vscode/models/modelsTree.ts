import * as vscode from 'vscode';
import type { ModelActivity } from '../../llm/lmstudio/activity';
import type { CatalogModel, CatalogSnapshot } from '../../llm/lmstudio/catalog';
import type { ModelInstance } from '../../llm/lmstudio/model';
import type { ModelSpeed } from '../../llm/speedLedger';
import type { Fitness } from './fitnessStore';
import { rowsOf, type ShownRows, staleRows } from './modelRows';
import {
  asLastKnown,
  describeInstance,
  describeModel,
  modelFacts,
  modelLabel,
  sortModels,
  type TaskModel,
} from './modelText';

export type ModelNode =
  | { readonly kind: 'model'; readonly model: CatalogModel }
  | { readonly kind: 'instance'; readonly model: CatalogModel; readonly instance: ModelInstance }
  | { readonly kind: 'embeddings'; readonly models: readonly CatalogModel[] };

const AWAY_MESSAGE = 'LM Studio does not answer. These are the models that were there when it last did.';
const AWAY_ICON = new vscode.ThemeIcon('debug-disconnect', new vscode.ThemeColor('disabledForeground'));

/** What the tree shows now. */
export interface TreeSource {
  readonly snapshot: CatalogSnapshot;
  readonly taskModel: TaskModel | undefined;
  /** A turn that was timed has changed the model's activity too, so its row is drawn anew. */
  readonly speedOf: (key: string) => ModelSpeed | undefined;
  /** A person loads it from this window. A load that begins or ends has changed the model's activity too. */
  readonly canCancelLoad: (key: string) => boolean;
  readonly fitnessOf: (model: CatalogModel) => Fitness | undefined;
}

/**
 * The models of the server as rows. While it does not answer they stay as the last that are known, under `message`;
 * where none are known, the view's welcome text says why. A model keeps its row, so that only the rows that say something
 * else are drawn again.
 */
export class ModelsTree implements vscode.TreeDataProvider<ModelNode>, vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<ModelNode[] | undefined>();
  readonly #nodes = new Map<string, OwnModelNode>();
  #rows: ShownRows = { order: undefined, isAway: false, models: new Map(), taskModel: undefined, fitness: new Map() };

  readonly onDidChangeTreeData = this.#changed.event;

  constructor(private readonly source: () => TreeSource) {}

  /** What is to stand above the rows. */
  get message(): string | undefined {
    return this.#rows.isAway ? AWAY_MESSAGE : undefined;
  }

  update(): void {
    const { snapshot, taskModel, fitnessOf } = this.source();
    const before = this.#rows;
    this.#rows = rowsOf(snapshot, taskModel, fitnessOf);
    for (const key of before.models.keys()) if (!this.#rows.models.has(key)) this.#nodes.delete(key);
    const stale = staleRows(before, this.#rows);
    if (stale === 'all') this.#changed.fire(undefined);
    else if (stale.length > 0) this.#changed.fire(stale.flatMap((key) => this.#modelNode(key)));
  }

  getChildren(node?: ModelNode): ModelNode[] {
    if (!node) return this.#roots();
    switch (node.kind) {
      case 'embeddings':
        return sortModels(node.models).flatMap(({ key }) => this.#modelNode(key));
      case 'model':
        return this.#instances(node.model).map((instance) => ({ kind: 'instance', model: node.model, instance }));
      case 'instance':
        return [];
    }
  }

  getTreeItem(node: ModelNode): vscode.TreeItem {
    switch (node.kind) {
      case 'model':
        return this.#modelItem(node.model);
      case 'instance':
        return instanceItem(node.model, node.instance);
      case 'embeddings':
        return embeddingsItem(node.models.length);
    }
  }

  dispose(): void {
    this.#changed.dispose();
  }

  #roots(): ModelNode[] {
    const { order = [], models } = this.#rows;
    const rows = order.flatMap((key) => (models.get(key)?.kind === 'chat' ? this.#modelNode(key) : []));
    const embeddings = [...models.values()].filter(({ kind }) => kind === 'embedding');
    return order.length > rows.length ? [...rows, { kind: 'embeddings', models: embeddings }] : rows;
  }

  #instances(model: CatalogModel): readonly ModelInstance[] {
    return this.#rows.isAway ? [] : severalInstances(model);
  }

  #modelItem(listed: CatalogModel): vscode.TreeItem {
    const { taskModel, isAway } = this.#rows;
    const fitness = this.#rows.fitness.get(listed.key);
    const { speedOf, canCancelLoad } = this.source();
    const model = isAway ? asLastKnown(listed) : listed;
    const hasChildren = this.#instances(model).length > 0;
    const state = hasChildren ? vscode.TreeItemCollapsibleState.Expanded : vscode.TreeItemCollapsibleState.None;
    const item = new vscode.TreeItem(model.displayName, state);
    item.id = `model:${model.key}`;
    item.description = describeModel(model, taskModel, fitness);
    item.tooltip = modelFacts(model, taskModel, speedOf(model.key), fitness);
    item.iconPath = isAway ? AWAY_ICON : activityIcon(model.activity);
    const isOwnLoad = model.activity === 'loading' && canCancelLoad(model.key);
    item.contextValue = `${model.kind}.${isAway ? 'away' : isOwnLoad ? 'loading' : contextState(model.activity)}`;
    item.accessibilityInformation = { label: modelLabel(model, taskModel, fitness) };
    return item;
  }

  /** The row of a model, as the model is now; none where it is gone. */
  #modelNode(key: string): ModelNode[] {
    const model = this.#rows.models.get(key);
    if (!model) return [];
    const known = this.#nodes.get(key);
    const node = known ?? { kind: 'model', model };
    node.model = model;
    this.#nodes.set(key, node);
    return [node];
  }
}

/** VS Code knows a row by its object, so that stays while the model in it changes. */
interface OwnModelNode {
  readonly kind: 'model';
  model: CatalogModel;
}

function severalInstances(model: CatalogModel): readonly ModelInstance[] {
  return model.instances && model.instances.length > 1 ? model.instances : [];
}

function instanceItem(model: CatalogModel, instance: ModelInstance): vscode.TreeItem {
  const item = new vscode.TreeItem(instance.id, vscode.TreeItemCollapsibleState.None);
  item.id = `instance:${model.key}:${instance.id}`;
  item.description = describeInstance(instance);
  item.tooltip = `Copy of ${model.displayName} in memory\nId: ${instance.id}\n${describeInstance(instance)}`;
  item.iconPath = activityIcon('idle');
  item.contextValue = 'instance.loaded';
  item.accessibilityInformation = {
    label: `${instance.id}, copy of ${model.displayName}, ${describeInstance(instance)}`,
  };
  return item;
}

function embeddingsItem(count: number): vscode.TreeItem {
  const item = new vscode.TreeItem('Embedding models', vscode.TreeItemCollapsibleState.Collapsed);
  item.id = 'embeddings';
  item.description = String(count);
  item.tooltip = 'Models that turn text into numbers. Tasks cannot use them.';
  item.contextValue = 'embeddings';
  item.accessibilityInformation = { label: `Embedding models, ${count}. Tasks cannot use them.` };
  return item;
}

/** What package.json's menus go by: `loaded`, `notLoaded`, `busy` or `unknown`; `loading` where it can be
 * cancelled, `away` where nothing can be done because the server does not answer. */
function contextState(activity: ModelActivity): string {
  switch (activity) {
    case 'idle':
      return 'loaded';
    case 'not-loaded':
      return 'notLoaded';
    case 'unknown':
      return 'unknown';
    default:
      return 'busy';
  }
}

function activityIcon(activity: ModelActivity): vscode.ThemeIcon {
  switch (activity) {
    case 'idle':
      return new vscode.ThemeIcon('circle-filled', new vscode.ThemeColor('testing.iconPassed'));
    case 'processing-prompt':
    case 'generating':
      return new vscode.ThemeIcon('sync~spin', new vscode.ThemeColor('testing.iconPassed'));
    case 'loading':
    case 'cancelling':
    case 'unloading':
      return new vscode.ThemeIcon('loading~spin');
    case 'not-loaded':
      return new vscode.ThemeIcon('circle-outline');
    case 'unknown':
      return new vscode.ThemeIcon('question');
  }
}
