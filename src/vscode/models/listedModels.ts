/** The models that a command can act upon, from lists that are as new as can be had without waiting for a server that hangs. */
import type { Clock } from '../../base/clock';
import type { Disposable } from '../../base/disposable';
import type { ServedConnection } from '../serverConnections';
import { isModelNode } from './modelNode';
import { modelsOf, type ServedModel } from './servedModel';

/** What a server of this network answers in; a person takes it for at once. */
const SOON_MS = 250;

interface Connections {
  readonly all: readonly ServedConnection[];
  readonly main: ServedConnection;
  named(name: string | undefined): ServedConnection | undefined;
}

export class ListedModels {
  constructor(
    private readonly connections: Connections,
    private readonly clock: Clock,
  ) {}

  /**
   * Of the servers of these rows, asked now; without a row of all that answer. There one that is slow keeps nobody waiting:
   * its last list has to do, or, where it has never given one, it is left out.
   *
   * @throws where none answers, the reason why the server of the row, or the main one, cannot be asked
   */
  async of(...nodes: readonly unknown[]): Promise<readonly ServedModel[]> {
    const names = new Set(nodes.filter(isModelNode).map(({ server }) => server));
    const servers = [...names].flatMap((name) => this.connections.named(name) ?? []);
    const { all, main } = this.connections;
    const [first] = servers;
    if (first) await Promise.all(servers.map(({ connection }) => connection.refresh()));
    else await this.#askSoon(all);
    const online = (first ? servers : all).filter(isOnline);
    const { health } = (first ?? main).connection.snapshot;
    if (online.length === 0 && health.kind === 'offline') throw health.error;
    return modelsOf(online);
  }

  /** Settles with the last answer; or soon, as soon as one is known to be online. */
  #askSoon(servers: readonly ServedConnection[]): Promise<void> {
    return new Promise((resolve) => {
      let timer: Disposable | undefined;
      const follow = (): void => {
        if (servers.some(isOnline)) timer ??= this.clock.after(SOON_MS, resolve);
      };
      follow();
      void Promise.all(servers.map(({ connection }) => connection.refresh().then(follow))).then(() => {
        timer?.dispose();
        resolve();
      });
    });
  }
}

function isOnline({ connection }: ServedConnection): boolean {
  return connection.snapshot.health.kind === 'online';
}
