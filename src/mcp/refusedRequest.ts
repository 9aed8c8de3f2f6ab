/** Why a server's request is not answered, as JSON-RPC says it. The message goes to the server. */
export class RefusedRequest extends Error {
  readonly code: number;

  constructor(kind: 'params' | 'internal' | 'declined', message: string) {
    super(message);
    this.name = 'RefusedRequest';
    this.code = CODES[kind];
  }
}

/** Those of JSON-RPC; -1 is MCP's example for a sampling request that the person refused. */
const CODES = { params: -32_602, internal: -32_603, declined: -1 } as const;
