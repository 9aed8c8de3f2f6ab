import type { Clock } from '../base/clock';
import type { Disposable } from '../base/disposable';
import type { ServedConnection } from './serverConnections';

/** Milliseconds that a list for a person or an agent waits for the servers beside the main one: most answer at once. */
export const GRACE_MS = 2_000;

interface Askable {
  readonly name: string | undefined;
  readonly connection: { refresh(): Promise<unknown> };
}

/**
 * Asks these servers for their lists, all at once. The main one, where it is among them, is waited for; the others at
 * most `graceMs` longer, so that one that hangs keeps nobody from the models of the rest. Gives those that were too
 * late: what they say fires as a change of theirs. Never throws.
 */
export async function askServers<T extends Askable = ServedConnection>(
  servers: readonly T[],
  clock: Clock,
  graceMs: number,
): Promise<readonly T[]> {
  const late = new Set(servers);
  const asking = servers.map(async (server) => {
    await server.connection.refresh();
    late.delete(server);
  });
  await asking[servers.findIndex(({ name }) => name === undefined)];
  let timer: Disposable | undefined;
  const grace = new Promise<void>((resolve) => {
    timer = clock.after(graceMs, resolve);
  });
  await Promise.race([Promise.all(asking), grace]).finally(() => timer?.dispose());
  return [...late];
}
