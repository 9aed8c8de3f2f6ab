/** Which rows of the tree are out of date. Pure. */
import type { CatalogModel, CatalogSnapshot } from '../../llm/lmstudio/catalog';
import type { Fitness } from './fitnessStore';
import { sortModels, type TaskModel } from './modelText';
import { toServerState } from '../statusText';

/** What the rows were made from. */
export interface ShownRows {
  /** Keys of the rows in their order, embedding models last; undefined where the view's welcome text stands instead. */
  readonly order: readonly string[] | undefined;
  /** The server does not answer: the models are the last that it told us of. */
  readonly isAway: boolean;
  /** By key, embedding models too. */
  readonly models: ReadonlyMap<string, CatalogModel>;
  readonly taskModel: TaskModel | undefined;
  /** By key; only of models that were tested. */
  readonly fitness: ReadonlyMap<string, Fitness>;
}

export function rowsOf(
  snapshot: CatalogSnapshot,
  taskModel: TaskModel | undefined,
  fitnessOf: (model: CatalogModel) => Fitness | undefined,
): ShownRows {
  const { health, models } = snapshot;
  // What wants a token or is no model server says nothing of these models; its welcome text helps more.
  const isAway = models.length > 0 && toServerState(snapshot, false) === 'offline';
  const chat = models.filter(({ kind }) => kind === 'chat');
  const embeddings = models.filter(({ kind }) => kind === 'embedding');
  const order =
    health.kind === 'online' || isAway
      ? [...sortModels(chat), ...sortModels(embeddings)].map(({ key }) => key)
      : undefined;
  const fitness = new Map(
    chat.flatMap((model) => {
      const known = fitnessOf(model);
      return known ? [[model.key, known] as const] : [];
    }),
  );
  return { order, isAway, models: new Map(models.map((model) => [model.key, model])), taskModel, fitness };
}

/** Keys of the rows that say something else now, or 'all' where rows came, went or changed places. */
export function staleRows(before: ShownRows, after: ShownRows): 'all' | readonly string[] {
  if (!after.order || !before.order) return before.order === after.order ? [] : 'all';
  if (before.isAway !== after.isAway) return 'all';
  if (before.order.length !== after.order.length || before.order.some((key, index) => key !== after.order?.[index])) {
    return 'all';
  }
  const isTestedAnew = (key: string): boolean => before.fitness.get(key)?.testedAt !== after.fitness.get(key)?.testedAt;
  const stale = new Set(
    after.order.filter((key) => before.models.get(key) !== after.models.get(key) || isTestedAnew(key)),
  );
  const [old, now] = [before.taskModel, after.taskModel];
  if (old?.key !== now?.key || old?.isAutomatic !== now?.isAutomatic) {
    for (const key of [old?.key, now?.key]) if (key !== undefined && after.models.has(key)) stale.add(key);
  }
  return [...stale];
}
