/**
 * The errors of the product. Narrow by `code`, never by message: codes are a public contract
 * (they stand in every event, exit code and log), messages are for people and may be reworded.
 */

export const ERROR_CODES = [
  'server-unreachable',
  'server-timeout',
  'wrong-server',
  'auth-required',
  'model-not-found',
  'no-model',
  'model-load-failed',
  'insufficient-memory',
  'context-overflow',
  'engine-crashed',
  'model-unloaded',
  'stream-interrupted',
  'bad-response',
  'rate-limited',
  'mcp-config',
  'mcp-start-failed',
  'mcp-connection-lost',
  'tool-not-found',
  'tool-arguments',
  'tool-failed',
  'tool-timeout',
  'approval-denied',
  'limit-rounds',
  'limit-tokens',
  'limit-time',
  'loop-detected',
  'cancelled',
  'usage',
  'internal',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

export interface ErrorDetails {
  /** What the person can do about it, one sentence. */
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

/** Base of every error that leaves a room. `message` says what happened in one sentence, without secrets. */
export class BridgeError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.name = new.target.name;
    this.code = code;
    this.hint = details.hint;
  }
}

/** Anything that went wrong between us and a model server. */
export class LLMClientError extends BridgeError {}

/** The server cannot be reached, or is not a model server. */
export class LLMConnectionError extends LLMClientError {}

/** The server was reached but did not answer in time. */
export class LLMTimeoutError extends LLMClientError {}

/** A model cannot be used as asked. */
export class ModelValidationError extends LLMClientError {}

/** The model does not exist on the server; `availableModels` are the ids that do. */
export class ModelNotFoundError extends ModelValidationError {
  constructor(
    readonly modelName: string,
    readonly availableModels: readonly string[],
    details: ErrorDetails = {},
  ) {
    super(
      'model-not-found',
      availableModels.length > 0
        ? `The server has no model "${modelName}". It has: ${availableModels.join(', ')}.`
        : `The server has no model "${modelName}", and no other chat model either.`,
      { hint: 'Choose one of the listed models, or download the model in LM Studio.', ...details },
    );
  }
}

/** A setting, an option or a configuration file is wrong. Nothing was sent anywhere. */
export class ConfigurationError extends BridgeError {}

/** An MCP server or one of its tools failed in a way that ends the run. Failures of a single call are results instead. */
export class ToolExecutionError extends BridgeError {}

export function isBridgeError(error: unknown, code?: ErrorCode): error is BridgeError {
  return error instanceof BridgeError && (code === undefined || error.code === code);
}

/** Any thrown value as a `BridgeError`; what we did not foresee becomes `internal`. */
export function toBridgeError(error: unknown): BridgeError {
  if (error instanceof BridgeError) return error;
  return new BridgeError('internal', `Something unexpected went wrong: ${errorMessage(error)}`, {
    hint: 'Please report this with the log.',
    cause: error,
  });
}

export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Node's `code` of a system error (`ENOENT`, `ECONNREFUSED` …), looked up along the chain of causes. */
export function systemErrorCode(error: unknown): string | undefined {
  for (let current = error, depth = 0; current instanceof Error && depth < 8; current = current.cause, depth++) {
    if (current instanceof BridgeError) continue;
    const code: unknown = Reflect.get(current, 'code');
    if (typeof code === 'string') return code;
  }
  return undefined;
}
