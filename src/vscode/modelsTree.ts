import * as vscode from 'vscode';
import type { CatalogModel, CatalogSnapshot, ModelActivity } from '../llm/lmstudio/catalog';
import type { ModelInstance } from '../llm/lmstudio/model';
import { describeInstance, describeModel, modelFacts, modelLabel, sortModels, type TaskModel } from './modelText';

export type ModelNode =
  | { readonly kind: 'model'; readonly model: CatalogModel }
  | { readonly kind: 'instance'; readonly model: CatalogModel; readonly instance: ModelInstance }
  | { readonly kind: 'embeddings'; readonly models: readonly CatalogModel[] };

/** What the tree shows now. */
export interface TreeSource {
  readonly snapshot: CatalogSnapshot;
  readonly taskModel: TaskModel | undefined;
}

/** The models of the server as rows. Without a server there are none, and the view's welcome text says why. */
export class ModelsTree implements vscode.TreeDataProvider<ModelNode>, vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<undefined>();

  readonly onDidChangeTreeData = this.#changed.event;

  constructor(private readonly source: () => TreeSource) {}

  update(): void {
    this.#changed.fire(undefined);
  }

  getChildren(node?: ModelNode): ModelNode[] {
    if (!node) return this.#roots();
    switch (node.kind) {
      case 'embeddings':
        return sortModels(node.models).map((model) => ({ kind: 'model', model }));
      case 'model':
        return severalInstances(node.model).map((instance) => ({ kind: 'instance', model: node.model, instance }));
      case 'instance':
        return [];
    }
  }

  getTreeItem(node: ModelNode): vscode.TreeItem {
    switch (node.kind) {
      case 'model':
        return modelItem(node.model, this.source().taskModel);
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
    const { health, models } = this.source().snapshot;
    if (health.kind !== 'online') return [];
    const chat = sortModels(models.filter(({ kind }) => kind === 'chat'));
    const embeddings = models.filter(({ kind }) => kind === 'embedding');
    const rows: ModelNode[] = chat.map((model) => ({ kind: 'model', model }));
    return embeddings.length > 0 ? [...rows, { kind: 'embeddings', models: embeddings }] : rows;
  }
}

function severalInstances(model: CatalogModel): readonly ModelInstance[] {
  return model.instances && model.instances.length > 1 ? model.instances : [];
}

function modelItem(model: CatalogModel, taskModel: TaskModel | undefined): vscode.TreeItem {
  const hasChildren = severalInstances(model).length > 0;
  const state = hasChildren ? vscode.TreeItemCollapsibleState.Expanded : vscode.TreeItemCollapsibleState.None;
  const item = new vscode.TreeItem(model.displayName, state);
  item.id = `model:${model.key}`;
  item.description = describeModel(model, taskModel);
  item.tooltip = modelFacts(model, taskModel);
  item.iconPath = activityIcon(model.activity);
  item.contextValue = `${model.kind}.${contextState(model.activity)}`;
  item.accessibilityInformation = { label: modelLabel(model, taskModel) };
  return item;
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

/** What package.json's menus go by: `loaded`, `notLoaded`, `busy` or `unknown`. */
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
    case 'generating':
      return new vscode.ThemeIcon('sync~spin', new vscode.ThemeColor('testing.iconPassed'));
    case 'loading':
    case 'unloading':
      return new vscode.ThemeIcon('loading~spin');
    case 'not-loaded':
      return new vscode.ThemeIcon('circle-outline');
    case 'unknown':
      return new vscode.ThemeIcon('question');
  }
}
