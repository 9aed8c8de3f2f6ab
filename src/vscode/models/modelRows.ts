/** What the rows of the models view say, in which groups they stand, and which of them are out of date. Pure. */
import * as l10n from '@vscode/l10n';
import { isInTransit } from '../../llm/lmstudio/activity';
import type { CatalogModel, CatalogSnapshot } from '../../llm/lmstudio/catalog';
import type { ModelSpeed } from '../../llm/speedLedger';
import type { ServerState } from '../ids';
import { toServerState } from '../status/statusText';
import type { Fitness } from './fitnessStore';
import { type Arrangement, filterModels, orderModels } from './modelFilter';
import { asLastKnown, describeModel, isInMemory, type ModelNews, type ShownModel, type TaskModel } from './modelText';
import type { ModelWork } from './modelWork';

export const GROUPS = ['memory', 'chat', 'vision', 'embeddings'] as const;
/** What is in memory or on its way there stands apart; everything else by what it is for. */
export type ModelGroup = (typeof GROUPS)[number];

/** A server and what this window knows of its models. */
export interface ServerSource {
  /** As in the settings; undefined: the main one. */
  readonly name: string | undefined;
  readonly label: string;
  readonly snapshot: CatalogSnapshot;
  readonly isMisconfigured: boolean;
  readonly taskModel: TaskModel | undefined;
  readonly fitnessOf: (model: CatalogModel) => Fitness | undefined;
  readonly speedOf: (key: string) => ModelSpeed | undefined;
  readonly workOf: (model: CatalogModel) => ModelWork | undefined;
  readonly usedAt: (model: CatalogModel) => number | undefined;
  /** A person loads it from this window. */
  readonly canCancelLoad: (key: string) => boolean;
}

export interface ModelRow {
  readonly listed: CatalogModel;
  /** As it is shown. */
  readonly model: ShownModel;
  readonly description: string;
  readonly fitness: Fitness | undefined;
  readonly news: ModelNews;
  readonly isOwnLoad: boolean;
}

export interface GroupRows {
  readonly group: ModelGroup;
  /** Of the models that pass the filter, in order. */
  readonly keys: readonly string[];
  /** Without the filter. */
  readonly total: number;
}

/** What the rows of one server were made from. */
export interface ServerRows {
  readonly name: string | undefined;
  readonly label: string;
  readonly root: string;
  readonly state: ServerState;
  /** What the server's own row says where there are several. */
  readonly words: string;
  /** What is wrong, and what to do; undefined: nothing. */
  readonly problem: string | undefined;
  /** The server does not answer: the models are the last that it told us of. */
  readonly isAway: boolean;
  /** Those with models; undefined where there is no list, and a text says why. */
  readonly groups: readonly GroupRows[] | undefined;
  /** By key, whatever the filter. */
  readonly models: ReadonlyMap<string, ModelRow>;
  readonly taskModel: TaskModel | undefined;
}

export function groupOf(model: CatalogModel): ModelGroup {
  if (isInMemory(model) || isInTransit(model.activity)) return 'memory';
  if (model.kind === 'embedding') return 'embeddings';
  return model.vision === true ? 'vision' : 'chat';
}

/** `today`: milliseconds since 1970. */
export function rowsOf(source: ServerSource, arrangement: Arrangement, today: number): ServerRows {
  const { name, label, snapshot, taskModel } = source;
  const { health, models } = snapshot;
  const state = toServerState(snapshot, source.isMisconfigured);
  // What wants a token or is no model server says nothing of these models; its welcome text helps more.
  const isAway = models.length > 0 && state === 'offline';
  const rows = new Map(models.map((listed) => [listed.key, rowOf(listed, isAway, source, today)]));
  const isListed = (health.kind === 'online' || isAway) && models.length > 0;
  return {
    ...{ name, label, root: snapshot.root, state, isAway, taskModel, models: rows },
    words: serverWords(state, snapshot),
    problem: problemOf(state, snapshot),
    groups: isListed ? groupsOf(models, isAway, source, arrangement) : undefined,
  };
}

/** The last row of each listed model: of a thousand models hardly one changes from poll to poll. */
const ROWS = new WeakMap<CatalogModel, { readonly key: string; readonly row: ModelRow }>();

function rowOf(listed: CatalogModel, isAway: boolean, source: ServerSource, today: number): ModelRow {
  const fitness = listed.kind === 'chat' ? source.fitnessOf(listed) : undefined;
  const work = isAway ? undefined : source.workOf(listed);
  const [speed, usedAt] = [source.speedOf(listed.key), source.usedAt(listed)];
  const isOwnLoad = listed.activity === 'loading' && source.canCancelLoad(listed.key);
  const isForTasks = source.taskModel?.key === listed.key;
  // All that the row is made from beside the model itself.
  const key = [
    ...[isAway, isForTasks, isOwnLoad, fitness?.verdict, fitness?.testedAt, usedAt],
    ...[work?.queued, work?.doing, work?.percent],
    ...[speed?.tokensPerSecond, speed?.firstByteMs, speed?.promptTokensPerSecond],
    hasTimeLeft(listed) ? today : 0,
  ].join();
  const known = ROWS.get(listed);
  if (known?.key === key) return known.row;
  const model = isAway ? asLastKnown(listed) : listed;
  const news: ModelNews = { work, speed, usedAt, today };
  const description = describeModel(model, source.taskModel, fitness, news);
  const row = { listed, model, fitness, news, isOwnLoad, description };
  ROWS.set(listed, { key, row });
  return row;
}

/** Its words change with the time alone. */
function hasTimeLeft({ instances }: CatalogModel): boolean {
  return instances?.some(({ ttlMs }) => typeof ttlMs === 'number') ?? false;
}

function groupsOf(
  models: readonly CatalogModel[],
  isAway: boolean,
  { usedAt, speedOf }: ServerSource,
  { filter, order }: Arrangement,
): readonly GroupRows[] {
  // Nobody knows what is in the memory of a server that does not answer.
  const place = (model: CatalogModel): ModelGroup => groupOf(isAway ? asLastKnown(model) : model);
  const totals = new Map<ModelGroup, number>();
  for (const model of models) totals.set(place(model), (totals.get(place(model)) ?? 0) + 1);
  const facts = { usedAt, speed: ({ key }: CatalogModel) => speedOf(key)?.tokensPerSecond ?? undefined };
  const keys = new Map<ModelGroup, string[]>();
  for (const model of orderModels(filterModels(models, filter), order, facts)) {
    const group = place(model);
    const known = keys.get(group);
    if (known) known.push(model.key);
    else keys.set(group, [model.key]);
  }
  return GROUPS.flatMap((group) => {
    const own = keys.get(group);
    return own ? [{ group, keys: own, total: totals.get(group) ?? own.length }] : [];
  });
}

function serverWords(state: ServerState, { models, health }: CatalogSnapshot): string {
  switch (state) {
    case 'unknown':
      return l10n.t('connecting');
    case 'offline':
      return l10n.t('not reachable');
    case 'auth':
      return l10n.t('needs an API token');
    case 'wrong-server':
      return l10n.t('not a model server');
    case 'misconfigured':
      return l10n.t('wrong address in the settings');
    case 'online': {
      const loaded = models.filter(isInMemory).length;
      if (health.kind === 'online' && models.length === 0) return l10n.t('online, no models');
      return models.length === 1
        ? l10n.t('online, 1 model, in memory: {0}', loaded)
        : l10n.t('online, {0} models, in memory: {1}', models.length, loaded);
    }
  }
}

function problemOf(state: ServerState, { health, models }: CatalogSnapshot): string | undefined {
  if (state === 'auth') return l10n.t('It wants an API token: choose "Set API Token…" in the menu of this row.');
  if (health.kind === 'offline') return [health.error.message, health.error.hint ?? ''].filter(Boolean).join(' ');
  if (state === 'unknown') return l10n.t('Waiting for its answer…');
  return models.length === 0 ? l10n.t('It has no models yet. Download one in LM Studio there.') : undefined;
}

/** Ids of rows; VS Code knows rows by them, so they stay the same whatever changes around them. */
export function serverId(name: string | undefined): string {
  return `server:${name ?? ''}`;
}

export function groupId(name: string | undefined, group: ModelGroup): string {
  return name === undefined ? `group:${group}` : `group:${name}::${group}`;
}

export function modelId(name: string | undefined, key: string): string {
  return name === undefined ? `model:${key}` : `model:${name}::${key}`;
}

/**
 * Ids of the rows that are to be drawn anew, each with all below it; 'all' where the whole view is. Where a model moves
 * from one group to another both are among them: VS Code forgets what was below all of them before it asks again, so that
 * no row is in two places.
 */
export function staleRows(before: readonly ServerRows[], after: readonly ServerRows[]): 'all' | readonly string[] {
  const names = ({ name }: ServerRows): string | undefined => name;
  if (!isSameList(before.map(names), after.map(names))) return 'all';
  // The rows of an only server stand at the top.
  const isOnly = after.length === 1;
  const stale = after.map((rows, index) => staleOfServer(before[index] ?? rows, rows, isOnly));
  if (isOnly && stale[0] === 'all') return 'all';
  return stale.flatMap((ids, index) => (ids === 'all' ? [serverId(after[index]?.name)] : ids));
}

/** 'all': the row of the server with all below. */
function staleOfServer(before: ServerRows, after: ServerRows, isOnly: boolean): 'all' | readonly string[] {
  if (before === after) return [];
  if (!isOnly && (before.words !== after.words || before.problem !== after.problem || before.root !== after.root)) {
    return 'all';
  }
  if (!before.groups || !after.groups) return before.groups === after.groups ? [] : 'all';
  if (before.isAway !== after.isAway) return 'all';
  const oldGroups = before.groups;
  const group = ({ group: name }: GroupRows): ModelGroup => name;
  if (!isSameList(before.groups.map(group), after.groups.map(group))) return 'all';
  const changed = after.groups.filter((rows, index) => {
    const old = oldGroups[index];
    return old?.total !== rows.total || !isSameList(old.keys, rows.keys);
  });
  const others = after.groups.filter((rows) => !changed.includes(rows));
  const models = others.flatMap(({ keys }) => keys.filter((key) => isStale(key, before, after)));
  return [...changed.map((rows) => groupId(after.name, rows.group)), ...models.map((key) => modelId(after.name, key))];
}

function isStale(key: string, before: ServerRows, after: ServerRows): boolean {
  const [old, now] = [before.models.get(key), after.models.get(key)];
  if (!old || !now) return true;
  const { taskModel } = after;
  // That nobody chose it stands in its facts only.
  if (taskModel?.key === key && before.taskModel?.isAutomatic !== taskModel.isAutomatic) return true;
  if (old === now) return false;
  if (old.listed !== now.listed || old.description !== now.description || old.isOwnLoad !== now.isOwnLoad) return true;
  return old.fitness?.testedAt !== now.fitness?.testedAt;
}

function isSameList(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}

/** How many models something happens with: they load, unload, work or are waited for. */
export function busyCount(servers: readonly ServerRows[]): number {
  const isBusy = ({ listed, news }: ModelRow): boolean =>
    isInTransit(listed.activity) ||
    listed.activity === 'generating' ||
    listed.activity === 'processing-prompt' ||
    news.work !== undefined;
  return servers.reduce(
    (sum, { isAway, models }) => (isAway ? sum : sum + [...models.values()].filter(isBusy).length),
    0,
  );
}
