import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { CatalogModel } from '../../llm/lmstudio/catalog';
import type { Arrangement } from './modelFilter';
import { groupItem, instanceItem, instancesOf, modelItem, noteItem, serverItem } from './modelItems';
import type { ModelNode } from './modelNode';
import {
  groupId,
  type GroupRows,
  modelId,
  rowsOf,
  serverId,
  type ServerRows,
  type ServerSource,
  staleRows,
} from './modelRows';

/** What the tree shows now. */
export interface TreeSource {
  readonly servers: readonly ServerSource[];
  readonly arrangement: Arrangement;
  /** Milliseconds since 1970. */
  readonly today: number;
}

/**
 * The models of the servers as rows, in groups; where there are several servers, each has a row of its own above them.
 * While a server does not answer its models stay as the last that are known; where an only server has none, the view's
 * welcome text says why. A row keeps its object and its id, so that only the rows that say something else are drawn again.
 */
export class ModelsTree implements vscode.TreeDataProvider<ModelNode>, vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<ModelNode[] | undefined>();
  readonly #nodes = new Map<string, ModelNode>();
  #servers: readonly ServerRows[] = [];

  readonly onDidChangeTreeData = this.#changed.event;

  constructor(private readonly source: () => TreeSource) {}

  /** What is to stand above the rows. */
  get message(): string | undefined {
    const [only, ...others] = this.#servers;
    return only?.isAway && others.length === 0
      ? l10n.t('LM Studio does not answer. These are the models that were there when it last did.')
      : undefined;
  }

  get servers(): readonly ServerRows[] {
    return this.#servers;
  }

  update(): void {
    const { servers, arrangement, today } = this.source();
    const before = this.#servers;
    this.#servers = servers.map((server) => rowsOf(server, arrangement, today));
    const stale = staleRows(before, this.#servers);
    this.#forgetGone(before);
    if (stale === 'all') this.#changed.fire(undefined);
    else if (stale.length > 0) {
      // What VS Code has never asked for needs no drawing.
      const nodes = stale.flatMap((id) => this.#nodes.get(id) ?? []);
      this.#renew();
      if (nodes.length > 0) this.#changed.fire(nodes);
    }
  }

  getChildren(node?: ModelNode): ModelNode[] {
    if (!node) {
      const [only, ...others] = this.#servers;
      if (only && others.length === 0) return this.#groups(only);
      return this.#servers.map(({ name }) => this.#keep(serverId(name), { kind: 'server', server: name }));
    }
    const server = this.#server(node.server);
    if (!server) return [];
    switch (node.kind) {
      case 'server':
        return [
          ...(server.problem === undefined
            ? []
            : [this.#keep(`note:${server.name ?? ''}`, { kind: 'note', server: server.name })]),
          ...this.#groups(server),
        ];
      case 'group': {
        const keys = server.groups?.find(({ group }) => group === node.group)?.keys ?? [];
        return keys.flatMap((key) => this.#model(server, key));
      }
      case 'model': {
        const row = server.models.get(node.model.key);
        if (!row) return [];
        return instancesOf(server, row).map((instance) => ({
          ...{ kind: 'instance', server: server.name, model: row.listed, instance },
        }));
      }
      case 'instance':
      case 'note':
        return [];
    }
  }

  getParent(node: ModelNode): ModelNode | undefined {
    const server = this.#server(node.server);
    if (!server || node.kind === 'server') return undefined;
    const above: ModelNode = this.#keep(serverId(server.name), { kind: 'server', server: server.name });
    const top = this.#servers.length > 1 ? above : undefined;
    if (node.kind === 'note' || node.kind === 'group') return top;
    if (node.kind === 'instance') return this.#model(server, node.model.key)[0];
    const rows = server.groups?.find(({ keys }) => keys.includes(node.model.key));
    return rows && this.#group(server, rows);
  }

  getTreeItem(node: ModelNode): vscode.TreeItem {
    const server = this.#server(node.server);
    const gone = new vscode.TreeItem('');
    if (!server) return gone;
    const where = this.#servers.length > 1 ? server.label : undefined;
    switch (node.kind) {
      case 'server':
        return serverItem(server);
      case 'note':
        return noteItem(server);
      case 'group': {
        const rows = server.groups?.find(({ group }) => group === node.group);
        return rows ? groupItem(server, rows, where) : gone;
      }
      case 'model': {
        const row = server.models.get(node.model.key);
        return row ? modelItem(server, row, where) : gone;
      }
      case 'instance':
        return instanceItem(server.name, node.model, node.instance, where);
    }
  }

  dispose(): void {
    this.#changed.dispose();
  }

  #server(name: string | undefined): ServerRows | undefined {
    return this.#servers.find((server) => server.name === name);
  }

  #groups(server: ServerRows): ModelNode[] {
    return (server.groups ?? []).map((rows) => this.#group(server, rows));
  }

  #group({ name }: ServerRows, { group }: GroupRows): ModelNode {
    return this.#keep(groupId(name, group), { kind: 'group', server: name, group });
  }

  /** The row of a model, as the model is now; none where it is gone. */
  #model({ name, models }: ServerRows, key: string): ModelNode[] {
    const row = models.get(key);
    if (!row) return [];
    const node = this.#keep(modelId(name, key), { kind: 'model', server: name, model: row.listed });
    renew(node, row.listed);
    return [node];
  }

  /** VS Code knows a row by its object, so that stays while what it stands for changes. */
  #keep(id: string, node: ModelNode): ModelNode {
    const known = this.#nodes.get(id);
    if (known) return known;
    this.#nodes.set(id, node);
    return node;
  }

  /** What menus hand to commands is the model as it is now. */
  #renew(): void {
    for (const node of this.#nodes.values()) {
      const row = node.kind === 'model' ? this.#server(node.server)?.models.get(node.model.key) : undefined;
      if (row) renew(node, row.listed);
    }
  }

  #forgetGone(before: readonly ServerRows[]): void {
    for (const { name, models } of before) {
      const now = this.#server(name)?.models;
      for (const key of models.keys()) if (!now?.has(key)) this.#nodes.delete(modelId(name, key));
    }
  }
}

function renew(node: ModelNode, model: CatalogModel): void {
  if (node.kind === 'model' && node.model !== model) Object.assign(node, { model });
}
