import type { CatalogModel } from '../../llm/lmstudio/catalog';
import { hasModel } from '../../llm/lmstudio/selection';
import type { ServedConnection } from '../serverConnections';
import { findTaskModel } from './modelText';
import { nameOfModel, placeOfModel } from './serverList';

/** A model of one of the servers. */
export interface ServedModel {
  readonly server: ServedConnection;
  readonly model: CatalogModel;
}

/** As settings and tasks name it. */
export function fullName({ server, model }: ServedModel): string {
  return nameOfModel(server.name, model.key);
}

/** All names that a task may call it by: its own, and those of its variants and of its copies in memory. */
export function namesOf(served: ServedModel): readonly string[] {
  const { server, model } = served;
  const others = [...model.variants, ...(model.instances ?? []).map(({ id }) => id)];
  return [fullName(served), ...others.map((id) => nameOfModel(server.name, id))];
}

/** The model that a task gets by this name, as the last lists go. */
export function findServed(name: string, servers: readonly ServedConnection[]): ServedModel | undefined {
  const place = placeOfModel(name);
  const server = servers.find((one) => one.name === place.server);
  const models = server?.connection.snapshot.models ?? [];
  const found = findTaskModel(models, place.key)?.key;
  const model = models.find(({ key }) => key === found);
  return server && model && { server, model };
}

/** Whether a task can have a model of this name, as the last lists go. A server that has told of none yet lacks none either. */
export function mayBeServed(name: string, servers: readonly ServedConnection[]): boolean {
  const { server, key } = placeOfModel(name);
  const models = servers.find((one) => one.name === server)?.connection.snapshot.models;
  return models !== undefined && (models.length === 0 || hasModel(models, key));
}

/** The models of these servers as their last lists go. */
export function modelsOf(servers: readonly ServedConnection[]): readonly ServedModel[] {
  return servers.flatMap((server) => server.connection.snapshot.models.map((model) => ({ server, model })));
}
