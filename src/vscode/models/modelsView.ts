import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { type Clock, every } from '../../base/clock';
import type { Dialogs } from '../dialogs';
import { MODELS_VIEW, SETTINGS_SECTION } from '../ids';
import type { Output } from '../output';
import type { ServedConnection, ServerConnections } from '../serverConnections';
import { readServerUrl } from '../settings/settings';
import type { Tasks } from '../tasks/tasks';
import { onDidChangeSetting, setContext } from '../typed';
import { ArrangementStore } from './arrangement';
import type { FitnessStore } from './fitnessStore';
import type { LastUsed } from './lastUsed';
import type { ModelActions } from './modelActions';
import { modelDetails } from './modelDetails';
import { filterWords, isFiltering, orderWords } from './modelFilter';
import type { ModelLoads } from './modelLoads';
import type { ModelNode } from './modelNode';
import { busyCount, type ServerSource } from './modelRows';
import { ModelsTree } from './modelsTree';
import { WorkAtModels } from './modelWork';
import type { ServedModel } from './servedModel';

/** A time to live is shown in minutes. */
const MINUTE_MS = 60_000;

export interface ModelsViewNeeds {
  readonly connections: ServerConnections;
  readonly models: ModelActions;
  readonly loads: ModelLoads;
  /** Of the self-tests. */
  readonly store: FitnessStore;
  readonly tasks: Tasks;
  readonly used: LastUsed;
  readonly workspaceState: vscode.Memento;
  readonly dialogs: Dialogs;
  readonly output: Output;
  readonly clock: Clock;
  /** Milliseconds since 1970. */
  readonly today: () => number;
}

/** The models view: its tree, what stands above and beside it, and what it keeps for the workspace. */
export class ModelsView implements vscode.Disposable {
  readonly arrangement: ArrangementStore;
  readonly tree: ModelsTree;
  readonly view: vscode.TreeView<ModelNode>;
  readonly #work = new WorkAtModels();
  readonly #disposables: vscode.Disposable;
  /** By server, what the log was told of it last. */
  readonly #told = new Map<string | undefined, string>();

  constructor(private readonly needs: ModelsViewNeeds) {
    const { connections, tasks, store, workspaceState, clock } = needs;
    this.arrangement = new ArrangementStore(workspaceState);
    this.tree = new ModelsTree(() => ({
      servers: connections.all.map((server) => this.#sourceOf(server)),
      arrangement: this.arrangement.current,
      today: needs.today(),
    }));
    const options = { treeDataProvider: this.tree, showCollapseAll: true, canSelectMany: true };
    this.view = vscode.window.createTreeView(MODELS_VIEW, options);
    const update = (): void => this.update();
    this.#disposables = vscode.Disposable.from(
      ...[this.view, this.tree, this.arrangement, this.#work],
      connections.onDidChange(update),
      connections.onDidChangeServers(update),
      this.arrangement.onDidChange(update),
      this.#work.onDidChange(update),
      this.#work.onDidUse(({ server, model }) => this.#noteUse(server, model)),
      store.onDidChange(update),
      tasks.onDidReport((report) => this.#work.add(report)),
      tasks.onDidChange((running) => this.#work.keepOnly(running.map(({ id }) => id))),
      onDidChangeSetting('model', update),
      onDidChangeSetting('servers', () => connections.reload()),
      every(MINUTE_MS, clock, () => {
        if (this.view.visible) update();
      }),
    );
    this.update();
  }

  update(): void {
    const { connections } = this.needs;
    const { main } = connections;
    const { current } = this.arrangement;
    setContext('lmstudioBridge.serverState', main.connection.state);
    setContext('lmstudioBridge.serverConfigured', isAddressWritten());
    setContext('lmstudioBridge.modelsFiltered', isFiltering(current.filter));
    this.tree.update();
    this.view.description = this.description;
    this.view.message = this.message ?? '';
    const busy = busyCount(this.tree.servers);
    this.view.badge = busy === 0 ? undefined : { value: busy, tooltip: busyWords(busy) };
    for (const server of connections.all) this.#log(server);
  }

  /** Beside the view's name: where the models are, and what hides or orders them. */
  get description(): string {
    const { all, main } = this.needs.connections;
    const { filter, order } = this.arrangement.current;
    const where =
      all.length === 1 ? main.connection.snapshot.root.replace(/^https?:\/\//, '') : l10n.t('{0} servers', all.length);
    const words = isFiltering(filter) ? l10n.t('filter: {0}', filterWords(filter)) : '';
    return [where, words, orderWords(order)].filter(Boolean).join(' · ');
  }

  /** Above the rows. */
  get message(): string | undefined {
    const { problems } = this.needs.connections;
    const { servers, message } = this.tree;
    const hidesAll =
      isFiltering(this.arrangement.current.filter) &&
      servers.length > 1 &&
      servers.every(({ groups = [] }) => groups.length === 0) &&
      servers.some(({ models }) => models.size > 0);
    const lines = [
      ...(problems[0] === undefined ? [] : [wrongServers(problems[0])]),
      ...(message === undefined ? [] : [message]),
      ...(hidesAll ? [l10n.t('No model matches the filter. "Show All Models" clears it.')] : []),
    ];
    return lines.length === 0 ? undefined : lines.join('\n');
  }

  /** All that is known of one model, as text. */
  detailsOf(served: ServedModel): string {
    const { server, model } = served;
    const { fitnessOf, taskModel, speedOf, workOf, usedAt } = this.#sourceOf(server);
    const news = { speed: speedOf(model.key), work: workOf(model), usedAt: usedAt(model), today: this.needs.today() };
    const fitness = model.kind === 'chat' ? fitnessOf(model) : undefined;
    return modelDetails(served, { taskModel, fitness, news });
  }

  dispose(): void {
    this.#disposables.dispose();
  }

  #sourceOf(server: ServedConnection): ServerSource {
    const { models, loads, used } = this.needs;
    const { name, label, connection } = server;
    const { snapshot, isMisconfigured } = connection;
    return {
      ...{ name, label, snapshot, isMisconfigured, ...models.contextOf(server) },
      speedOf: (key) => connection.speedOf(key),
      workOf: (model) => this.#work.of(name, model),
      usedAt: used.on(snapshot.root),
      canCancelLoad: (key) => loads.has(name, key),
    };
  }

  /** `id`: of a model, or of a copy of it. */
  #noteUse(name: string | undefined, id: string): void {
    const { connections, used, output } = this.needs;
    const { root = '', models = [] } = connections.named(name)?.connection.snapshot ?? {};
    const model = models.find(({ key, instances }) => key === id || instances?.some((instance) => instance.id === id));
    used.note(root, model?.key ?? id).catch((error: unknown) => {
      output.logger.log('warn', l10n.t('When {0} was used last was not saved: {1}', id, String(error)));
    });
  }

  #log({ name, connection }: ServedConnection): void {
    const { health, root } = connection.snapshot;
    if (health.kind === 'unknown') return;
    const news = health.kind === 'offline' ? `${health.error.code}: ${health.error.message}` : `${root} ${health.kind}`;
    if (news !== this.#told.get(name)) {
      const who = name === undefined ? l10n.t('Model server') : l10n.t('Model server "{0}"', name);
      this.needs.output.logger.log(health.kind === 'offline' ? 'warn' : 'info', `${who}: ${news}`);
    }
    this.#told.set(name, news);
  }
}

function wrongServers(problem: string): string {
  return l10n.t('The setting {0} is wrong. {1}', `${SETTINGS_SECTION}.servers`, problem);
}

function busyWords(busy: number): string {
  return busy === 1 ? l10n.t('1 model is loading or at work') : l10n.t('{0} models are loading or at work', busy);
}

function isAddressWritten(): boolean {
  try {
    return readServerUrl() !== '';
  } catch {
    return true;
  }
}
