import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import * as z from 'zod/v4';

/** Nobody watches more, and each costs the server. */
const MAX_SUBSCRIPTIONS = 100;

const updatedSchema = z.looseObject({
  method: z.literal('notifications/resources/updated'),
  params: z.looseObject({ uri: z.string() }),
});

export interface SubscriptionWire {
  subscribe(uri: string): Promise<void>;
  unsubscribe(uri: string): Promise<void>;
}

/** Who wants to know when a resource changes. The server hears of each resource once, however many want to know. */
export class Subscriptions {
  readonly #listeners = new Map<string, Set<() => void>>();

  constructor(private readonly wire: SubscriptionWire) {}

  listen(client: Client): void {
    client.setNotificationHandler(updatedSchema, ({ params }) => {
      for (const listener of [...(this.#listeners.get(params.uri) ?? [])]) listener();
    });
  }

  /** Call the result to hear no more. @throws what the wire throws; nothing is kept then */
  async add(uri: string, listener: () => void): Promise<() => Promise<void>> {
    const known = this.#listeners.get(uri);
    if (!known && this.#listeners.size >= MAX_SUBSCRIPTIONS)
      throw new RangeError(`At most ${String(MAX_SUBSCRIPTIONS)} resources of a server can be watched.`);
    const listeners = known ?? new Set();
    const own = (): void => {
      listener();
    };
    // Before the request, so that no change is missed.
    this.#listeners.set(uri, listeners.add(own));
    const remove = async (): Promise<void> => {
      if (!listeners.delete(own) || listeners.size > 0) return;
      this.#listeners.delete(uri);
      await this.wire.unsubscribe(uri);
    };
    if (known) return remove;
    try {
      await this.wire.subscribe(uri);
    } catch (error) {
      this.#listeners.delete(uri);
      throw error;
    }
    return remove;
  }
}
