import { BridgeError, toBridgeError } from '../../base/errors';
import type { ServedConnection, ServerConnections } from '../serverConnections';

/** Where VS Code's chat finds a model by the id that it was given. */
export interface ChatModelPlace {
  readonly server: ServedConnection;
  /** As the server calls it. */
  readonly key: string;
}

/** @throws BridgeError `model-not-found` where the settings do not name the server any more */
export function placeOfChatModel(id: string, connections: Pick<ServerConnections, 'main' | 'find'>): ChatModelPlace {
  const { main } = connections;
  // A key of the main server may look as if a server stood before it.
  if (main.connection.snapshot.models.some(({ key }) => key === id)) return { server: main, key: id };
  try {
    const { server, key } = connections.find(id);
    return { server, key: key ?? id };
  } catch (cause) {
    const { message, hint } = toBridgeError(cause);
    throw new BridgeError('model-not-found', message, { hint, cause });
  }
}
