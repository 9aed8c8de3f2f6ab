import type { CatalogModel } from '../../llm/lmstudio/catalog';
import type { ServedConnection } from '../serverConnections';
import { nameOfModel } from './serverList';

/** A model of one of the servers. */
export interface ServedModel {
  readonly server: ServedConnection;
  readonly model: CatalogModel;
}

/** As settings and tasks name it. */
export function fullName({ server, model }: ServedModel): string {
  return nameOfModel(server.name, model.key);
}

/** All names that a task may call it by: its own, and those of its copies in memory. */
export function namesOf(served: ServedModel): readonly string[] {
  const { server, model } = served;
  return [fullName(served), ...(model.instances ?? []).map(({ id }) => nameOfModel(server.name, id))];
}

/** The models of these servers as their last lists go. */
export function modelsOf(servers: readonly ServedConnection[]): readonly ServedModel[] {
  return servers.flatMap((server) => server.connection.snapshot.models.map((model) => ({ server, model })));
}
