import type { Transport, TransportSendOptions } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { errorMessage } from '../base/errors';
import type { Logger } from '../base/logger';
import type { ResolvedHttp } from './serverSpec';
import type { ServerTransport } from './transport';

/** MCP over streamable HTTP. */
export class HttpTransport implements ServerTransport {
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  onmessage?: Transport['onmessage'];
  readonly ending = undefined;
  readonly lastWords = '';
  #inner: Transport | undefined;

  constructor(
    private readonly name: string,
    private readonly spec: ResolvedHttp,
    private readonly logger: Logger,
  ) {}

  async start(): Promise<void> {
    const { StreamableHTTPClientTransport } = await import('@modelcontextprotocol/sdk/client/streamableHttp.js');
    const inner = new StreamableHTTPClientTransport(new URL(this.spec.url), {
      requestInit: { headers: this.spec.headers },
    }) as Transport;
    inner.onmessage = (message, extra) => this.onmessage?.(message, extra);
    inner.onclose = () => this.onclose?.();
    inner.onerror = (error) => this.onerror?.(error);
    this.#inner = inner;
    await inner.start();
  }

  async send(message: JSONRPCMessage, options?: TransportSendOptions): Promise<void> {
    if (!this.#inner) throw new Error(`MCP server "${this.name}" is not connected.`);
    await this.#inner.send(message, options);
  }

  setProtocolVersion(version: string): void {
    this.#inner?.setProtocolVersion?.(version);
  }

  async close(): Promise<void> {
    const inner = this.#inner;
    this.#inner = undefined;
    await inner?.close().catch((error: unknown) => {
      this.logger.log('debug', `MCP server "${this.name}": ${errorMessage(error)}`);
    });
  }
}
