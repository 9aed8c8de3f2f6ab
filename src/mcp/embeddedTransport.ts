import type { Transport, TransportSendOptions } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import type { Embedded } from './serverSpec';
import type { ServerTransport } from './transport';

/** MCP with a server in this process. It has no words outside the protocol, and ends when we end it. */
export class EmbeddedTransport implements ServerTransport {
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  onmessage?: Transport['onmessage'];
  readonly ending = undefined;
  readonly lastWords = '';
  #near: Transport | undefined;

  constructor(private readonly server: Embedded) {}

  async start(): Promise<void> {
    // On first use, as everything of the SDK.
    const { InMemoryTransport } = await import('@modelcontextprotocol/sdk/inMemory.js');
    const [near, far] = InMemoryTransport.createLinkedPair();
    near.onmessage = (message, extra) => this.onmessage?.(message, extra);
    near.onclose = () => this.onclose?.();
    this.#near = near;
    await this.server.serve(far);
    await near.start();
  }

  async send(message: JSONRPCMessage, options?: TransportSendOptions): Promise<void> {
    if (!this.#near) throw new Error('The server is not running.');
    await this.#near.send(message, options);
  }

  async close(): Promise<void> {
    const near = this.#near;
    this.#near = undefined;
    await near?.close();
  }
}
